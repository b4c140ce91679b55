package transport

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// newcomers knows whether somebody who has connected has not been heard yet. A
// server that stops for the next one must hear them out: net/http drops requests
// that it reads once its Shutdown has begun.
type newcomers struct {
	accepted chan struct{} // closed when nothing is accepted any more
	unheard  sync.Map      // net.Conn of net/http whose first request is not read
	waiting  atomic.Int64  // how many those are
}

func newNewcomers() newcomers { return newcomers{accepted: make(chan struct{})} }

// follow is the ConnState of the http.Server.
func (n *newcomers) follow(conn net.Conn, state http.ConnState) {
	if state == http.StateNew {
		n.unheard.Store(conn, nil)
		n.waiting.Add(1)
	} else if _, first := n.unheard.LoadAndDelete(conn); first {
		n.waiting.Add(-1)
	}
}

const (
	// acceptTime is more than a connection is on its way from the kernel to the
	// acceptor. Event loops take longer to notice that a listener was closed, and
	// accept nothing meanwhile.
	acceptTime = 10 * time.Millisecond
	// settleInterval is how often Settle looks.
	settleInterval = 2 * time.Millisecond
)

// Settle waits until the requests of all who have connected are read, or ctx ends.
// The listener's owner has closed it before.
func (s *Server) Settle(ctx context.Context) {
	noticed := time.NewTimer(acceptTime)
	defer noticed.Stop()
	select {
	case <-s.accepted:
	case <-noticed.C:
	case <-ctx.Done():
	}
	ticker := time.NewTicker(settleInterval)
	defer ticker.Stop()
	for looks := 0; looks < 2; { // between two places a connection is in neither
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if s.acceptor.Settled() && s.waiting.Load() == 0 {
			looks++
		} else {
			looks = 0
		}
	}
}
