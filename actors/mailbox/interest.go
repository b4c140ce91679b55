package mailbox

import (
	"sync/atomic"

	"outcry/actors/conflation"
)

// interest is one worker's index entry for one slot: who of its sessions
// watches it. With it a tick that few watch costs only those few.
type interest struct {
	// immutable after construction
	slot   *conflation.Slot
	worker *Worker

	// atomic: set by the publisher, cleared by the worker
	queued atomic.Bool

	// owned by the worker
	watchers []*Subscription
}

// Published queues the slot for the worker's next flush. conflation.Listener.
func (i *interest) Published() {
	if !i.queued.Swap(true) {
		i.worker.published(i)
	}
}

// Watch subscribes the actor to slots. Their newest frames are new to the
// subscriptions, so the flush that follows the message under way sends them as
// snapshots. Call it from the actor's Receive only.
func (m *Mailbox) Watch(slots []*conflation.Slot) []*Subscription {
	w, ok := m.runner.(*Worker)
	if !ok {
		panic("mailbox: only an actor that is pinned to a worker can watch slots")
	}
	block := make([]Subscription, len(slots))
	subscriptions := make([]*Subscription, len(slots))
	for k, slot := range slots {
		s := &block[k]
		s.mailbox, s.interest = m, w.interestIn(slot)
		s.Start(slot) // listening already: nothing published from here on is missed
		s.position = int32(len(s.interest.watchers))
		s.interest.watchers = append(s.interest.watchers, s)
		subscriptions[k] = s
	}
	w.addWatching(m, len(slots))
	return subscriptions
}

// Stop ends the subscription. Call it once, from the actor's Receive only.
func (s *Subscription) Stop() {
	i := s.interest
	last := len(i.watchers) - 1
	i.watchers[s.position] = i.watchers[last]
	i.watchers[s.position].position = s.position
	i.watchers[last] = nil
	i.watchers = i.watchers[:last]
	if last == 0 {
		delete(i.worker.interests, i.slot)
		i.slot.Unlisten(i)
	}
	i.worker.removeWatching(s.mailbox)
}

// interestIn returns the worker's index entry of slot, a new one if need be.
func (w *Worker) interestIn(slot *conflation.Slot) *interest {
	if i := w.interests[slot]; i != nil {
		return i
	}
	i := &interest{slot: slot, worker: w}
	w.interests[slot] = i
	slot.Listen(i)
	return i
}

func (w *Worker) addWatching(m *Mailbox, subscriptions int) {
	if subscriptions == 0 {
		return
	}
	if m.subscriptions == 0 {
		m.position = int32(len(w.watching))
		w.watching = append(w.watching, m)
	}
	m.subscriptions += int32(subscriptions)
}

func (w *Worker) removeWatching(m *Mailbox) {
	m.subscriptions--
	if m.subscriptions > 0 {
		return
	}
	last := len(w.watching) - 1
	w.watching[m.position] = w.watching[last]
	w.watching[m.position].position = m.position
	w.watching[last] = nil
	w.watching = w.watching[:last]
}

// markDirty lists the mailboxes that have something to flush after the slots
// of changed were published. Where the changes concern most sessions it takes
// them all, which reads memory in order; a session with nothing new costs one
// comparison per symbol.
func (w *Worker) markDirty(changed []*interest) {
	concerned := 0
	for _, i := range changed {
		concerned += len(i.watchers)
	}
	if concerned >= len(w.watching) {
		for _, m := range w.watching {
			w.mark(m)
		}
		return
	}
	for _, i := range changed {
		for _, s := range i.watchers {
			w.mark(s.mailbox)
		}
	}
}

func (w *Worker) mark(m *Mailbox) {
	if !m.dirty {
		m.dirty = true
		w.dirty = append(w.dirty, m)
	}
}
