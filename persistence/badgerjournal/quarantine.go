package badgerjournal

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"outcry/persistence"
)

// quarantine holds the streams that are damaged and cannot be repaired from what is
// there. Nothing is appended to them, so that no trade is acknowledged that builds on
// what is lost. A stream leaves when an examination finds it whole.
type quarantine struct {
	held atomic.Int64 // streams: appends look here first

	mu         sync.Mutex // guards the next block
	streams    map[string]*damagedStream
	order      []string // of streams, as they came
	generation uint64   // counts reports
}

// damagedStream is one that is held.
type damagedStream struct {
	finding    Finding // the first
	known      uint64  // a version that was there once
	generation uint64  // of its last report: an examination that began before does not end it
}

func newQuarantine() *quarantine { return &quarantine{streams: make(map[string]*damagedStream)} }

// add holds the stream of a finding, and reports whether it was not held before.
// known is a version that was there once, 0 for none.
func (q *quarantine) add(f Finding, known uint64) (fresh bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.generation++
	d, held := q.streams[f.Stream]
	if !held {
		d = &damagedStream{finding: f}
		q.streams[f.Stream] = d
		q.order = append(q.order, f.Stream)
		q.held.Store(int64(len(q.streams)))
	}
	d.generation, d.known = q.generation, max(d.known, known)
	return !held
}

// holds reports whether a stream is held.
func (q *quarantine) holds(stream string) bool {
	if q.held.Load() == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	_, held := q.streams[stream]
	return held
}

// known returns what an examination of a stream begins with.
func (q *quarantine) known(stream string) (version, generation uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d, held := q.streams[stream]; held {
		version = d.known
	}
	return version, q.generation
}

// lift ends the quarantine of a stream that an examination found whole which began
// at a generation.
func (q *quarantine) lift(stream string, generation uint64) (lifted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d, held := q.streams[stream]
	if !held || d.generation > generation {
		return false
	}
	delete(q.streams, stream)
	q.order = slices.DeleteFunc(q.order, func(name string) bool { return name == stream })
	q.held.Store(int64(len(q.streams)))
	return true
}

// names returns the streams that are held.
func (q *quarantine) names() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.order)
}

// first returns the findings of the streams that are held longest, at most n.
func (q *quarantine) first(n int) (findings []Finding) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, stream := range q.order[:min(n, len(q.order))] {
		findings = append(findings, q.streams[stream].finding)
	}
	return findings
}

// refuse is why nothing is written to a stream, nil if it is not held.
func (q *quarantine) refuse(stream string) error {
	if q.held.Load() == 0 {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	d, held := q.streams[stream]
	if !held {
		return nil
	}
	return fmt.Errorf("%w: %s", persistence.ErrCorrupt, d.finding.String())
}
