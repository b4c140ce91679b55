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
	number uint32 // in worker.interests and worker.slots

	// atomic: set by the publisher, cleared by the worker
	queued atomic.Bool

	// owned by the worker
	watchers []watcher
}

// watcher is a subscription, by the numbers of its mailbox and within it: half of
// what pointers would take.
type watcher struct {
	mailbox, subscription uint32
}

// Published queues the slot for the worker's next flush. conflation.Listener.
func (i *interest) Published() {
	if !i.queued.Swap(true) {
		i.worker.published(i)
	}
}

// interestIn returns the worker's index entry of slot, a new one if need be.
func (w *Worker) interestIn(slot *conflation.Slot) *interest {
	if number, ok := w.numbers[slot]; ok {
		return w.interests[number]
	}
	i := &interest{slot: slot, worker: w}
	if free := len(w.freeInterests) - 1; free >= 0 {
		i.number = w.freeInterests[free]
		w.freeInterests = w.freeInterests[:free]
		w.interests[i.number], w.slots[i.number] = i, slot
	} else {
		i.number = uint32(len(w.interests))
		w.interests, w.slots = append(w.interests, i), append(w.slots, slot)
	}
	w.numbers[slot] = i.number
	slot.Listen(i)
	return i
}

func (w *Worker) interestOf(s subscription) *interest { return w.interests[s.interest&interestMask] }

// unwatch takes a subscription out of the index.
func (w *Worker) unwatch(s subscription) {
	i := w.interestOf(s)
	last := len(i.watchers) - 1
	moved := i.watchers[last]
	i.watchers[s.position] = moved
	w.watching[moved.mailbox].subscriptions[moved.subscription].position = s.position
	i.watchers = i.watchers[:last]
	if last == 0 {
		delete(w.numbers, i.slot)
		w.interests[i.number], w.slots[i.number] = nil, nil
		w.freeInterests = append(w.freeInterests, i.number)
		i.slot.Unlisten(i)
	}
}

// enter gives a mailbox its number among those with subscriptions.
func (w *Worker) enter(m *Mailbox) uint32 {
	w.watchingCount++
	if free := len(w.freeWatching) - 1; free >= 0 {
		number := w.freeWatching[free]
		w.freeWatching = w.freeWatching[:free]
		w.watching[number] = m
		return number
	}
	w.watching = append(w.watching, m)
	return uint32(len(w.watching) - 1)
}

// leave takes a mailbox out that has no subscriptions any more.
func (w *Worker) leave(m *Mailbox) {
	w.watchingCount--
	w.watching[m.number] = nil
	w.freeWatching = append(w.freeWatching, m.number)
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
	if concerned >= w.watchingCount {
		for _, m := range w.watching {
			if m != nil {
				w.mark(m)
			}
		}
		return
	}
	for _, i := range changed {
		for _, s := range i.watchers {
			w.mark(w.watching[s.mailbox])
		}
	}
}

func (w *Worker) mark(m *Mailbox) {
	if !m.dirty {
		m.dirty = true
		w.dirty = append(w.dirty, m)
	}
}
