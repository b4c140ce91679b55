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
	// these quotes was published; turn decides which merged ticks are looked at
	waiting   []latency.Waiting
	published int64
	oldest    int64 // receipt of the oldest merged tick, 0 for none
	turn      uint32

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

// takeMerged notes the ticks of a quote in two halves, each as old as one of its
// ticks, another one each time. To note every tick would cost more than the quote;
// over many quotes this comes to the same.
func (t *tally) takeMerged(slot *conflation.Slot, frame *conflation.Frame, merged uint32) {
	t.turn += golden
	older := merged / 2
	newer := merged - older
	t.waiting = append(t.waiting,
		latency.Waiting{Received: slot.ReceivedBefore(frame, share(newer, t.turn)), Ticks: newer},
		latency.Waiting{Received: slot.ReceivedBefore(frame, newer+share(older, t.turn)), Ticks: older},
	)
	if oldest := slot.ReceivedBefore(frame, merged-1); t.oldest == 0 || oldest < t.oldest {
		t.oldest = oldest
	}
}

// golden is 2^32 divided by the golden ratio: its multiples, taken as shares of
// 2^32, spread evenly however many there are.
const golden = 0x9E3779B9

// share returns the whole number below n that lies as far in it as turn in 2^32.
func share(n, turn uint32) uint32 { return uint32(uint64(n) * uint64(turn) >> 32) }

// Wrote is for the actor to report: what it took is in the bytes that it has
// handed to its connection, which passed them on by now.
func (f *Flush) Wrote(now time.Time, bytes int) {
	t := &f.tally
	t.bytes += uint64(bytes)
	if len(t.waiting) > 0 {
		t.noteOldest()
		t.stages.WrittenAtOnce(t.published, f.Now, now, t.waiting)
	}
	t.forget()
}

// Taken reports whether anything waits for Wrote.
func (f *Flush) Taken() bool { return len(f.tally.waiting) > 0 }

// Held is for the actor to report: its connection took the bytes, but could not
// pass all of them on. It returns what WroteLate is to be given when it has.
func (f *Flush) Held(bytes int) []latency.Waiting {
	t := &f.tally
	t.bytes += uint64(bytes)
	t.noteOldest()
	held := append([]latency.Waiting(nil), t.waiting...)
	t.forget()
	return held
}

// WroteLate is for the actor to report: what Held returned has left by now.
func (f *Flush) WroteLate(held []latency.Waiting) {
	if f.tally.stages != nil && len(held) > 0 {
		f.tally.stages.Written(f.Now, held)
	}
}

// noteOldest makes sure that the longest wait is known, whichever ticks were looked
// at.
func (t *tally) noteOldest() {
	if t.oldest != 0 {
		t.waiting = append(t.waiting, latency.Waiting{Received: t.oldest})
	}
}

// forget drops what was taken and is not to be counted any more.
func (t *tally) forget() { t.waiting, t.oldest = t.waiting[:0], 0 }
