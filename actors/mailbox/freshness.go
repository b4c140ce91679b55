package mailbox

import (
	"time"

	"outcry/actors/conflation"
	"outcry/actors/latency"
)

// tally is what a worker counts of the quotes that its sessions write.
type tally struct {
	stages *latency.Stages // nil where nobody counts

	// of the flush under way: what it took and is to write, and when the first of
	// these quotes was published
	waiting   []latency.Waiting
	published int64

	// since the worker last added them to its counters
	taken, updates, bytes uint64
}

// Ingested is for the actor of a symbol to report: it has published a quote with
// so many new ticks, the oldest of which was received at received.
func (f *Flush) Ingested(now, received time.Time, ticks uint64) {
	if f.tally.stages != nil && ticks > 0 {
		f.tally.stages.Ingested(now.Sub(received), ticks)
	}
}

// Take is for the actor to report: it is about to write a frame of slot that brings
// its subscriber merged ticks, at least one. Snapshots bring none: they are as old
// as the market made them.
func (f *Flush) Take(slot *conflation.Slot, frame *conflation.Frame, merged uint32) {
	t := &f.tally
	t.taken++
	t.updates += uint64(merged)
	if t.stages == nil {
		return
	}
	if len(t.waiting) == 0 || frame.Published < t.published {
		t.published = frame.Published
	}
	if merged == 1 {
		t.waiting = append(t.waiting, latency.Waiting{Received: frame.Received, Ticks: 1})
		return
	}
	t.takeMerged(slot, frame, merged)
}

// takeMerged notes the ticks of a quote in two halves, each as old as its oldest
// tick. More parts would cost more than the quote: halves never make a tick look
// younger than it is, and leave P50 of a steady stream where it is and P95 at most
// a nineteenth above.
func (t *tally) takeMerged(slot *conflation.Slot, frame *conflation.Frame, merged uint32) {
	older := merged / 2
	newer := merged - older
	t.waiting = append(t.waiting,
		latency.Waiting{Received: slot.ReceivedBefore(frame, newer-1), Ticks: newer},
		latency.Waiting{Received: slot.ReceivedBefore(frame, merged-1), Ticks: older},
	)
}

// Wrote is for the actor to report: what it took is in the bytes that it has
// handed to its connection, which passed them on by now.
func (f *Flush) Wrote(now time.Time, bytes int) {
	t := &f.tally
	t.bytes += uint64(bytes)
	if len(t.waiting) > 0 {
		t.stages.WrittenAtOnce(t.published, f.Now, now, t.waiting)
	}
	t.forget()
}

// Taken reports whether anything waits for Wrote.
func (f *Flush) Taken() bool { return len(f.tally.waiting) > 0 }

// Held is for the actor to report: its connection took the bytes, but could not
// pass all of them on. It returns what WroteLate is to be given when it has.
func (f *Flush) Held(bytes int) []latency.Waiting {
	f.tally.bytes += uint64(bytes)
	held := append([]latency.Waiting(nil), f.tally.waiting...)
	f.tally.forget()
	return held
}

// WroteLate is for the actor to report: what Held returned has left by now.
func (f *Flush) WroteLate(held []latency.Waiting) {
	if f.tally.stages != nil && len(held) > 0 {
		f.tally.stages.Written(f.Now, held)
	}
}

// forget drops what was taken and is not to be counted any more.
func (t *tally) forget() { t.waiting = t.waiting[:0] }
