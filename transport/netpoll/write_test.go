package netpoll

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func nopLog() zerolog.Logger { return zerolog.Nop() }

func TestStalledReaderKeepsOthersFresh(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.Loops = 1
		stalled := newRecorder(t)
		first := true
		s := newServer(t, o, func(Conn) Handler {
			if first {
				first = false
				return stalled
			}
			return echo(t)
		})
		nc := s.connect(stalled)
		sent := fillUntilBlocked(t, stalled.conn)

		other := s.dial()
		for range 200 {
			mustWrite(t, other, []byte("ping"))
			if _, err := io.ReadFull(other, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
		}

		got := make([]byte, len(sent))
		if _, err := io.ReadFull(nc, got); err != nil {
			t.Fatal(err)
		}
		if err := equalBytes("kept bytes", got, sent); err != nil {
			t.Error(err)
		}
		stalled.wait("Writable", func() bool { return stalled.writable > 0 })
		if n := stalled.conn.Pending(); n != 0 {
			t.Errorf("%d bytes are pending after Writable", n)
		}
	})
}

// A handler that writes the next chunk whenever it may is a usual one.
func TestWritableMayWriteUntilBlockedAgain(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		const chunks = 40
		chunk := pattern(100 << 10)
		r := newRecorder(t)
		sent := 0
		more := func(c Conn) {
			for sent < chunks {
				sent++
				blocked, err := c.Write(chunk)
				if err != nil {
					t.Error(err)
					return
				}
				if blocked {
					return
				}
			}
			c.CloseAfterFlush(nil)
		}
		r.onWrite = more
		r.data = func(c Conn, p []byte) int { more(c); return len(p) }
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		got := make([]byte, len(chunk))
		for range chunks {
			if _, err := io.ReadFull(nc, got); err != nil {
				t.Fatal(err)
			}
			if err := equalBytes("chunk", got, chunk); err != nil {
				t.Fatal(err)
			}
		}
		if rest, err := io.ReadAll(nc); len(rest) != 0 || err != nil {
			t.Errorf("%d bytes too many, %v", len(rest), err)
		}
		_ = nc.Close()
		if cause := r.waitClosed(); cause != nil {
			t.Errorf("closed because of %v", cause)
		}
	})
}

func TestBacklogBeyondTheLimitCloses(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.MaxPendingBytes = 64 << 10
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		s.connect(r)
		chunk := pattern(10 << 10)
		var err error
		for range 10000 {
			if _, err = r.conn.Write(chunk); err != nil {
				break
			}
			if n := r.conn.Pending(); n > o.MaxPendingBytes {
				t.Fatalf("%d bytes are pending", n)
			}
		}
		if !errors.Is(err, ErrBacklog) {
			t.Errorf("Write: %v", err)
		}
		if _, err := r.conn.Write(chunk); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write after close: %v", err)
		}
		if cause := r.waitClosed(); !errors.Is(cause, ErrBacklog) {
			t.Errorf("closed because of %v", cause)
		}
		if n := r.conn.Pending(); n != 0 {
			t.Errorf("%d bytes are kept for a closed connection", n)
		}
	})
}

func TestWritesOfManyGoroutinesStayWhole(t *testing.T) {
	const writers, each = 8, 200
	eachMode(t, func(t *testing.T, o Options) {
		o.MaxPendingBytes = 16 << 20
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		nc := s.connect(r)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				chunk := make([]byte, 1000)
				for i := range chunk {
					chunk[i] = byte('a' + w)
				}
				for range each {
					if _, err := r.conn.Write(chunk); err != nil {
						t.Error(err)
					}
				}
			})
		}
		var counts [writers]int
		chunk := make([]byte, 1000)
		for range writers * each {
			if _, err := io.ReadFull(nc, chunk); err != nil {
				t.Fatal(err)
			}
			for _, b := range chunk {
				if b != chunk[0] {
					t.Fatal("two writes are mixed")
				}
			}
			counts[chunk[0]-'a']++
		}
		all.Wait()
		for w, n := range counts {
			if n != each {
				t.Errorf("writer %d: %d chunks", w, n)
			}
		}
	})
}

func TestEmptyWriteReportsWhetherBytesWait(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		r := newRecorder(t)
		s := newServer(t, o, func(Conn) Handler { return r })
		s.connect(r)
		if blocked, err := r.conn.Write(nil); blocked || err != nil {
			t.Errorf("idle: blocked %v, %v", blocked, err)
		}
		fillUntilBlocked(t, r.conn)
		if blocked, err := r.conn.Write(nil); !blocked || err != nil {
			t.Errorf("stalled: blocked %v, %v", blocked, err)
		}
	})
}

// One peer that sends without pause must not hold the loop.
func TestChattyPeerDoesNotStarveOthers(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		o.Loops = 1
		flooded := newRecorder(t)
		flooded.data = func(_ Conn, p []byte) int { return len(p) }
		first := true
		s := newServer(t, o, func(Conn) Handler {
			if first {
				first = false
				return flooded
			}
			return echo(t)
		})
		chatty := s.connect(flooded)
		stop := make(chan struct{})
		var flood sync.WaitGroup
		flood.Go(func() {
			p := make([]byte, 1<<20)
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := chatty.Write(p); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
		other := s.dial()
		began := time.Now()
		for range 100 {
			mustWrite(t, other, []byte("ping"))
			if _, err := io.ReadFull(other, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > patience/2 {
			t.Errorf("100 round trips beside a flood took %v", took)
		}
		close(stop)
		flood.Wait()
	})
}
