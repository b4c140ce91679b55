package executor

import (
	"bytes"
	"testing"
	"time"
)

const okAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nRetry-After: 2\r\nConnection: close\r\n\r\n{}"

func TestAnswerIsReadFromAnyPieces(t *testing.T) {
	for n := range len(okAnswer) {
		if _, size, err := readAnswer([]byte(okAnswer[:n])); size != 0 || err != nil {
			t.Fatalf("%q was read as %d bytes, %v", okAnswer[:n], size, err)
		}
	}
	a, size, err := readAnswer([]byte(okAnswer + "more"))
	if err != nil || size != len(okAnswer) || a.status != 200 || a.retryAfter != 2*time.Second || !a.close || string(a.body) != "{}" {
		t.Errorf("read %+v of %d bytes, %v", a, size, err)
	}
}

func TestAnswersThatCannotBeReadAreRefused(t *testing.T) {
	for _, text := range []string{
		"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 101 Switching\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
		string(bytes.Repeat([]byte("x"), maxHeadBytes+1)),
	} {
		if a, size, err := readAnswer([]byte(text)); err == nil {
			t.Errorf("%.60q was read as %+v, %d bytes", text, a, size)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte(okAnswer))
	f.Add([]byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 99999999999\r\nContent-Length: 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		a, size, err := readAnswer(p)
		if err != nil || size == 0 {
			return
		}
		if size > len(p) || len(a.body) > size || a.status < 200 || a.status > 599 || a.retryAfter > maxRetryAfter {
			t.Errorf("%q was read as %+v, %d bytes", p, a, size)
		}
		if _, again, err := readAnswer(p[:size]); again != size || err != nil {
			t.Errorf("read again: %d bytes, %v", again, err)
		}
	})
}

func TestAnswersAreChecked(t *testing.T) {
	good := `{"success":true,"id":"t-1","userId":"u","status":"executed","version":3,"duplicate":true}`
	if duplicate, err := checkOne([]byte(good), "t-1", "u"); !duplicate || err != nil {
		t.Errorf("a good answer: %v, %v", duplicate, err)
	}
	for _, bad := range []string{
		`{`, `{}`,
		`{"success":true,"id":"t-2","userId":"u","status":"executed","version":3}`,
		`{"success":true,"id":"t-1","userId":"v","status":"executed","version":3}`,
		`{"success":true,"id":"t-1","userId":"u","status":"failed","version":3}`,
		`{"success":true,"id":"t-1","userId":"u","status":"executed","version":0}`,
	} {
		if _, err := checkOne([]byte(bad), "t-1", "u"); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	if n, err := checkMany([]byte(`{"success":true,"accepted":5,"duplicates":2}`), 5); n != 2 || err != nil {
		t.Errorf("a good answer: %d, %v", n, err)
	}
	for _, bad := range []string{`[`, `{"success":true,"accepted":4}`, `{"accepted":5}`, `{"success":true,"accepted":5,"duplicates":6}`} {
		if _, err := checkMany([]byte(bad), 5); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}
