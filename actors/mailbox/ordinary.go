package mailbox

import (
	"runtime"
	"sync"
	"time"
)

// ordinary runs mailboxes in the order in which they got messages, without a
// pace, on goroutines of its own: for actors that must never wait behind a
// fan-out. A goroutine that waits costs less to wake than a new one, and none
// of these actors blocks, so there is one for each processor.
type ordinary struct {
	now func() time.Time // immutable after construction

	mu       sync.Mutex // guards the next block
	ready    sync.Cond
	queue    []task
	head     int // tasks before it were taken
	stopping bool

	running sync.WaitGroup
}

func newOrdinary(now func() time.Time) *ordinary {
	o := &ordinary{now: now}
	o.ready.L = &o.mu
	for range runtime.GOMAXPROCS(0) {
		o.running.Go(o.loop)
	}
	return o
}

// stop ends the goroutines after what they are running and waits for them.
func (o *ordinary) stop() {
	o.mu.Lock()
	o.stopping = true
	o.mu.Unlock()
	o.ready.Broadcast()
	o.running.Wait()
}

// Schedule runs fn on one of the goroutines. actor.Dispatcher.
func (o *ordinary) Schedule(fn func()) { o.push(task{fn: fn}) }

// Throughput is part of actor.Dispatcher.
func (o *ordinary) Throughput() int { return throughput }

func (o *ordinary) enqueue(m *Mailbox) { o.push(task{mailbox: m}) }

func (o *ordinary) push(t task) {
	o.mu.Lock()
	o.queue = append(o.queue, t)
	o.mu.Unlock()
	o.ready.Signal()
}

// next waits for a task; false at the end.
func (o *ordinary) next() (task, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.head == len(o.queue) && !o.stopping {
		o.ready.Wait()
	}
	if o.stopping {
		return task{}, false
	}
	t := o.queue[o.head]
	o.queue[o.head] = task{}
	o.head++
	if o.head == len(o.queue) || o.head >= compactFrom {
		left := copy(o.queue, o.queue[o.head:])
		clear(o.queue[left:])
		o.queue, o.head = o.queue[:left], 0
	}
	return t, true
}

// compactFrom is how many tasks are taken before those left move to the front:
// under constant load the queue is never empty.
const compactFrom = 4096

func (o *ordinary) loop() {
	var f Flush
	for {
		t, ok := o.next()
		switch {
		case !ok:
			return
		case t.mailbox == nil:
			t.fn()
		default:
			f = Flush{Now: o.now()}
			t.mailbox.run(&f)
		}
	}
}
