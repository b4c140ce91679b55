package netpoll

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

func TestCloseFromManyGoroutinesIsToldOnce(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		cause := errors.New("enough")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 50 {
					if _, err := r.conn.Write([]byte("x")); err != nil {
						break
					}
				}
				r.conn.Close(cause)
				if _, err := r.conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
					t.Errorf("Write after Close: %v", err)
				}
			})
		}
		all.Wait()
		if got := r.waitClosed(); got != cause {
			t.Errorf("closed because of %v", got)
		}
		if _, err := io.Copy(io.Discard, nc); err != nil && !isReset(err) {
			t.Error(err)
		}
		_ = s.p.Close() // nothing may follow Closed; the recorder watches
		if r.closed != 1 {
			t.Errorf("Closed was called %d times", r.closed)
		}
	})
}

func TestCloseInsideDataEndsTheConnection(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		cause := errors.New("bad bytes")
		r.data = func(c Conn, p []byte) int {
			c.Close(cause)
			return 0
		}
		s := newServer(t, o, func(Conn) Handler { return r })
		s.connect(r)
		if got := r.waitClosed(); got != cause {
			t.Errorf("closed because of %v", got)
		}
	})
}

func TestDataBeforeTheEndIsDelivered(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.dial()
		sent := pattern(300 << 10)
		mustWrite(t, nc, sent)
		_ = nc.Close()
		if cause := r.waitClosed(); cause != io.EOF {
			t.Errorf("closed because of %v", cause)
		}
		if err := equalBytes("data", r.got.Bytes(), sent); err != nil {
			t.Error(err)
		}
	})
}

func TestResetIsReported(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		if err := nc.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		_ = nc.Close()
		if cause := r.waitClosed(); !isReset(cause) {
			t.Errorf("closed because of %v", cause)
		}
	})
}

// A peer that vanishes while bytes wait for it must not leave anything.
func TestPeerThatVanishesWhileBlockedIsClosed(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		fillUntilBlocked(t, r.conn)
		_ = nc.Close() // unread bytes make this a reset
		if cause := r.waitClosed(); cause == nil {
			t.Error("closed without a cause")
		}
		if n := r.conn.Pending(); n != 0 {
			t.Errorf("%d bytes are kept for a closed connection", n)
		}
	})
}

func TestCloseAfterFlushSendsEverythingThenEnds(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.LingerTimeout = patience
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		sent := fillUntilBlocked(t, r.conn)
		cause := errors.New("goodbye")
		r.conn.CloseAfterFlush(cause)
		if _, err := r.conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write after CloseAfterFlush: %v", err)
		}
		// input that nobody wants must not turn the end into a reset
		mustWrite(t, nc, pattern(100<<10))
		got, err := io.ReadAll(nc)
		if err != nil {
			t.Fatal(err)
		}
		if err := equalBytes("flushed bytes", got, sent); err != nil {
			t.Error(err)
		}
		_ = nc.Close()
		if got := r.waitClosed(); got != cause {
			t.Errorf("closed because of %v", got)
		}
		if r.got.String() != "hello" {
			t.Errorf("%d bytes were delivered after CloseAfterFlush", r.got.Len())
		}
	})
}

func TestHalfClosedPeerStillGetsTheFlush(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.LingerTimeout = patience
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		sent := fillUntilBlocked(t, r.conn)
		r.conn.CloseAfterFlush(nil)
		if err := nc.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(nc)
		if err != nil {
			t.Fatal(err)
		}
		if err := equalBytes("flushed bytes", got, sent); err != nil {
			t.Error(err)
		}
		r.waitClosed()
	})
}

func TestLingerTimeoutDropsAPeerThatDoesNotRead(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.LingerTimeout = 50 * time.Millisecond
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		s.connect(r)
		fillUntilBlocked(t, r.conn)
		cause := errors.New("goodbye")
		began := time.Now()
		r.conn.CloseAfterFlush(cause)
		if got := r.waitClosed(); got != cause {
			t.Errorf("closed because of %v", got)
		}
		if took := time.Since(began); took < o.LingerTimeout {
			t.Errorf("the peer got only %v", took)
		}
	})
}

func TestLingerTimeoutDropsAPeerThatDoesNotClose(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.LingerTimeout = 50 * time.Millisecond
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		r.conn.CloseAfterFlush(nil)
		if got, err := io.ReadAll(nc); len(got) > 0 || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		r.waitClosed()
	})
}

func TestCloseCutsTheLingerShort(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.LingerTimeout = time.Minute
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		s.connect(r)
		fillUntilBlocked(t, r.conn)
		cause := errors.New("goodbye")
		r.conn.CloseAfterFlush(cause)
		r.conn.Close(errors.New("now"))
		if got := r.waitClosed(); got != cause {
			t.Errorf("closed because of %v", got)
		}
	})
}

// A peer that half-closed and then vanished must not be waited for.
func TestHalfClosedPeerThatResetsEndsTheFlush(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.LingerTimeout = time.Minute
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		fillUntilBlocked(t, r.conn)
		r.conn.CloseAfterFlush(nil)
		if err := nc.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(nc, make([]byte, 1<<10)); err != nil {
			t.Fatal(err)
		}
		_ = nc.Close() // unread bytes make this a reset
		r.waitClosed()
	})
}
