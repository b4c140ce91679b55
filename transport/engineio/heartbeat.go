package engineio

import (
	"slices"
	"sync"
	"time"
)

// heartbeat decides whom to ping and who failed to answer. Almost always all
// sockets have the same rhythm; after a change of the intervals those that were
// there keep theirs until they end.
type heartbeat struct {
	// immutable after construction
	epoch   time.Time
	changed chan struct{} // tells the heartbeat's goroutine that the resolution may be finer now

	mu      sync.Mutex // guards the rhythms and the deadline of every socket
	current *rhythm    // of sockets that open
	rhythms []*rhythm  // current, and those that still have sockets
}

func newHeartbeat(o Options, epoch time.Time) *heartbeat {
	h := &heartbeat{epoch: epoch, changed: make(chan struct{}, 1)}
	h.configure(o)
	return h
}

// configure gives sockets that open from now on the intervals of o.
func (h *heartbeat) configure(o Options) {
	h.mu.Lock()
	defer h.mu.Unlock()
	same := func(r *rhythm) bool { return r.interval == o.PingInterval && r.timeout == o.PingTimeout }
	if i := slices.IndexFunc(h.rhythms, same); i >= 0 {
		h.current = h.rhythms[i]
	} else {
		h.current = &rhythm{interval: o.PingInterval, timeout: o.PingTimeout}
		h.rhythms = append(h.rhythms, h.current)
	}
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// rhythm is that of sockets that open now.
func (h *heartbeat) rhythm() *rhythm {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current
}

// add starts the heartbeat of a socket, in the rhythm that its client was told.
func (h *heartbeat) add(r *rhythm, s *Socket, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.deadline.Owner = s
	r.ping.Add(&s.deadline, now.Sub(h.epoch)+r.interval)
	if !slices.Contains(h.rhythms, r) { // the intervals changed meanwhile, and nobody else had these
		h.rhythms = append(h.rhythms, r)
	}
}

// remove ends it.
func (h *heartbeat) remove(s *Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.deadline.Remove()
}

// owing returns the rhythm of a socket that was pinged and has not answered, nil
// if that is not so. Needs mu.
func (h *heartbeat) owing(s *Socket) *rhythm {
	for _, r := range h.rhythms {
		if r.pong.Has(&s.deadline) {
			return r
		}
	}
	return nil
}

// answered notes a pong. One that nobody asked for changes nothing.
func (h *heartbeat) answered(s *Socket, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.owing(s); r != nil {
		s.deadline.Remove()
		r.ping.Add(&s.deadline, now.Sub(h.epoch)+r.interval)
	}
}

// expired reports whether a socket failed to answer in time. It is in no list then.
func (h *heartbeat) expired(s *Socket, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.owing(s) != nil && s.deadline.Due() <= now.Sub(h.epoch) && s.deadline.Remove()
}

// step appends the sockets to ping at now, and those that failed to answer in time.
// Rhythms that nobody has any more are forgotten.
func (h *heartbeat) step(now time.Time, ping, dead []*Socket) (toPing, timedOut []*Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.rhythms {
		ping, dead = r.step(now.Sub(h.epoch), ping, dead)
	}
	h.rhythms = slices.DeleteFunc(h.rhythms, func(r *rhythm) bool { return r != h.current && r.len() == 0 })
	return ping, dead
}

// resolution is the time between two steps: what the finest rhythm needs.
func (h *heartbeat) resolution() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	finest := h.current.resolution()
	for _, r := range h.rhythms {
		finest = min(finest, r.resolution())
	}
	return finest
}

// sockets returns every socket.
func (h *heartbeat) sockets() []*Socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*Socket
	for _, r := range h.rhythms {
		all = r.pong.AppendOwners(r.ping.AppendOwners(all))
	}
	return all
}
