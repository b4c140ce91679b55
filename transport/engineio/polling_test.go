package engineio

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"outcry/transport/transporttest"
)

// poller is a client that polls, each request on a connection of its own.
type poller struct {
	t    *testing.T
	base string
	sid  string
	http *http.Client
}

func poll(t *testing.T, addr string) *poller {
	t.Helper()
	p := &poller{t: t, base: "http://" + addr + "/socket.io/?EIO=4&transport=polling", http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}}
	status, body := p.get()
	if status != 200 || !strings.HasPrefix(body, "0{") {
		t.Fatalf("handshake: %d %s", status, body)
	}
	var open struct {
		SID      string   `json:"sid"`
		Upgrades []string `json:"upgrades"`
	}
	if err := json.Unmarshal([]byte(body[1:]), &open); err != nil || len(open.Upgrades) != 1 || open.Upgrades[0] != "websocket" {
		t.Fatalf("%s: %v", body, err)
	}
	p.sid = open.SID
	p.base += "&sid=" + open.SID
	return p
}

func (p *poller) do(ctx context.Context, method, contentType, body string) (status int, answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, p.base, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	response, err := p.http.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func (p *poller) must(method, contentType, body string) (status int, answer string) {
	p.t.Helper()
	status, answer, err := p.do(context.Background(), method, contentType, body)
	if err != nil {
		p.t.Error(err)
	}
	return status, answer
}

func (p *poller) get() (status int, body string) { return p.must(http.MethodGet, "", "") }
func (p *poller) post(body string) (status int, answer string) {
	return p.must(http.MethodPost, "text/plain;charset=UTF-8", body)
}

// ask polls on a goroutine of its own.
func (p *poller) ask() <-chan string {
	answer := make(chan string, 1)
	go func() {
		_, body := p.get()
		answer <- body
	}()
	return answer
}

func (p *poller) expect(answer <-chan string, want string) {
	p.t.Helper()
	select {
	case got := <-answer:
		if got != want {
			p.t.Errorf("polled %q, want %q", got, want)
		}
	case <-time.After(patience):
		p.t.Fatalf("the poll was not answered with %q", want)
	}
}

// waits reports whether a poll waits on the server.
func (p *poller) waits(s *Server) bool {
	carrier := s.polled(p.sid).carrier.(*polling)
	carrier.mu.Lock()
	defer carrier.mu.Unlock()
	return carrier.poll != nil
}

func TestPacketsGoBothWaysByPolling(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, s, addr := listen(t, mode, DefaultOptions())
		p := poll(t, addr)
		if status, answer := p.post("4hello\x1e4w€rld\x1ebAQIDBA=="); status != 200 || answer != "ok" {
			t.Errorf("%d %s", status, answer)
		}
		r.expect(t, "open", "message hello", "message w€rld", "binary 01020304")
		socket := r.newest()
		waiting := p.ask()
		waitFor(t, func() bool { return p.waits(s) })
		if blocked, err := socket.WriteMessage([]byte("one")); !blocked || err != nil {
			t.Errorf("nobody waits for the next one, and the write says blocked=%v, %v", blocked, err)
		}
		p.expect(waiting, "4one")
		for _, text := range []string{"two", "three", strings.Repeat("x", 70_000)} {
			_, _ = socket.WriteMessage([]byte(text))
		}
		_, _ = socket.WriteBinary([]byte{1, 2, 3, 4})
		if _, body := p.get(); body != "4two\x1e4three\x1e4"+strings.Repeat("x", 70_000)+"\x1ebAQIDBA==" {
			t.Errorf("%d bytes: %.60s", len(body), body)
		}
		if got := socket.Transport(); got != "polling" || s.Counts().Polling != 1 {
			t.Errorf("%s, %+v", got, s.Counts())
		}
		if status, _ := p.post("1"); status != 200 {
			t.Error(status)
		}
		r.expect(t, "close transport close")
	})
}

// A session writes what is newest when somebody waits for it, not before.
func TestThePollThatFindsNothingAsksForTheNewest(t *testing.T) {
	r, s, addr := listen(t, "auto", DefaultOptions())
	p := poll(t, addr)
	_, _ = r.newest().WriteMessage([]byte("first"))
	if _, body := p.get(); body != "4first" || r.writable.Load() != 0 {
		t.Errorf("%q, and asked %d times for more", body, r.writable.Load())
	}
	waiting := p.ask()
	waitFor(t, func() bool { return r.writable.Load() == 1 })
	if !p.waits(s) {
		t.Error("asked before the poll waits")
	}
	_, _ = r.newest().WriteMessage([]byte("newest"))
	p.expect(waiting, "4newest")
}

