package mailbox

import (
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// runner queues mailboxes that have something to run.
type runner interface {
	actor.Dispatcher
	enqueue(m *Mailbox)
}

// Mailbox is an actor.Mailbox for symbols and sessions.
//
// System messages have a queue of their own, unbounded and drained first. User
// messages of sessions are bounded by Options.Capacity. Queues give their
// memory back when they are empty.
type Mailbox struct {
	// immutable after RegisterHandlers, which precedes every message
	dispatcher *Dispatcher
	invoker    actor.MessageInvoker
	runner     runner
	bounded    bool

	// atomic: set by senders, read by the worker between two messages
	hasSystem atomic.Bool

	mu         sync.Mutex // guards the next block
	user       *queue     // nil while empty
	system     *queue     // nil while empty
	scheduled  bool
	suspended  bool // written by the worker alone, which reads it without mu
	overflowed bool

	// owned by the worker
	bound         bool
	dirty         bool
	number        uint32         // in worker.watching, while there are subscriptions
	subscriptions []subscription // nil while there are none
}

var _ actor.Mailbox = (*Mailbox)(nil)

// RegisterHandlers is called by the spawner before any message is posted.
func (m *Mailbox) RegisterHandlers(invoker actor.MessageInvoker, dispatcher actor.Dispatcher) {
	m.invoker = invoker
	r, ok := dispatcher.(runner)
	if !ok {
		panic("mailbox: this mailbox runs on a dispatcher of package mailbox only")
	}
	m.runner = r
}

// Start has nothing to do: the first message schedules the mailbox.
func (m *Mailbox) Start() {}

// UserMessageCount returns how many user messages wait.
func (m *Mailbox) UserMessageCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user.len()
}

// PostSystemMessage queues a message of the actor system. It is never dropped.
func (m *Mailbox) PostSystemMessage(message any) {
	m.mu.Lock()
	m.system = m.system.push(message)
	m.hasSystem.Store(true)
	schedule := m.mustSchedule()
	m.mu.Unlock()
	if schedule {
		m.runner.enqueue(m)
	}
}

// PostUserMessage queues a message, or applies the overflow policy when the
// mailbox is full. It never blocks.
func (m *Mailbox) PostUserMessage(message any) {
	if batch, ok := message.(actor.MessageBatch); ok {
		for _, one := range batch.GetMessages() {
			m.PostUserMessage(one)
		}
		return
	}
	m.mu.Lock()
	message, dropped := m.admit(message)
	if message != nil {
		m.user = m.user.push(message)
		if m.bounded {
			m.dispatcher.depth.reached(m.user.len())
		}
	}
	schedule := m.mustSchedule()
	m.mu.Unlock()
	if schedule {
		m.runner.enqueue(m)
	}
	if dropped != nil {
		m.dispatcher.drop(dropped)
	}
}

// admit applies the bound to a message about to be queued. It returns what to
// queue and what was dropped, either may be nil. mu is held.
func (m *Mailbox) admit(message any) (queue, dropped any) {
	if !m.bounded || essential(message) {
		return message, nil
	}
	options := m.dispatcher.Options()
	if m.user.len() < options.Capacity && !m.overflowed {
		return message, nil
	}
	switch options.Overflow {
	case OverflowDropNewest:
		return nil, message
	case OverflowDropOldest:
		return message, m.dropOldest()
	}
	if m.overflowed {
		return nil, message
	}
	m.overflowed = true
	return &Overflowed{}, message
}

// dropOldest removes the message that waits longest and may be dropped. mu is held.
func (m *Mailbox) dropOldest() any {
	for i, waiting := range m.user.items {
		if !essential(waiting) {
			m.user.items = slices.Delete(m.user.items, i, i+1)
			return waiting
		}
	}
	return nil
}

// mustSchedule reports whether the caller has to enqueue the mailbox. mu is held.
func (m *Mailbox) mustSchedule() bool {
	if m.scheduled || (m.system == nil && (m.suspended || m.user.len() == 0)) {
		return false
	}
	m.scheduled = true
	return true
}

// run handles the messages that wait and then flushes. Only the worker that
// took the mailbox from a queue calls it.
func (m *Mailbox) run(f *Flush) {
	m.drainSystem()
	if m.handleUser() {
		m.flush(f)
	}
	m.mu.Lock()
	m.scheduled = false
	again := m.mustSchedule()
	m.mu.Unlock()
	if again {
		m.runner.enqueue(m)
	}
}

// flush lets the actor act on everything since its last flush.
func (m *Mailbox) flush(f *Flush) {
	m.dirty = false
	if m.suspended {
		return
	}
	defer m.escalate(f)
	f.tally.forget() // of an actor that failed
	m.invoker.InvokeUserMessage(f)
}

// escalate, deferred, gives a panic of the actor to its supervisor. message is
// what the actor was handling.
func (m *Mailbox) escalate(message any) {
	if reason := recover(); reason != nil {
		m.dispatcher.panics.Add(1)
		m.invoker.EscalateFailure(&Panic{Reason: reason, Stack: debug.Stack()}, message)
	}
}

// handleUser runs the user messages that wait, unless the mailbox is suspended,
// and reports whether there were any.
func (m *Mailbox) handleUser() bool {
	m.mu.Lock()
	batch := m.user
	if m.suspended || batch.len() == 0 {
		m.mu.Unlock()
		return false
	}
	m.user = nil
	m.mu.Unlock()

	for next, message := range batch.items {
		if m.hasSystem.Load() {
			m.drainSystem()
			if m.suspended {
				m.requeue(batch.items[next:])
				break
			}
		}
		batch.items[next] = nil
		m.invokeUser(message)
	}
	batch.recycle()
	return true
}

func (m *Mailbox) invokeUser(message any) {
	defer m.escalate(message)
	m.invoker.InvokeUserMessage(message)
}

// requeue puts messages that a suspension left over back in front.
func (m *Mailbox) requeue(rest []any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var front *queue
	for _, message := range rest {
		front = front.push(message)
	}
	if later := m.user; later != nil {
		front.items = append(front.items, later.items...)
		later.recycle()
	}
	m.user = front
}

// drainSystem handles system messages until there are none.
func (m *Mailbox) drainSystem() {
	for m.hasSystem.Load() {
		m.mu.Lock()
		batch := m.system
		m.system = nil
		m.hasSystem.Store(false)
		m.mu.Unlock()
		if batch == nil {
			return
		}
		for _, message := range batch.items {
			m.handleSystem(message)
		}
		batch.recycle()
	}
}

func (m *Mailbox) handleSystem(message any) {
	defer m.escalate(message)
	switch message.(type) {
	case *actor.SuspendMailbox:
		m.setSuspended(true)
	case *actor.ResumeMailbox:
		m.setSuspended(false)
	case *actor.Started:
		m.invoker.InvokeSystemMessage(message)
		m.bind()
	default:
		m.invoker.InvokeSystemMessage(message)
	}
}

// bind hands the mailbox to the actor, once.
func (m *Mailbox) bind() {
	if !m.bound {
		m.bound = true
		m.invokeUser(&Bound{Mailbox: m})
	}
}

func (m *Mailbox) setSuspended(suspended bool) {
	m.mu.Lock()
	m.suspended = suspended
	m.mu.Unlock()
}
