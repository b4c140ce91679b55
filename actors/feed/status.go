package feed

import (
	"sync/atomic"
	"time"

	"outcry/actors/market"
)

// feedStatus is what a feed says of all its symbols together, as of a time of the feed.
//
// immutable after construction
type feedStatus struct {
	halted bool
	reason string
	at     time.Time
}

// statusHolder has the newest status of the feeds of one name. It outlives the
// connection, so that a feed that reconnects in a halt does not end it.
type statusHolder struct {
	// atomic: written by the feed's goroutine, read by symbol actors
	newest atomic.Pointer[feedStatus]
}

// SetStatus notes that all symbols of the feed are halted or trade again, as t says at
// received. It reports whether nothing newer was known.
func (s *Source) SetStatus(t *market.Tick, received time.Time) bool {
	status := &feedStatus{halted: t.Halted, reason: t.Reason, at: t.Time}
	if status.at.IsZero() {
		status.at = received
	}
	for {
		known := s.status.newest.Load()
		if known != nil && status.at.Before(known.at) {
			return false
		}
		if s.status.newest.CompareAndSwap(known, status) {
			return true
		}
	}
}

// Halted reports whether the feed said that all its symbols are halted, and why.
func (s *Source) Halted() (reason string, halted bool) {
	status := s.status.newest.Load()
	if status == nil || !status.halted {
		return "", false
	}
	return status.reason, true
}
