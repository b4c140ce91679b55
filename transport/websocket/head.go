package websocket

import (
	"bytes"
	"net"
	"net/http"

	"outcry/transport/netpoll"
)

// head reads the request head of a fresh connection. It is garbage once the
// connection is a WebSocket or net/http's.
type head struct {
	// immutable after construction
	a  *Acceptor
	nc netpoll.Conn

	deadline deadline

	// owned by the event loop
	scanned int // bytes from the start in which the head does not end
}

// Data waits for the whole head, then decides.
func (h *head) Data(c netpoll.Conn, p []byte) (consumed int) {
	end := headEnd(p, h.scanned)
	limit := h.a.o.MaxHeaderBytes
	if end > limit || (end < 0 && len(p) > limit) {
		if h.a.heads.remove(&h.deadline) {
			h.a.largeHeads.Add(1)
			h.a.refuse(c, problem(http.StatusRequestHeaderFieldsTooLarge), errHeaderTooBig)
		}
		return len(p)
	}
	if end < 0 {
		h.scanned = len(p)
		return 0
	}
	if !h.a.heads.remove(&h.deadline) { // it expired a moment ago
		return len(p)
	}
	if uri, ok := sniff(p[:end]); ok && h.a.match(uri) {
		return end + h.a.upgrade(c, p[:end], p[end:])
	}
	h.a.handOver(c, p)
	return 0
}

// Writable follows only answers that end the connection.
func (h *head) Writable(netpoll.Conn) {}

// Closed forgets the connection.
func (h *head) Closed(netpoll.Conn, error) { h.a.heads.remove(&h.deadline) }

// expired answers a request head that took too long, on the list's goroutine.
func (h *head) expired() {
	if h.a.closed.Load() {
		h.nc.Close(net.ErrClosed)
		return
	}
	h.a.slowHeads.Add(1)
	h.a.refuse(h.nc, problem(http.StatusRequestTimeout), errHeaderTimeout)
}

// headEnd is the index behind the empty line that ends a request head, -1
// without one. The first scanned bytes were searched before. Lines may end in a
// bare LF: such a request is for net/http to judge, but it must be found.
func headEnd(p []byte, scanned int) int {
	for i := max(0, scanned-2); ; {
		n := bytes.IndexByte(p[i:], '\n')
		if n < 0 {
			return -1
		}
		i += n + 1
		rest := p[i:]
		switch {
		case len(rest) > 0 && rest[0] == '\n':
			return i + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return i + 2
		}
	}
}
