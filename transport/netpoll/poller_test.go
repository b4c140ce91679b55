package netpoll

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// echo answers what it gets.
func echo(t *testing.T) *recorder {
	r := newRecorder(t)
	r.data = func(c Conn, p []byte) int {
		if _, err := c.Write(p); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("echo: %v", err)
		}
		return len(p)
	}
	return r
}

func TestEchoReturnsWhatEachPeerSent(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		s := newServer(t, o, func(Conn) Handler { return echo(t) })
		var peers sync.WaitGroup
		var all uint64
		for i := range 20 {
			nc := s.dial()
			sent := pattern(1 + i*9973)
			all += uint64(len(sent))
			peers.Go(func() {
				go func() {
					if _, err := nc.Write(sent); err != nil {
						t.Error(err)
					}
				}()
				got := make([]byte, len(sent))
				if _, err := io.ReadFull(nc, got); err != nil {
					t.Error(err)
				}
				if err := equalBytes("echo", got, sent); err != nil {
					t.Error(err)
				}
			})
		}
		peers.Wait()
		if got := s.p.Received(); got != all {
			t.Errorf("%d bytes were received, %d sent", got, all)
		}
	})
}

func TestUnconsumedBytesComeAgainWithMore(t *testing.T) {
	const record = 1000
	eachMode(t, func(t *testing.T, o Options) {
		var got bytes.Buffer
		r := newRecorder(t)
		r.data = func(_ Conn, p []byte) int {
			n := len(p) / record * record
			got.Write(p[:n])
			return n
		}
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.dial()
		sent := pattern(50 * record)
		for rest := sent; len(rest) > 0; {
			n := min(len(rest), 1+len(rest)%777)
			mustWrite(t, nc, rest[:n])
			rest = rest[n:]
		}
		if err := nc.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if cause := r.waitClosed(); cause != io.EOF {
			t.Errorf("closed because of %v", cause)
		}
		if err := equalBytes("records", got.Bytes(), sent); err != nil {
			t.Error(err)
		}
	})
}

func TestNilHandlerRefusesTheConnection(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		s := newServer(t, o, func(Conn) Handler { return nil })
		if n, err := s.dial().Read(make([]byte, 1)); err == nil {
			t.Errorf("read %d bytes from a refused connection", n)
		}
	})
}

func TestAcceptMayWriteAndClose(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		cause := errors.New("full")
		s := newServer(t, o, func(c Conn) Handler {
			if _, err := c.Write([]byte("busy")); err != nil {
				t.Error(err)
			}
			c.CloseAfterFlush(cause)
			return r
		})
		got, err := io.ReadAll(s.dial())
		if err != nil || string(got) != "busy" {
			t.Errorf("read %q, %v", got, err)
		}
		if err := s.p.Close(); err != nil {
			t.Fatal(err)
		}
		if got := r.waitClosed(); got != cause {
			t.Errorf("closed because of %v", got)
		}
	})
}

func TestRemoteAddrIsThePeers(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		if got := r.conn.RemoteAddr().String(); got != nc.LocalAddr().String() {
			t.Errorf("remote address %s, want %s", got, nc.LocalAddr())
		}
	})
}

func TestSetHandlerSwitchesTheProtocol(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		first, second := newRecorder(t), newRecorder(t)
		first.data = func(c Conn, p []byte) int {
			c.SetHandler(second)
			return len("hello")
		}
		s := newServer(t, o, func(Conn) Handler { return first })
		nc := s.connect(first)
		mustWrite(t, nc, []byte(" world"))
		second.wait("the new protocol's bytes", func() bool { return second.got.String() == " world" })
		_ = nc.Close()
		second.waitClosed()
	})
}

func TestClosedListenerEndsServeAndKeepsConnections(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		s := newServer(t, o, func(Conn) Handler { return echo(t) })
		nc := s.dial()
		mustWrite(t, nc, []byte("one"))
		got := make([]byte, 3)
		if _, err := io.ReadFull(nc, got); err != nil {
			t.Fatal(err)
		}
		if err := s.ln.Close(); err != nil {
			t.Fatal(err)
		}
		if late, err := net.Dial("tcp", s.ln.Addr().String()); err == nil {
			_ = late.Close()
			t.Error("a closed listener still takes dials")
		}
		err := <-s.served
		s.served <- nil
		if err != nil {
			t.Errorf("Serve: %v", err)
		}
		mustWrite(t, nc, []byte("two"))
		if _, err := io.ReadFull(nc, got); err != nil || string(got) != "two" {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

func TestPollerCloseTellsEveryHandler(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		var mu sync.Mutex
		var all []*recorder
		s := newServer(t, o, func(Conn) Handler {
			r := newRecorder(t)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, r)
			return r
		})
		for i := range 30 {
			nc := s.dial()
			mustWrite(t, nc, []byte("hello"))
			mu.Lock()
			for len(all) <= i {
				mu.Unlock()
				time.Sleep(time.Millisecond) // until accepted
				mu.Lock()
			}
			mu.Unlock()
		}
		if err := s.p.Close(); err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if r.closed != 1 || !errors.Is(r.cause, net.ErrClosed) {
				t.Errorf("closed %d times because of %v", r.closed, r.cause)
			}
		}
		if _, err := s.p.Adopt(pipeEnd(t), nil, newRecorder(t)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a closed poller adopted: %v", err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.p.Serve(ln, nil); err != nil {
			t.Errorf("a closed poller served: %v", err)
		}
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			t.Error("a closed poller left a listener open")
		}
	})
}

// pipeEnd is one end of a pipe whose other end is drained until the test ends.
func pipeEnd(t *testing.T) net.Conn {
	a, b := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, b)
	}()
	t.Cleanup(func() {
		_ = a.Close()
		_ = b.Close()
		<-done
	})
	return a
}

func TestOptionsNameEveryBadKey(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	_, err := New(Options{Mode: "poll", Loops: -1}, nopLog())
	for _, key := range []string{"mode", "loops", "read_buffer_bytes", "send_buffer_bytes", "max_pending_bytes", "linger_timeout"} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("the error does not name %s: %v", key, err)
		}
	}
	if want := `mode: "poll" is not allowed: must be auto, epoll or goroutine`; !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
