package executor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const (
	// maxHeadBytes bounds the head of an answer, maxBodyBytes the rest.
	maxHeadBytes = 16 << 10
	maxBodyBytes = 1 << 20
)

// answer is an answer over HTTP/1.1. Its body lies in the bytes it was read from.
type answer struct {
	status     int
	retryAfter time.Duration // 0: not said
	close      bool          // the server closes the connection
	body       []byte
}

var (
	errNotHTTP      = errors.New("the answer is not HTTP/1.1")
	errAnswerTooBig = errors.New("the answer is too long")
	errNoLength     = errors.New("the answer does not say how long it is")
)

// readAnswer reads the answer at the beginning of p. A size of 0 says that p
// does not hold all of it yet.
func readAnswer(p []byte) (a answer, size int, err error) {
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end > maxHeadBytes || end < 0 && len(p) > maxHeadBytes {
		return answer{}, 0, errAnswerTooBig
	}
	if end < 0 {
		return answer{}, 0, nil
	}
	line, fields, _ := bytes.Cut(p[:end], []byte("\r\n"))
	if a.status, err = readStatus(line); err != nil {
		return answer{}, 0, err
	}
	length, err := a.readFields(fields)
	if err != nil {
		return answer{}, 0, err
	}
	end += len("\r\n\r\n")
	if len(p) < end+length {
		return answer{}, 0, nil
	}
	a.body = p[end : end+length]
	return a, end + length, nil
}

// readStatus reads "HTTP/1.1 200 OK".
func readStatus(line []byte) (int, error) {
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok || len(rest) < 3 || len(rest) > 3 && rest[3] != ' ' {
		return 0, errNotHTTP
	}
	status, err := strconv.Atoi(string(rest[:3]))
	if err != nil || status < 200 || status > 599 {
		return 0, errNotHTTP
	}
	return status, nil
}

// readFields reads the fields of the head that matter and returns the length of
// the body. The server of Go gives it for every answer of a few hundred bytes,
// so that chunks are not read.
func (a *answer) readFields(fields []byte) (length int, err error) {
	length = -1
	for len(fields) > 0 {
		var line []byte
		line, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return 0, errNotHTTP
		}
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return 0, errNotHTTP
			}
		case bytes.EqualFold(name, []byte("Retry-After")):
			// A date instead of seconds is of no use to somebody who measures.
			if seconds, err := strconv.Atoi(string(value)); err == nil && seconds > 0 {
				a.retryAfter = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
			}
		case bytes.EqualFold(name, []byte("Connection")):
			a.close = a.close || bytes.EqualFold(value, []byte("close"))
		}
	}
	if length < 0 {
		return 0, errNoLength
	}
	if length > maxBodyBytes {
		return 0, errAnswerTooBig
	}
	return length, nil
}

// oneAnswer is the answer to a request of one trade.
type oneAnswer struct {
	Success   bool   `json:"success"`
	ID        string `json:"id"`
	UserID    string `json:"userId"`
	Status    string `json:"status"`
	Version   uint64 `json:"version"`
	Duplicate bool   `json:"duplicate"`
}

// manyAnswer is the answer to a request of many.
type manyAnswer struct {
	Success    bool `json:"success"`
	Accepted   int  `json:"accepted"`
	Duplicates int  `json:"duplicates"`
}

// checkOne reports whether body acknowledges a trade, and as one that the server
// had before.
func checkOne(body []byte, id, user string) (duplicate bool, err error) {
	var got oneAnswer
	if err := json.Unmarshal(body, &got); err != nil {
		return false, fmt.Errorf("the answer to a trade is not what was agreed: %w", err)
	}
	want := oneAnswer{Success: true, ID: id, UserID: user, Status: "executed", Version: got.Version, Duplicate: got.Duplicate}
	if got != want || got.Version == 0 {
		return false, fmt.Errorf("trade %s of %s was answered with %s", id, user, printable(body))
	}
	return got.Duplicate, nil
}

// checkMany reports how many of n trades the server had before.
func checkMany(body []byte, n int) (duplicates int, err error) {
	var got manyAnswer
	if err := json.Unmarshal(body, &got); err != nil {
		return 0, fmt.Errorf("the answer to trades is not what was agreed: %w", err)
	}
	if !got.Success || got.Accepted != n || got.Duplicates < 0 || got.Duplicates > n {
		return 0, fmt.Errorf("%d trades were answered with %s", n, printable(body))
	}
	return got.Duplicates, nil
}

// maxPrintable bounds what of an answer is shown.
const maxPrintable = 300

func printable(p []byte) string { return fmt.Sprintf("%.*q", maxPrintable, p) }
