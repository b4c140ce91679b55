package transport

import (
	"container/list"
	"net"
	"net/http"
	"sync"
	"time"
)

// idleConnections are those of net/http that wait for their next request.
type idleConnections struct {
	mu    sync.Mutex // guards the next block
	order list.List  // net.Conn, the one that waits longest first
	at    map[net.Conn]*list.Element
}

// follow is part of the ConnState of the http.Server.
func (i *idleConnections) follow(conn net.Conn, state http.ConnState) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if state == http.StateIdle {
		if i.at == nil {
			i.at = make(map[net.Conn]*list.Element)
		}
		i.at[conn] = i.order.PushBack(conn)
	} else {
		i.remove(conn)
	}
}

// remove needs mu.
func (i *idleConnections) remove(conn net.Conn) {
	if element, is := i.at[conn]; is {
		i.order.Remove(element)
		delete(i.at, conn)
	}
}

func (i *idleConnections) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.order.Len()
}

// longAgo as a deadline makes reads return at once.
var longAgo = time.Unix(1, 0)

// close ends those that wait longest, at most so many, and returns how many. Their
// reads end, on which net/http closes them: under TLS our own Close could block. One
// that is idle since this very moment, whose deadline net/http is about to set, stays.
func (i *idleConnections) close(most int) (closed int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for ; closed < most && i.order.Len() > 0; closed++ {
		conn := i.order.Front().Value.(net.Conn)
		i.remove(conn)
		_ = conn.SetReadDeadline(longAgo) // fails only on one that is closed
	}
	return closed
}
