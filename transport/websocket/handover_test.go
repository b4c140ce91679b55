package websocket

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestOtherRequestsAreForNetHTTP(t *testing.T) {
	upgradeOf := func(path string) string {
		return strings.Replace(upgradeHeadText, "/socket.io/?EIO=4&transport=websocket", path, 1)
	}
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, DefaultOptions(), echoes(t))
		for name, c := range map[string]struct {
			request string
			status  int
		}{
			"a page":                       {"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200},
			"a page by HTTP/1.0":           {"GET /hello HTTP/1.0\r\n\r\n", 200},
			"bare LF":                      {"GET /hello HTTP/1.1\nHost: x\n\n", 200},
			"a body":                       {"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200},
			"an unknown path":              {"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404},
			"an upgrade somewhere else":    {upgradeOf("/hello"), 200},
			"no host":                      {"GET /hello HTTP/1.1\r\n\r\n", 400},
			"nonsense":                     {"nonsense\r\n\r\n", 400},
			"TLS":                          {"\x16\x03\x01\x00\xa5\x01\x00\n\r\n", 400},
			"two hosts":                    {strings.Replace(upgradeHeadText, "Host:", "Host: y\r\nHost:", 1), 400},
			"version 8":                    {strings.Replace(upgradeHeadText, "Version: 13", "Version: 8", 1), 426},
			"no key":                       {strings.Replace(upgradeHeadText, "Sec-WebSocket-Key", "X-Key", 1), 400},
			"no upgrade":                   {strings.Replace(upgradeHeadText, "Upgrade: websocket", "X-Y: z", 1), 426},
			"POST":                         {strings.Replace(upgradeHeadText, "GET", "POST", 1), 405},
			"an odd but good upgrade":      {strings.Replace(upgradeHeadText, "Upgrade: websocket", "Upgrade: h2c, websocket", 1), 101},
			"an upgrade with a body":       {strings.Replace(upgradeHeadText, "Host:", "Content-Length: 3\r\nHost:", 1) + "abc", 400},
			"an upgrade with chunks":       {strings.Replace(upgradeHeadText, "Host:", "Transfer-Encoding: chunked\r\nHost:", 1) + "0\r\n\r\n", 400},
			"two cookies in an upgrade":    {strings.Replace(upgradeHeadText, "Host:", "Cookie: a=b\r\nCookie: c=d\r\nHost:", 1), 101},
			"an upgrade with absolute URI": {strings.Replace(upgradeHeadText, "GET /", "GET http://outcry.example/", 1), 101},
		} {
			nc := s.connect()
			mustWrite(t, nc, []byte(c.request))
			if resp, _ := readResponse(t, nc); resp.StatusCode != c.status {
				t.Errorf("%s: answered %s, want %d", name, resp.Status, c.status)
			}
			_ = nc.Close()
		}
	})
}

func TestUpgradeErrorsNameTheRemedy(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	request := func(change func(r *http.Request)) *http.Response {
		r := httptest.NewRequest(http.MethodGet, "/socket.io/", nil)
		for name, value := range map[string]string{
			"Upgrade": "websocket", "Connection": "Upgrade",
			"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
		} {
			r.Header.Set(name, value)
		}
		change(r)
		w := httptest.NewRecorder()
		a.UpgradeHTTP(w, r, nil)
		return w.Result()
	}
	for name, c := range map[string]struct {
		change        func(r *http.Request)
		status        int
		header, value string
	}{
		"wrong version": {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") }, 426, "Sec-Websocket-Version", "13"},
		"no upgrade":    {func(r *http.Request) { r.Header.Del("Upgrade") }, 426, "Upgrade", "websocket"},
		"HEAD":          {func(r *http.Request) { r.Method = http.MethodHead }, 405, "Allow", "GET"},
		"HTTP/2":        {func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, 505, "Content-Type", "application/problem+json"},
		"bad key":       {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "x") }, 400, "Content-Type", "application/problem+json"},
		"no hijacking":  {func(*http.Request) {}, 500, "Content-Type", "application/problem+json"},
	} {
		resp := request(c.change)
		if resp.StatusCode != c.status || resp.Header.Get(c.header) != c.value {
			t.Errorf("%s: answered %s %v", name, resp.Status, resp.Header)
		}
	}
}

