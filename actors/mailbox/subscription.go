package mailbox

import (
	"slices"

	"outcry/actors/conflation"
)

// subscription is one actor's interest in one slot. The cursor says what the
// actor was last given of it. It takes 16 bytes without a pointer, since every
// dashboard has some twenty, and what a flush reads lies side by side.
//
// owned by the actor and its worker, which are one goroutine
type subscription struct {
	cursor   conflation.Cursor
	interest uint32 // the number of the worker's interest, and above tagShift the tag
	position uint32 // in interest.watchers
}

// tagShift is where a tag begins. Below it is room for more symbols than the
// directory allows.
const (
	tagShift     = 24
	interestMask = 1<<tagShift - 1
)

// Subscriptions are those of one actor, numbered from 0. They are valid until
// the next Watch or Unwatch of its mailbox, in the actor's Receive only.
type Subscriptions struct {
	kept  []subscription
	slots []*conflation.Slot // the worker's, by the number of the interest
}

// Subscriptions returns what the actor watches. Call it from its Receive only.
func (m *Mailbox) Subscriptions() Subscriptions {
	if len(m.subscriptions) == 0 {
		return Subscriptions{}
	}
	return Subscriptions{m.subscriptions, m.worker().slots}
}

// Len is how many there are.
func (s Subscriptions) Len() int { return len(s.kept) }

// Slot is what subscription i watches.
func (s Subscriptions) Slot(i int) *conflation.Slot { return s.slots[s.kept[i].interest&interestMask] }

// Tag is the actor's to use, 0 at first.
func (s Subscriptions) Tag(i int) uint8 { return uint8(s.kept[i].interest >> tagShift) }

// SetTag changes Tag.
func (s Subscriptions) SetTag(i int, tag uint8) {
	kept := &s.kept[i].interest
	*kept = *kept&interestMask | uint32(tag)<<tagShift
}

// Restart makes the newest frame new again: the next flush sends a snapshot.
func (s Subscriptions) Restart(i int) { s.kept[i].cursor.Start(s.Slot(i)) }

// Behind reports whether there is a frame that the actor was not given.
func (s Subscriptions) Behind(i int) bool { return s.kept[i].cursor.Behind(s.Slot(i)) }

// Given reports whether the actor was given anything since Watch or Restart.
func (s Subscriptions) Given(i int) bool { return s.kept[i].cursor.Given() }

// Next returns the newest frame, if the actor was not given it yet, and how
// many ticks it stands for. See conflation.Cursor.Next.
func (s Subscriptions) Next(i int) (*conflation.Frame, uint32) {
	return s.kept[i].cursor.Next(s.Slot(i))
}

// Watch subscribes the actor to slots, behind what it watches already. Their
// newest frames are new to the subscriptions, so the flush that follows the
// message under way sends them as snapshots. Call it from the actor's Receive only.
func (m *Mailbox) Watch(slots []*conflation.Slot) {
	if len(slots) == 0 {
		return
	}
	w := m.worker()
	if len(m.subscriptions) == 0 {
		m.number = w.enter(m)
	}
	m.subscriptions = withRoom(m.subscriptions, len(slots))
	for _, slot := range slots {
		i := w.interestIn(slot)
		s := subscription{interest: i.number, position: uint32(len(i.watchers))}
		s.cursor.Start(slot) // listening already: nothing published from here on is missed
		i.watchers = append(i.watchers, watcher{mailbox: m.number, subscription: uint32(len(m.subscriptions))})
		m.subscriptions = append(m.subscriptions, s)
	}
}

// withRoom returns s with room for more. The one request that most sessions make
// costs what it needs; those that subscribe row by row get room for a quarter.
func withRoom(s []subscription, more int) []subscription {
	need := len(s) + more
	if need <= cap(s) {
		return s
	}
	return slices.Grow(s, more+len(s)/4)
}

// Unwatch ends subscription i, whose number the last one takes over. Call it
// from the actor's Receive only.
func (m *Mailbox) Unwatch(i int) {
	w := m.worker()
	w.unwatch(m.subscriptions[i])
	last := len(m.subscriptions) - 1
	if moved := m.subscriptions[last]; i != last {
		m.subscriptions[i] = moved
		w.interestOf(moved).watchers[moved.position].subscription = uint32(i)
	}
	m.subscriptions = m.subscriptions[:last]
	if last == 0 {
		m.subscriptions = nil
		w.leave(m)
	}
}

// worker is the one that the actor is pinned to.
func (m *Mailbox) worker() *Worker {
	w, ok := m.runner.(*Worker)
	if !ok {
		panic("mailbox: only an actor that is pinned to a worker can watch slots")
	}
	return w
}
