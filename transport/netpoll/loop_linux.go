package netpoll

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// eventsPerWait bounds how much one turn of the loop takes on before it looks
// at closes and timeouts again.
const eventsPerWait = 256

// loop is one event loop: a goroutine, its epoll and the connections in it.
type loop struct {
	// immutable after construction
	e    *epoll
	poll *waiter
	done chan struct{} // closed when the loop has stopped

	sockets atomic.Int32 // connections in this loop
	// atomic: written by the event loop, read by received
	bytes atomic.Uint64 // that were read

	// owned by the event loop
	read     []byte // shared by all connections
	linger   lingering
	spare    []*socket // the queue's other half, empty between turns
	deadline time.Time // what poll waits until, unless it was woken

	// atomic: true while the loop waits, or is about to, and must be woken
	sleeping atomic.Bool

	// guarded by mu
	mu       sync.Mutex
	queue    []*socket // sockets whose state changed
	stopping bool
	stopped  bool
}

func newLoop(e *epoll) (*loop, error) {
	poll, err := newWaiter(eventsPerWait)
	if err != nil {
		return nil, err
	}
	return &loop{
		e: e, poll: poll, done: make(chan struct{}),
		read:   make([]byte, e.o.ReadBufferBytes),
		linger: lingering{timeout: e.o.LingerTimeout},
	}, nil
}

// post asks the loop to look at s. Any goroutine.
func (l *loop) post(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.queued || l.stopped {
		return
	}
	s.queued = true
	l.queue = append(l.queue, s)
	l.wake()
}

func (l *loop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	if !l.stopped {
		l.wake()
	}
}

// wake ends the loop's wait by a deadline that is over, which costs no system
// call. Needs mu, under which the loop closes its epoll.
func (l *loop) wake() {
	if !l.sleeping.CompareAndSwap(true, false) {
		return
	}
	if err := l.poll.until(aLongTimeAgo); err != nil {
		l.e.log.Error().Err(err).Msg("an event loop cannot be woken")
	}
}

func (l *loop) run() {
	defer close(l.done)
	for {
		for _, ev := range l.wait() {
			if s := l.e.table.get(ev.Fd, uint32(ev.Pad)); s != nil {
				l.handle(s, ev.Events)
			}
		}
		l.attend()
		l.linger.expire(time.Now(), l.finishClosed)
		if l.shutDown() {
			return
		}
	}
}

// wait sleeps until an event, a post or the end of a linger time.
func (l *loop) wait() []unix.EpollEvent {
	if next := l.linger.next(); next != l.deadline {
		l.deadline = next
		l.check(l.poll.until(next))
	}
	var events []unix.EpollEvent
	l.sleeping.Store(true)
	if !l.posted() {
		var err error
		events, err = l.poll.wait()
		l.check(err)
	}
	woken := !l.sleeping.CompareAndSwap(true, false)
	if woken || len(events) == 0 {
		l.deadline = aLongTimeAgo // it is over, so the next wait sets it anew
	}
	return events
}

// check stops the process when the epoll, which is ours and open, fails: only a
// programming error can cause that, and every connection would hang silently.
func (l *loop) check(err error) {
	if err != nil {
		panic(fmt.Sprintf("netpoll: event loop: %v", err))
	}
}

func (l *loop) posted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) > 0 || l.stopping
}

// attend looks at the sockets that were posted.
func (l *loop) attend() {
	l.mu.Lock()
	queue := l.queue
	l.queue = l.spare
	for _, s := range queue {
		s.queued = false
	}
	l.mu.Unlock()
	for i, s := range queue {
		queue[i] = nil
		l.settle(s)
	}
	l.spare = queue[:0]
}

// settle makes the loop's part of a state change.
func (l *loop) settle(s *socket) {
	switch s.state.Load() {
	case stateOpen:
		l.begin(s)
	case stateDraining:
		l.drain(s)
	case stateClosed:
		l.finish(s)
	}
}

// begin watches an adopted socket and gives its Handler what was read elsewhere.
func (l *loop) begin(s *socket) {
	if err := s.register(); err != nil {
		l.fail(s, err)
		return
	}
	l.deliver(s, nil)
}

// drain gives a socket that is to close after its flush until the linger time.
func (l *loop) drain(s *socket) {
	if !s.lingering {
		s.lingering = true
		l.linger.add(s, time.Now())
	}
	if err := s.register(); err != nil {
		l.fail(s, err)
	}
}

// finishClosed closes s whatever is left to send or to read.
func (l *loop) finishClosed(s *socket) { l.fail(s, net.ErrClosed) }

// fail closes s, with this cause unless it had one.
func (l *loop) fail(s *socket, cause error) {
	s.mu.Lock()
	switch s.state.Load() {
	case stateOpen:
		s.cause = cause
		s.state.Store(stateClosed)
	case stateDraining:
		s.state.Store(stateClosed)
	}
	s.mu.Unlock()
	l.finish(s)
}

// finish frees what s holds and tells its Handler.
func (l *loop) finish(s *socket) {
	if s.finished {
		return
	}
	s.finished = true
	s.inbox.clear()
	s.mu.Lock()
	s.release()
	cause := s.cause
	s.mu.Unlock()
	s.handler.Closed(s, cause)
	s.handler = nil
}

// shutDown closes all sockets and the loop's own descriptors when the loop is
// told to stop.
func (l *loop) shutDown() bool {
	l.mu.Lock()
	stopping := l.stopping
	l.mu.Unlock()
	if !stopping {
		return false
	}
	l.e.table.each(func(s *socket) {
		if s.loop == l {
			l.fail(s, net.ErrClosed)
		}
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.queue = nil
	if err := l.poll.close(); err != nil {
		l.e.log.Warn().Err(err).Msg("closing an epoll failed")
	}
	return true
}
