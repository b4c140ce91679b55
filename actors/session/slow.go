package session

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"outcry/actors/latency"
)

// stall is one time that a browser does not read: from a write that its
// connection could not pass on to the flush behind Writable.
type stall struct {
	// immutable after construction
	since            time.Time
	userID, socketID string
	connection       Connection

	// owned by the session actor
	timer *time.Timer       // runs while blocked, if there is a limit
	held  []latency.Waiting // what the write brought, counted when it is through
	left  int               // bytes that the connection kept when it was last looked at

	// atomic: written by the session actor, read by Slow
	waiting atomic.Int64 // bytes in the outbox
}

// slowShown is how long a browser must not read to be shown as slow. One that
// polls does not read between two polls.
const slowShown = time.Second

// slowCheck looks whether the browser still has not read all. Sent by the
// session's own timer.
type slowCheck struct {
	stall *stall
	last  bool // its patience is over
}

// block begins a stall.
func (s *sessionActor) block(now time.Time) {
	s.blocked = true
	s.stall = &stall{since: now, userID: s.userID, socketID: s.socketID, connection: s.connection, left: s.connection.Pending()}
	s.sessions.blocked.Add(1)
	timeout := s.sessions.options.Load().SlowTimeout
	if timeout > 0 && timeout <= slowShown {
		s.checkAfter(timeout, true)
		return
	}
	s.checkAfter(slowShown, false)
}

func (s *sessionActor) checkAfter(d time.Duration, last bool) {
	root, self, check := s.sessions.system.Root, s.self, &slowCheck{stall: s.stall, last: last}
	s.stall.timer = time.AfterFunc(d, func() { root.Send(self, check) })
}

// checkSlow lists the browser as slow, or closes its connection, if it is still the
// same write that blocks it. One that has read some of it since it was last looked
// at is given as long again: how much it was sent is no fault of it.
func (s *sessionActor) checkSlow(m *slowCheck) {
	if !s.blocked || s.stall != m.stall {
		return
	}
	left := s.connection.Pending()
	reads := left < s.stall.left
	s.stall.left = left
	timeout := s.sessions.options.Load().SlowTimeout
	switch {
	case !m.last:
		s.sessions.slow.add(s.stall)
		if timeout > 0 {
			s.checkAfter(max(timeout-slowShown, 0), true)
		}
	case reads && timeout > 0:
		s.checkAfter(timeout, true)
	default:
		s.close(SlowConsumer)
	}
}

// unblock ends the stall; the flush that follows counts what was held.
func (s *sessionActor) unblock() {
	if !s.blocked {
		return
	}
	s.blocked = false
	s.sessions.blocked.Add(-1)
	s.sessions.slow.remove(s.stall)
	s.stall.timer.Stop()
}

// slowList are the stalls that last.
type slowList struct {
	mu     sync.Mutex // guards stalls
	stalls map[*stall]struct{}
}

func (l *slowList) add(s *stall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stalls == nil {
		l.stalls = make(map[*stall]struct{})
	}
	l.stalls[s] = struct{}{}
}

func (l *slowList) remove(s *stall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.stalls, s)
}

// Slow is a browser that does not read.
type Slow struct {
	UserID, SocketID string
	Connection       Connection
	Since            time.Time
	// Waiting bytes are in the session's outbox; others are in the connection.
	Waiting int64
}

// Slowest returns the browsers that have not read for longest, at most so many.
func (s *Sessions) Slowest(most int) []Slow {
	s.slow.mu.Lock()
	slow := make([]Slow, 0, len(s.slow.stalls))
	for one := range s.slow.stalls {
		slow = append(slow, Slow{UserID: one.userID, SocketID: one.socketID, Connection: one.connection, Since: one.since, Waiting: one.waiting.Load()})
	}
	s.slow.mu.Unlock()
	slices.SortFunc(slow, func(a, b Slow) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.SocketID, b.SocketID))
	})
	return slow[:min(most, len(slow))]
}