func TestHugeHeadIsRefused(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, DefaultOptions(), echoes(t))
		for name, request := range map[string]string{
			"without an end": "GET /hello HTTP/1.1\r\nX: " + strings.Repeat("x", DefaultOptions().MaxHeaderBytes),
			"with an end":    strings.Replace(upgradeHeadText, "Host:", "X: "+strings.Repeat("x", DefaultOptions().MaxHeaderBytes)+"\r\nHost:", 1),
		} {
			nc := s.connect()
			mustWrite(t, nc, []byte(request))
			resp, rest := readResponse(t, nc)
			if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge || !resp.Close {
				t.Errorf("%s: answered %s", name, resp.Status)
			}
			if _, err := io.Copy(io.Discard, rest); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, want := s.a.Counts(), (Counts{LargeHeads: 2}); got != want {
			t.Errorf("counted %+v, want %+v", got, want)
		}
	})
}

func TestSlowHeadIsRefused(t *testing.T) {
	o := DefaultOptions()
	o.HeaderTimeout = 100 * time.Millisecond
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, o, echoes(t))
		for _, said := range []string{"", "GET /hello HTTP/1.1\r\nHost: x\r\n"} {
			nc := s.connect()
			began := time.Now()
			mustWrite(t, nc, []byte(said))
			resp, rest := readResponse(t, nc)
			if resp.StatusCode != http.StatusRequestTimeout || !resp.Close {
				t.Errorf("after %q: answered %s", said, resp.Status)
			}
			if took := time.Since(began); took < o.HeaderTimeout/2 {
				t.Errorf("after %q: refused within %v", said, took)
			}
			if _, err := io.Copy(io.Discard, rest); err != nil {
				t.Errorf("after %q: %v", said, err)
			}
		}
		if got, want := s.a.Counts(), (Counts{SlowHeads: 2}); got != want {
			t.Errorf("counted %+v, want %+v", got, want)
		}
	})
}

// Without anybody to take connections the loop goes on and closes them.
func TestFullHandoverClosesInsteadOfBlocking(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		o := DefaultOptions()
		o.HandoverQueue = 2
		s := newServerWithoutHTTP(t, mode, o, echoes(t))
		for range o.HandoverQueue {
			mustWrite(t, s.connect(), []byte("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"))
		}
		for len(s.a.handover.conns) < o.HandoverQueue {
			time.Sleep(time.Millisecond) // until the loop has read both
		}
		over := s.connect()
		mustWrite(t, over, []byte("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"))
		if _, err := io.Copy(io.Discard, over); err != nil && !isReset(err) {
			t.Error(err)
		}
		nc, _ := s.dial()
		if err := exchange(nc, "still alive"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestHandoverIsABoundedListener(t *testing.T) {
	h := newHandover(1)
	first, second := closeNoting(t), closeNoting(t)
	if !h.offer(first) || h.offer(second) {
		t.Error("a queue of one took two, or none")
	}
	if err := h.Close(); err != nil || !first.closed {
		t.Errorf("a waiting connection was left open: %v", err)
	}
	if h.offer(second) {
		t.Error("a closed listener took a connection")
	}
	if _, err := h.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener accepted: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if h.Addr().Network() == "" || h.Addr().String() == "" {
		t.Error("the listener has no name for the log")
	}
}

// What sniff lets through is good for the upgrader; should they ever disagree,
// the client reads why.
func TestUpgraderHasTheLastWord(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), echoes(t))
	c := &memoryConn{}
	a.upgrade(c, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), nil)
	if got := c.written.String(); !strings.HasPrefix(got, "HTTP/1.1 400 Bad Request\r\n") || !c.ended {
		t.Errorf("ended %v with %q", c.ended, got)
	}
}

// noting is a connection that remembers being closed.
type noting struct {
	net.Conn
	closed bool
}

func (n *noting) Close() error {
	n.closed = true
	return n.Conn.Close()
}

func closeNoting(t *testing.T) *noting {
	a, b := net.Pipe()
	t.Cleanup(func() {
		_ = a.Close()
		_ = b.Close()
	})
	return &noting{Conn: a}
}

func TestClosedAcceptorRefuses(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, DefaultOptions(), echoes(t))
		waiting := s.connect()
		mustWrite(t, waiting, []byte("GET /hello"))
		established, _ := s.dial() // so that waiting was accepted, too
		s.a.Close()
		if _, err := io.Copy(io.Discard, waiting); err != nil && !isReset(err) {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, s.connect()); err != nil && !isReset(err) {
			t.Error(err)
		}
		if err := exchange(established, "still alive"); err != nil {
			t.Error(err)
		}
	})
}
