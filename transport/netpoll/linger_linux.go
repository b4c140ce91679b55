package netpoll

import "time"

// lingering are the sockets that drain, in the order of their deadlines: all
// linger equally long, so the first in is the first out.
// Owned by the event loop.
type lingering struct {
	timeout time.Duration // immutable after construction
	queue   []lingerer
}

type lingerer struct {
	s        *socket
	deadline time.Time
}

func (l *lingering) add(s *socket, now time.Time) {
	l.queue = append(l.queue, lingerer{s, now.Add(l.timeout)})
}

// next is the earliest deadline, the zero time without any.
func (l *lingering) next() time.Time {
	if len(l.queue) == 0 {
		return time.Time{}
	}
	return l.queue[0].deadline
}

// expire calls end for each socket whose time is over. A socket that finished
// by itself is forgotten.
func (l *lingering) expire(now time.Time, end func(s *socket)) {
	for len(l.queue) > 0 {
		first := l.queue[0]
		if !first.s.finished && first.deadline.After(now) {
			return
		}
		l.queue[0] = lingerer{}
		l.queue = l.queue[1:]
		end(first.s)
	}
	l.queue = nil
}
