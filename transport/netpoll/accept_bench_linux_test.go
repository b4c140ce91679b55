package netpoll

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkAccept compares how fast one listener and several with SO_REUSEPORT
// empty the kernel's queue of connections. They take turns, so that whatever else
// the machine does meets all alike.
func BenchmarkAccept(b *testing.B) {
	const connections = 2000 // within the kernel's queue
	counts := []int{1, 2, 4}
	spent := make(map[int]time.Duration)
	rounds := 0
	for b.Loop() {
		for _, n := range counts {
			spent[n] += acceptAll(b, n, connections)
		}
		rounds++
	}
	b.ReportMetric(0, "ns/op") // most of it is dialing
	for _, n := range counts {
		b.ReportMetric(float64(rounds*connections)/spent[n].Seconds(), fmt.Sprintf("conns/s-by-%d", n))
	}
}

// idle is a connection to which nothing happens.
type idle struct{}

func (idle) Data(_ Conn, p []byte) int { return len(p) }
func (idle) Writable(Conn)             {}
func (idle) Closed(Conn, error)        {}

// acceptAll lets connections queue up and returns how long it takes to serve them.
func acceptAll(b *testing.B, listeners, connections int) time.Duration {
	shared := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var inner error
		err := c.Control(func(fd uintptr) { inner = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
		if err != nil {
			return err
		}
		return inner
	}}
	address := "127.0.0.1:0"
	open := make([]net.Listener, listeners)
	for i := range open {
		ln, err := shared.Listen(context.Background(), "tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		open[i], address = ln, ln.Addr().String()
	}
	peers := make([]net.Conn, connections)
	for i := range peers {
		peer, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		peers[i] = peer
	}
	p, err := New(DefaultOptions(), nopLog())
	if err != nil {
		b.Fatal(err)
	}
	var accepted atomic.Int64
	all := make(chan struct{})
	var serving sync.WaitGroup
	begin := time.Now()
	for _, ln := range open {
		serving.Go(func() {
			if err := p.Serve(ln, func(Conn) Handler {
				if accepted.Add(1) == int64(connections) {
					close(all)
				}
				return idle{}
			}); err != nil {
				b.Error(err)
			}
		})
	}
	<-all
	took := time.Since(begin)
	for _, peer := range peers {
		_ = peer.(*net.TCPConn).SetLinger(0) // leaves no port waiting behind
		_ = peer.Close()
	}
	if err := p.Close(); err != nil {
		b.Error(err)
	}
	serving.Wait()
	return took
}
