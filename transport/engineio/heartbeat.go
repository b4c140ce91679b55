package engineio

import (
	"sync"
	"time"
)

// heartbeat pings every socket and finds those that do not answer. All sockets
// have the same intervals, so each of its two lists is ordered by deadline
// without sorting, and a step costs only the sockets that are due.
type heartbeat struct {
	// immutable after construction
	interval, timeout time.Duration

	mu   sync.Mutex // guards the next block and the links of every socket
	ping list       // sockets to be pinged next
	pong list       // sockets that were pinged and have not answered
}

// list is a doubly linked list of sockets in the order of their deadlines.
type list struct{ first, last *Socket }

// links place a socket in one list of the heartbeat.
//
// guarded by heartbeat.mu
type links struct {
	in         *list // nil when in none
	prev, next *Socket
	due        time.Time
}

func (l *list) push(s *Socket, due time.Time) {
	s.links = links{in: l, prev: l.last, due: due}
	if l.last != nil {
		l.last.links.next = s
	} else {
		l.first = s
	}
	l.last = s
}

func (s *Socket) unlink() {
	l := s.links.in
	if l == nil {
		return
	}
	if s.links.prev != nil {
		s.links.prev.links.next = s.links.next
	} else {
		l.first = s.links.next
	}
	if s.links.next != nil {
		s.links.next.links.prev = s.links.prev
	} else {
		l.last = s.links.prev
	}
	s.links = links{}
}

// add starts the heartbeat of a socket.
func (h *heartbeat) add(s *Socket, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ping.push(s, now.Add(h.interval))
}

// remove ends it.
func (h *heartbeat) remove(s *Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.unlink()
}

// answered notes a pong. One that nobody asked for changes nothing.
func (h *heartbeat) answered(s *Socket, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.links.in == &h.pong {
		s.unlink()
		h.ping.push(s, now.Add(h.interval))
	}
}

// step appends the sockets that are to be pinged at now and those that failed
// to answer in time. The former now owe an answer; the latter are in no list.
func (h *heartbeat) step(now time.Time, ping, dead []*Socket) (toPing, timedOut []*Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := h.pong.first; s != nil && !s.links.due.After(now); s = h.pong.first {
		s.unlink()
		dead = append(dead, s)
	}
	for s := h.ping.first; s != nil && !s.links.due.After(now); s = h.ping.first {
		s.unlink()
		h.pong.push(s, now.Add(h.timeout))
		ping = append(ping, s)
	}
	return ping, dead
}

// resolution is how exactly deadlines are kept.
func (h *heartbeat) resolution() time.Duration {
	const parts, coarsest = 20, 250 * time.Millisecond
	return min(h.interval/parts, h.timeout/parts, coarsest)
}