func TestTwoPollsAtATimeEndTheSession(t *testing.T) {
	r, s, addr := listen(t, "auto", DefaultOptions())
	p := poll(t, addr)
	first := p.ask()
	waitFor(t, func() bool { return p.waits(s) })
	if status, _ := p.get(); status != 400 {
		t.Error(status)
	}
	p.expect(first, "1")
	r.expect(t, "open", "close transport error")
	if status, _ := p.get(); status != 400 {
		t.Error(status)
	}
}

func TestACancelledPollEndsTheSession(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, s, addr := listen(t, mode, DefaultOptions())
		p := poll(t, addr)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			_, _, err := p.do(ctx, http.MethodGet, "", "")
			done <- err
		}()
		waitFor(t, func() bool { return p.waits(s) })
		cancel()
		if err := <-done; err == nil {
			t.Error("the poll was answered")
		}
		r.expect(t, "open", "close transport error")
		if status, _ := p.get(); status != 400 {
			t.Error(status)
		}
	})
}

func TestBadPostsEndTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, body string
		status            int
		reason            string // "" where the session goes on
	}{
		"no packet":          {"text/plain", "abc", 400, "parse error"},
		"nothing":            {"text/plain", "", 400, "parse error"},
		"an empty packet":    {"text/plain", "4a\x1e", 400, "parse error"},
		"no base64":          {"text/plain", "b!!", 400, "parse error"},
		"no UTF-8":           {"text/plain", "4\xff", 400, "parse error"},
		"a ping":             {"text/plain", "2", 400, "transport error"},
		"binary":             {"application/octet-stream", "4a", 400, "transport error"},
		"too many packets":   {"text/plain", strings.Repeat("6\x1e", maxPackets) + "6", 400, "parse error"},
		"too large":          {"text/plain", "4" + strings.Repeat("x", maxMessageBytes), 413, ""},
		"as large as it may": {"text/plain", "4" + strings.Repeat("x", maxMessageBytes-1), 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, _, addr := listen(t, "auto", DefaultOptions())
			p := poll(t, addr)
			if status, answer := p.must(http.MethodPost, c.contentType, c.body); status != c.status {
				t.Errorf("%d %s", status, answer)
			}
			if c.reason == "" {
				if status, _ := p.post("4on"); status != 200 {
					t.Error(status)
				}
				return
			}
			for got := range r.told {
				if got == "close "+c.reason {
					break
				}
			}
			if status, _ := p.get(); status != 400 {
				t.Error(status)
			}
		})
	}
}

func TestCloseByTheClientAnswersThePollWithNoop(t *testing.T) {
	r, s, addr := listen(t, "auto", DefaultOptions())
	p := poll(t, addr)
	waiting := p.ask()
	waitFor(t, func() bool { return p.waits(s) })
	if status, answer := p.post("1"); status != 200 || answer != "ok" {
		t.Errorf("%d %s", status, answer)
	}
	p.expect(waiting, "6")
	r.expect(t, "open", "close transport close")
}

func TestCloseByTheServerComesBehindWhatWaits(t *testing.T) {
	for _, waits := range []bool{true, false} {
		r, s, addr := listen(t, "auto", DefaultOptions())
		p := poll(t, addr)
		var waiting <-chan string
		if waits {
			waiting = p.ask()
			waitFor(t, func() bool { return p.waits(s) })
			r.newest().Close(ForcedClose, 1008, "enough")
			p.expect(waiting, "1")
		} else {
			_, _ = r.newest().WriteMessage([]byte("last"))
			r.newest().Close(ForcedClose, 1008, "enough")
			// Apart, since the client drops events that come together with a close.
			if _, body := p.get(); body != "4last" {
				t.Errorf("%q", body)
			}
			if _, body := p.get(); body != "1" {
				t.Errorf("%q", body)
			}
		}
		r.expect(t, "open", "close forced close")
		if status, _ := p.get(); status != 400 {
			t.Error(status)
		}
	}
}

func TestSilentPollerIsClosed(t *testing.T) {
	o := DefaultOptions()
	o.PingInterval, o.PingTimeout = 50*time.Millisecond, 60*time.Millisecond
	r, _, addr := listen(t, "auto", o)
	p := poll(t, addr)
	if _, body := p.get(); body != "2" {
		t.Fatalf("%q, want a ping", body)
	}
	if status, _ := p.post("3"); status != 200 {
		t.Fatal(status)
	}
	if _, body := p.get(); body != "2" {
		t.Fatalf("%q, want the next ping", body)
	}
	r.expect(t, "open", "close ping timeout")
	if status, _ := p.get(); status != 400 {
		t.Error(status)
	}
}

func TestPollersAreToldThatTheServerStops(t *testing.T) {
	r, s, addr := listen(t, "auto", DefaultOptions())
	p := poll(t, addr)
	waiting := p.ask()
	waitFor(t, func() bool { return p.waits(s) })
	mustClose(t, s)
	p.expect(waiting, "1")
	r.expect(t, "open", "close server shutting down")
}
