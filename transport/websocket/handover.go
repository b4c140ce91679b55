package websocket

import (
	"net"
	"sync"

	"outcry/transport/netpoll"
)

// handOver gives a connection, and what was read of it, to net/http.
func (a *Acceptor) handOver(c netpoll.Conn, unread []byte) {
	nc, err := c.Detach(unread)
	if err != nil {
		a.log.Warn().Err(err).Stringer("peer", c.RemoteAddr()).Msg("a connection cannot be handed to net/http")
		c.Close(err)
		return
	}
	if !a.handover.offer(nc) {
		a.log.Warn().Err(errHandover).Stringer("peer", c.RemoteAddr()).Msg("connection closed")
		_ = nc.Close() // there is nobody left to tell
	}
}

// handover is a net.Listener of connections that come from the event loop.
type handover struct {
	// immutable after construction
	conns chan net.Conn
	done  chan struct{} // closed by Close

	// guarded by mu
	mu     sync.Mutex
	closed bool
}

func newHandover(queue int) *handover {
	return &handover{conns: make(chan net.Conn, queue), done: make(chan struct{})}
}

// offer reports whether nc was taken. It does not block.
func (h *handover) offer(nc net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	select {
	case h.conns <- nc:
		return true
	default:
		return false
	}
}

// Accept waits for a connection.
func (h *handover) Accept() (net.Conn, error) {
	select {
	case nc := <-h.conns:
		return nc, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close closes the connections that nobody accepted, too.
func (h *handover) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	close(h.done)
	for {
		select {
		case nc := <-h.conns:
			_ = nc.Close() // there is nobody left to tell
		default:
			return nil
		}
	}
}

// Addr names the way, not a port: the connections have their own addresses.
func (h *handover) Addr() net.Addr { return handoverAddr{} }

type handoverAddr struct{}

func (handoverAddr) Network() string { return "handover" }
func (handoverAddr) String() string  { return "event loop" }
