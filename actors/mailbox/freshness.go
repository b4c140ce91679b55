package mailbox

import (
	"time"

	"outcry/actors/conflation"
	"outcry/actors/latency"
)

// tally is what a worker counts of the quotes that its sessions write.
type tally struct {
	stages *latency.Stages // nil where nobody counts

	// of the flush under way: what was taken and is to be written
	waiting []latency.Waiting
	quotes  uint64

	// since the worker last added them to its counters
	taken, updates, bytes uint64
}

// maxParts bounds the work that one quote of many ticks causes: they are counted in
// so many parts, each as old as its oldest tick.
const maxParts = 8

// Ingested is for the actor of a symbol to report: it has published a quote with
// so many new ticks, the oldest of which was received at received.
func (f *Flush) Ingested(now, received time.Time, ticks uint64) {
	if f.tally.stages != nil && ticks > 0 {
		f.tally.stages.Ingest.Add(now.Sub(received), ticks)
	}
}

// Take is for the actor to report: it is about to write a frame of slot that brings
// its subscriber merged ticks. Snapshots bring none: they are as old as the market
// made them.
func (f *Flush) Take(slot *conflation.Slot, frame *conflation.Frame, merged uint32) {
	t := &f.tally
	t.taken++
	t.updates += uint64(merged)
	if t.stages == nil {
		return
	}
	t.quotes++
	if frame.Published != 0 {
		t.stages.Flush.Add(time.Duration(f.Now.UnixNano()-frame.Published), 1)
	}
	if merged == 1 {
		t.waiting = append(t.waiting, latency.Waiting{Received: frame.Received, Ticks: 1})
		return
	}
	// The newest of the merged ticks are 0 before the newest of all, and so on.
	parts := min(uint64(merged), maxParts)
	for k := range parts {
		from, to := k*uint64(merged)/parts, (k+1)*uint64(merged)/parts
		oldest := slot.ReceivedBefore(frame, uint32(to-1))
		t.waiting = append(t.waiting, latency.Waiting{Received: oldest, Ticks: uint32(to - from)})
	}
}

// Wrote is for the actor to report: what it took is in the bytes that it has
// handed to its connection, which passed them on by now.
func (f *Flush) Wrote(now time.Time, bytes int) {
	t := &f.tally
	t.bytes += uint64(bytes)
	if t.quotes > 0 {
		t.stages.Write.Add(now.Sub(f.Now), t.quotes)
		t.stages.Written(now, t.waiting)
	}
	t.forget()
}

// WroteLate is for the actor to report: what Held returned has left by now.
func (f *Flush) WroteLate(held []latency.Waiting) {
	if f.tally.stages != nil {
		f.tally.stages.Written(f.Now, held)
	}
}

// Held is for the actor to report: its connection took the bytes, but could not
// pass all of them on. It returns what WroteLate is to be given when it has.
func (f *Flush) Held(bytes int) []latency.Waiting {
	f.tally.bytes += uint64(bytes)
	held := append([]latency.Waiting(nil), f.tally.waiting...)
	f.tally.forget()
	return held
}

// forget drops what was taken and is not to be counted any more.
func (t *tally) forget() { t.waiting, t.quotes = t.waiting[:0], 0 }
