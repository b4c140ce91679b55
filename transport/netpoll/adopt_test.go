package netpoll

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestDetachedConnectionSpeaksHTTP(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		handover := newConnListener()
		r.data = func(c Conn, p []byte) int {
			nc, err := c.Detach(p)
			if err != nil {
				t.Error(err)
				return len(p)
			}
			handover.conns <- nc
			return 0
		}
		s := newServer(t, o, func(Conn) Handler { return r })
		var seen string
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			seen = req.RemoteAddr
			body, err := io.ReadAll(req.Body)
			if err != nil {
				t.Error(err)
			}
			if _, err := w.Write(body); err != nil {
				t.Error(err)
			}
		})}
		served := make(chan error)
		go func() { served <- web.Serve(handover) }()

		nc := s.dial()
		body := string(pattern(200 << 10))
		req := httptest.NewRequest(http.MethodPost, "http://outcry/", io.LimitReader(readerOf(body), int64(len(body))))
		req.ContentLength = int64(len(body))
		go func() {
			if err := req.Write(nc); err != nil {
				t.Error(err)
			}
		}()
		got, err := io.ReadAll(mustRespond(t, nc).Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := equalBytes("answer", got, []byte(body)); err != nil {
			t.Error(err)
		}
		if seen != nc.LocalAddr().String() {
			t.Errorf("net/http saw the peer as %s, want %s", seen, nc.LocalAddr())
		}
		if err := web.Close(); err != nil {
			t.Error(err)
		}
		<-served
		_ = s.p.Close()
		if r.closed != 0 {
			t.Error("Closed was called for a detached connection")
		}
	})
}

func TestAdoptedConnectionDeliversUnreadFirst(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		for _, unread := range []string{"", "before "} {
			r := newRecorder(t)
			first := make(chan string, 1)
			r.data = func(c Conn, p []byte) int {
				select {
				case first <- string(p):
				default:
				}
				r.remember(p)
				return len(p)
			}
			s := newServer(t, o, func(Conn) Handler { return nil })
			theirs, ours := tcpPair(t)
			if err := ours.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
				t.Fatal(err) // net/http leaves such deadlines behind when it is hijacked
			}
			c, err := s.p.Adopt(ours, []byte(unread), r)
			if err != nil {
				t.Fatal(err)
			}
			if got := <-first; got != unread {
				t.Errorf("first bytes %q, want %q", got, unread)
			}
			if got := c.RemoteAddr().String(); got != theirs.LocalAddr().String() {
				t.Errorf("remote address %s, want %s", got, theirs.LocalAddr())
			}
			mustWrite(t, theirs, []byte("after"))
			r.wait("the bytes after", func() bool { return r.got.String() == unread+"after" })
			if _, err := c.Write([]byte("answer")); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 6)
			if _, err := io.ReadFull(theirs, got); err != nil || string(got) != "answer" {
				t.Errorf("read %q, %v", got, err)
			}
			c.Close(io.ErrClosedPipe)
			if cause := r.waitClosed(); !errors.Is(cause, io.ErrClosedPipe) {
				t.Errorf("closed because of %v", cause)
			}
		}
	})
}

// The bytes of a connection that leaves and comes back stay in order: first
// what the one who hijacked it had read, then what nobody had.
func TestDetachThenAdoptKeepsTheOrder(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r, again := newRecorder(t), newRecorder(t)
		out := make(chan net.Conn, 1)
		r.data = func(c Conn, p []byte) int {
			nc, err := c.Detach(p)
			if err != nil {
				t.Error(err)
			}
			out <- nc
			return len(p)
		}
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.dial()
		mustWrite(t, nc, []byte("abcdef"))
		detached := <-out
		first := make([]byte, 4)
		if _, err := io.ReadFull(detached, first); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, nc, []byte("ghi"))
		if _, err := s.p.Adopt(detached, first[2:], again); err != nil {
			t.Fatal(err)
		}
		again.wait("the rest", func() bool { return again.got.String() == "cdefghi" })
	})
}

func TestDetachIsRefusedWhileBytesArePending(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		result := make(chan error, 1)
		r.data = func(c Conn, p []byte) int {
			fillUntilBlocked(t, c)
			_, err := c.Detach(p)
			result <- err
			return len(p)
		}
		s := newServer(t, o, func(Conn) Handler { return r })
		s.connect(r)
		if err := <-result; err == nil {
			t.Error("a connection was detached with bytes pending")
		}
	})
}

func TestConnectionsWithoutAnAddressAreAdopted(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		s := newServer(t, o, func(Conn) Handler { return nil })
		r := newRecorder(t)
		c, err := s.p.Adopt(pipeEnd(t), []byte("unread"), r)
		if err != nil {
			t.Fatal(err)
		}
		r.wait("the first bytes", func() bool { return r.got.String() == "unread" })
		if c.RemoteAddr().IsValid() {
			t.Errorf("a pipe has the address %v", c.RemoteAddr())
		}
		c.CloseAfterFlush(nil)
		r.waitClosed()
	})
}
