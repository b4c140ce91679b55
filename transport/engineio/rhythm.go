package engineio

import (
	"time"

	"outcry/transport/engineio/deadline"
)

// rhythm is the heartbeat of the sockets that were told the same intervals. So two
// lists in the order of arrival are in the order of their deadlines, and a step
// costs only the sockets that are due.
type rhythm struct {
	// immutable after construction
	interval, timeout time.Duration

	// guarded by heartbeat.mu
	ping deadline.List[Socket] // to be pinged next
	pong deadline.List[Socket] // pinged, and not answered yet
}

// step appends the sockets to ping at a time, which from then on owe an answer, and
// those that failed to answer in time, which are in no list any more.
func (r *rhythm) step(at time.Duration, ping, dead []*Socket) (toPing, timedOut []*Socket) {
	for s := r.pong.PopDue(at); s != nil; s = r.pong.PopDue(at) {
		dead = append(dead, s)
	}
	for budget := r.burst(); budget > 0; budget-- {
		s := r.ping.PopDue(at)
		if s == nil {
			break
		}
		// A step may be late, which the client, who counts both intervals from its
		// handshake or its last pong, knows nothing of. It has time to answer, though.
		r.pong.Add(&s.deadline, max(s.deadline.Due()+r.timeout, at+r.timeout/2))
		ping = append(ping, s)
	}
	return ping, dead
}

// burst is how many sockets one step may ping. Those that connected at once,
// after a restart say, are due at once; at 5-9 us a write 10,000 of them would
// take a core for 70 ms. So all sockets together take a tenth of the interval,
// and are as far apart in every round that follows.
func (r *rhythm) burst() int {
	const atLeast, share = 16, 10
	return max(atLeast, int(time.Duration(r.len())*share*r.resolution()/r.interval)+1)
}

// len is how many sockets there are.
func (r *rhythm) len() int { return r.ping.Len() + r.pong.Len() }

// resolution is the longest time between two steps, and so how exactly deadlines
// are kept.
func (r *rhythm) resolution() time.Duration {
	const parts, coarsest = 20, 50 * time.Millisecond
	return min(r.interval/parts, r.timeout/parts, coarsest)
}
