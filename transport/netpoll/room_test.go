package netpoll

import (
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// Connections for which there is no room wait in the kernel's queue, lose nothing,
// and are accepted once there is.
func TestNoMoreIsAcceptedThanThereIsRoomFor(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		var most, accepted, held atomic.Int64
		most.Store(2)
		p, err := New(o, nopLog())
		if err != nil {
			t.Fatal(err)
		}
		p.WithRoom(func() int {
			left := int(most.Load() - accepted.Load())
			if left <= 0 {
				held.Add(1)
			}
			return left
		})
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &server{t: t, p: p, ln: ln, served: make(chan error, 1)}
		late := newRecorder(t)
		go func() {
			s.served <- p.Serve(ln, func(Conn) Handler {
				if accepted.Add(1) <= 2 {
					return newRecorder(t)
				}
				return late
			})
		}()
		t.Cleanup(s.close)
		for range 3 {
			mustWrite(t, s.dial(), []byte("hello"))
		}
		waitUntil(t, "two connections, and looks for room", func() bool { return accepted.Load() == 2 && held.Load() > 5 })
		if n := accepted.Load(); n != 2 {
			t.Fatalf("%d connections were accepted, and there was room for 2", n)
		}
		most.Store(3)
		waitUntil(t, "the third connection", func() bool { return accepted.Load() == 3 })
		late.wait("what it sent meanwhile", func() bool { return late.got.String() == "hello" })
	})
}

// A poller without room can be closed, and so can its listener.
func TestAPollerWithoutRoomCloses(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		p, err := New(o, nopLog())
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan struct{}, 1)
		p.WithRoom(func() int {
			select {
			case asked <- struct{}{}:
			default:
			}
			return 0
		})
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &server{t: t, p: p, ln: ln, served: make(chan error, 1)}
		go func() { s.served <- p.Serve(ln, func(Conn) Handler { return newRecorder(t) }) }()
		s.dial()
		<-asked
		s.close()
	})
}

// waitUntil looks until cond holds: nothing announces what it is about.
func waitUntil(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}
