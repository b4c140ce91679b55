package transport

import (
	"container/heap"
	"sync"
	"time"

	"outcry/actors/session"
	"outcry/transport/engineio"
	"outcry/transport/socketio"
	"outcry/transport/websocket"
	"outcry/transport/wire"
)

const (
	// expiryNotice is how long before its end a client is told of it.
	expiryNotice = 5 * time.Minute
	// expiryStep is how exactly ends are kept.
	expiryStep = 250 * time.Millisecond
)

// expiries end connections whose credentials have expired. One goroutine looks
// after all of them: a timer for each would cost an idle dashboard more than its
// connection.
type expiries struct {
	// immutable after construction
	now     func() time.Time
	stop    chan struct{}
	stopped chan struct{}

	mu    sync.Mutex // guards queue and what is in it
	queue expiryQueue
}

// expiry is one connection's. Its fields are guarded by expiries.mu.
type expiry struct {
	socket *socketio.Socket
	from   int64 // when its page listens, Unix milliseconds
	end    int64 // of the credentials, Unix milliseconds
	place  int32 // in the queue, -1 while it is in none
	told   bool
}

// next is when there is something to do, in Unix milliseconds: to tell, or to end.
func (x *expiry) next() int64 {
	if x.told {
		return x.end
	}
	return min(max(x.end-expiryNotice.Milliseconds(), x.from), x.end)
}

// newExpiries starts the goroutine; close ends it.
func newExpiries(now func() time.Time) *expiries {
	e := &expiries{now: now, stop: make(chan struct{}), stopped: make(chan struct{})}
	go e.run()
	return e
}

func (e *expiries) close() {
	close(e.stop)
	<-e.stopped
}

func (e *expiries) run() {
	defer close(e.stopped)
	ticker := time.NewTicker(expiryStep)
	defer ticker.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-ticker.C:
		}
		e.step()
	}
}

// step tells and ends those whose time has come.
func (e *expiries) step() {
	now := e.now()
	tell, end := e.due(now)
	for _, t := range tell {
		// A write that fails ends the connection, which says so itself.
		_, _ = t.socket.WriteFrames(wire.Encoder{}.AppendTokenExpiring(nil, t.end, now))
	}
	for _, socket := range end {
		const reason = "Your session has expired"
		_, _ = socket.WriteFrames(wire.Encoder{}.AppendConnectionClosed(nil, reason, "TOKEN_EXPIRED"))
		socket.Close(engineio.ForcedClose, websocket.CodePolicyViolation, reason)
	}
}

// telling is whom to tell of which end.
type telling struct {
	socket *socketio.Socket
	end    time.Time
}

func (e *expiries) due(now time.Time) (tell []telling, end []*socketio.Socket) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.queue) > 0 && e.queue[0].next() <= now.UnixMilli() {
		x := e.queue[0]
		if x.told {
			heap.Pop(&e.queue)
			end = append(end, x.socket)
			continue
		}
		x.told = true
		heap.Fix(&e.queue, 0)
		tell = append(tell, telling{x.socket, time.UnixMilli(x.end)})
	}
	return tell, end
}

// set gives a connection's credentials an end, also in the place of another; zero
// is never. A token that is accepted though it has expired, since clocks differ,
// has leeway left.
func (e *expiries) set(x *expiry, socket *socketio.Socket, end time.Time, leeway time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(x)
	if end.IsZero() {
		return
	}
	now := e.now()
	if !end.After(now) {
		end = end.Add(leeway)
	}
	x.from = now.Add(session.ArrivalTime).UnixMilli()
	x.socket, x.end, x.told = socket, end.UnixMilli(), false
	heap.Push(&e.queue, x)
}

// remove forgets a connection that ended.
func (e *expiries) remove(x *expiry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(x)
}

// drop needs mu.
func (e *expiries) drop(x *expiry) {
	if x.socket != nil && x.place >= 0 {
		heap.Remove(&e.queue, int(x.place))
	}
}

// expiryQueue is a heap by the time when there is something to do.
type expiryQueue []*expiry

func (q expiryQueue) Len() int           { return len(q) }
func (q expiryQueue) Less(i, j int) bool { return q[i].next() < q[j].next() }
func (q expiryQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = int32(i), int32(j)
}

// Push is for container/heap.
func (q *expiryQueue) Push(x any) {
	entry := x.(*expiry)
	entry.place = int32(len(*q))
	*q = append(*q, entry)
}

// Pop is for container/heap.
func (q *expiryQueue) Pop() any {
	last := len(*q) - 1
	entry := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	entry.place = -1
	return entry
}
