package mailbox

import (
	"sync"
	"sync/atomic"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/latency"
)

// What a worker is doing, for those who may have to wake it.
const (
	running int32 = iota
	resting       // between rounds: wakes for messages, not for quotes
	idle          // nothing to do: wakes for anything
)

// interleave is after how many sessions a round looks at new messages and runs
// symbols again: a notice must not wait for the round's end, and sessions late
// in a long round shall read the newest frames, too.
const interleave = 32

// Worker is one goroutine that owns sessions and runs them in paced rounds.
type Worker struct {
	// immutable after construction
	dispatcher *Dispatcher
	wake       chan struct{} // capacity 1
	done       chan struct{}

	// atomic: written by the worker, read by senders
	state atomic.Int32
	// atomic: written by others, cleared by the worker
	stopping     atomic.Bool
	drainSymbols atomic.Bool
	hasMessages  atomic.Bool
	hasPublished atomic.Bool

	mu       sync.Mutex // guards messages and changes
	messages []task
	changes  []*interest

	// owned by the worker
	numbers       map[*conflation.Slot]uint32 // of interests
	interests     []*interest                 // by number, nil where it is free
	slots         []*conflation.Slot          // of interests
	freeInterests []uint32
	watching      []*Mailbox // those with subscriptions by number, nil where it is free
	freeWatching  []uint32
	watchingCount int
	dirty         []*Mailbox // to be flushed in this round
	pacer         conflation.Pacer
	flush         Flush
	spareTask     []task
	spareList     []*interest
	symbols       [64]task

	// atomic: counters for Stats
	rounds, flushed, quotes atomic.Uint64
	taken, updates, bytes   atomic.Uint64
	busy, rested            atomic.Int64

	stages latency.Stages // written by the worker, read by Dispatcher.ReadStages
}

func newWorker(d *Dispatcher) *Worker {
	w := &Worker{
		dispatcher: d,
		wake:       make(chan struct{}, 1),
		done:       make(chan struct{}),
		numbers:    make(map[*conflation.Slot]uint32),
	}
	w.flush.tally.stages = &w.stages
	return w
}

// Schedule runs fn on this worker. actor.Dispatcher.
func (w *Worker) Schedule(fn func()) { w.push(task{fn: fn}) }

// Throughput is part of actor.Dispatcher.
func (w *Worker) Throughput() int { return throughput }

func (w *Worker) enqueue(m *Mailbox) { w.push(task{mailbox: m}) }

// push queues a message run; it does not wait for a rest to end.
func (w *Worker) push(t task) {
	w.mu.Lock()
	w.messages = append(w.messages, t)
	w.hasMessages.Store(true)
	w.mu.Unlock()
	if w.state.Load() != running {
		w.wakeUp()
	}
}

// published queues a slot for the next flush. Called by the publisher.
func (w *Worker) published(i *interest) {
	w.mu.Lock()
	w.changes = append(w.changes, i)
	w.hasPublished.Store(true)
	w.mu.Unlock()
	w.wakeIfIdle()
}

func (w *Worker) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default: // a wake-up is pending already
	}
}

func (w *Worker) wakeIfIdle() bool {
	if w.state.Load() != idle {
		return false
	}
	w.wakeUp()
	return true
}

func (w *Worker) stop() {
	w.stopping.Store(true)
	w.wakeUp()
}

// loop is the worker's goroutine: wait for work, one round, rest.
func (w *Worker) loop() {
	defer close(w.done)
	for !w.stopping.Load() {
		w.awaitWork()
		if rest := w.round(); rest > 0 {
			w.rest(rest)
		}
	}
}

// awaitWork returns when there is something to run.
func (w *Worker) awaitWork() {
	for !w.hasWork() {
		w.state.Store(idle)
		// Again, now that senders see us idle: what came in between woke nobody.
		if !w.hasWork() {
			<-w.wake
		}
		w.state.Store(running)
	}
}

