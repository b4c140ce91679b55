package engineio

import (
	"sync"
	"time"

	"outcry/transport/engineio/deadline"
)

// heartbeat decides whom to ping and who failed to answer. All sockets have the
// same intervals, so two lists in the order of arrival are in the order of their
// deadlines, and a step costs only the sockets that are due.
type heartbeat struct {
	// immutable after construction
	interval, timeout time.Duration
	epoch             time.Time

	mu   sync.Mutex            // guards the lists and the deadline of every socket
	ping deadline.List[Socket] // to be pinged next
	pong deadline.List[Socket] // pinged, and not answered yet
}

// add starts the heartbeat of a socket.
func (h *heartbeat) add(s *Socket, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.deadline.Owner = s
	h.ping.Add(&s.deadline, now.Sub(h.epoch)+h.interval)
}

// remove ends it.
func (h *heartbeat) remove(s *Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.deadline.Remove()
}

// answered notes a pong. One that nobody asked for changes nothing.
func (h *heartbeat) answered(s *Socket, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pong.Has(&s.deadline) {
		s.deadline.Remove()
		h.ping.Add(&s.deadline, now.Sub(h.epoch)+h.interval)
	}
}

// expired reports whether a socket failed to answer in time. It is in no list then.
func (h *heartbeat) expired(s *Socket, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pong.Has(&s.deadline) && s.deadline.Due() <= now.Sub(h.epoch) && s.deadline.Remove()
}

// step appends the sockets to ping at now, which from then on owe an answer, and
// those that failed to answer in time, which are in no list any more.
func (h *heartbeat) step(now time.Time, ping, dead []*Socket) (toPing, timedOut []*Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := now.Sub(h.epoch)
	for s := h.pong.PopDue(at); s != nil; s = h.pong.PopDue(at) {
		dead = append(dead, s)
	}
	for budget := h.burst(); budget > 0; budget-- {
		s := h.ping.PopDue(at)
		if s == nil {
			break
		}
		// A step may be late, which the client, who counts both intervals from its
		// handshake or its last pong, knows nothing of. It has time to answer, though.
		h.pong.Add(&s.deadline, max(s.deadline.Due()+h.timeout, at+h.timeout/2))
		ping = append(ping, s)
	}
	return ping, dead
}

// burst is how many sockets one step may ping. Those that connected at once,
// after a restart say, are due at once; at 5-9 us a write 10,000 of them would
// take a core for 70 ms. So all sockets together take a tenth of the interval,
// and are as far apart in every round that follows. Needs mu.
func (h *heartbeat) burst() int {
	const atLeast, share = 16, 10
	sockets := time.Duration(h.ping.Len() + h.pong.Len())
	return max(atLeast, int(sockets*share*h.resolution()/h.interval)+1)
}

// resolution is the time between two steps, and so how exactly deadlines are kept.
func (h *heartbeat) resolution() time.Duration {
	const parts, coarsest = 20, 50 * time.Millisecond
	return min(h.interval/parts, h.timeout/parts, coarsest)
}

// sockets returns every socket.
func (h *heartbeat) sockets() []*Socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*Socket, 0, h.ping.Len()+h.pong.Len())
	return h.pong.AppendOwners(h.ping.AppendOwners(all))
}