func (w *Worker) hasWork() bool {
	return w.stopping.Load() || w.hasMessages.Load() || w.hasPublished.Load() || !w.dispatcher.symbols.empty()
}

// round runs symbols and messages, flushes the sessions whose symbols changed
// and returns how long to rest.
func (w *Worker) round() time.Duration {
	start := w.dispatcher.now()
	w.flush.Age, w.flush.Quotes = 0, 0
	w.runSymbols()
	w.runMessages()
	flushed := w.flushDirty()
	if flushed == 0 {
		return 0
	}
	end := w.dispatcher.now()
	busy := end.Sub(start)
	w.rounds.Add(1)
	w.flushed.Add(uint64(flushed))
	w.busy.Add(int64(busy))
	options := w.dispatcher.options.Load()
	return w.pacer.Rest(options.pace(), end, busy, w.flush.Age)
}

// rest waits for d. Messages are run meanwhile, quotes are not flushed.
func (w *Worker) rest(d time.Duration) {
	w.rested.Add(int64(d))
	timer := time.NewTimer(d)
	defer timer.Stop()
	w.state.Store(resting)
	defer w.state.Store(running)
	for !w.stopping.Load() {
		w.runMessages()
		if w.drainSymbols.Swap(false) {
			w.runSymbols()
		}
		select {
		case <-timer.C:
			return
		case <-w.wake:
		}
	}
}

// runSymbols runs symbol actors until none has ticks.
func (w *Worker) runSymbols() {
	for {
		n := w.dispatcher.symbols.take(w.symbols[:])
		if n == 0 {
			return
		}
		w.runTasks(w.symbols[:n])
	}
}

// runMessages runs this worker's mailboxes that have messages. Each run ends
// with a flush, so an answer and the snapshot behind it leave in one write.
func (w *Worker) runMessages() {
	for w.hasMessages.Load() {
		w.mu.Lock()
		batch := w.messages
		w.messages = w.spareTask[:0]
		w.hasMessages.Store(false)
		w.mu.Unlock()
		w.runTasks(batch)
		w.spareTask = batch
	}
}

func (w *Worker) runTasks(tasks []task) {
	for k, t := range tasks {
		tasks[k] = task{}
		if t.mailbox == nil {
			t.fn()
			continue
		}
		w.flush.Now = w.dispatcher.now()
		t.mailbox.run(&w.flush)
	}
	w.countQuotes()
}

// flushDirty flushes the sessions that watch what was published and returns
// how many there were.
func (w *Worker) flushDirty() int {
	if !w.hasPublished.Load() {
		return 0
	}
	w.mu.Lock()
	changes := w.changes
	w.changes = w.spareList[:0]
	w.hasPublished.Store(false)
	w.mu.Unlock()
	for _, i := range changes {
		i.queued.Store(false) // before frames are read: a later Publish queues again
	}
	w.markDirty(changes)
	clear(changes)
	w.spareList = changes

	flushed := len(w.dirty)
	for k, m := range w.dirty {
		w.dirty[k] = nil
		if k%interleave == interleave-1 {
			w.runSymbols()
			w.runMessages()
		}
		if m.dirty && len(m.subscriptions) > 0 {
			w.flush.Now = w.dispatcher.now()
			m.flush(&w.flush)
		}
		m.dirty = false
	}
	w.dirty = w.dirty[:0]
	w.countQuotes()
	return flushed
}

func (w *Worker) countQuotes() {
	if w.flush.Quotes > 0 {
		w.quotes.Add(uint64(w.flush.Quotes))
		w.flush.Quotes = 0
	}
	if t := &w.flush.tally; t.bytes > 0 || t.taken > 0 {
		w.taken.Add(t.taken)
		w.updates.Add(t.updates)
		w.bytes.Add(t.bytes)
		t.taken, t.updates, t.bytes = 0, 0, 0
	}
}
