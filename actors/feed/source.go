package feed

import (
	"context"
	"sync/atomic"
	"time"

	"outcry/actors/market"
)

// Sink takes ticks. The symbol directory implements it.
type Sink interface {
	// Publish hands one tick to its symbol. It blocks while the engine is
	// behind (backpressure) until there is room or ctx ends. A *market.Refusal
	// says that this tick was not taken, and why; other errors are final.
	Publish(ctx context.Context, src *Source, t market.Tick) error
}

// Source is one feed's connection to the engine, and how its symbols learn
// whether a silence is a quiet market or a dead feed.
type Source struct {
	// immutable after construction
	name string
	// atomic: written by the feed's goroutine, read by symbol actors
	heard  atomic.Int64 // Unix nanoseconds of the last sign of life
	closed atomic.Bool
}

// NewSource returns an open source that was heard at now.
func NewSource(name string, now time.Time) *Source {
	s := &Source{name: name}
	s.Heard(now)
	return s
}

// Name of the feed, for logs and the operator.
func (s *Source) Name() string { return s.name }

// Heard records a sign of life: a tick or a heartbeat.
func (s *Source) Heard(now time.Time) { s.heard.Store(now.UnixNano()) }

// Close marks the feed as gone; its symbols turn stale.
func (s *Source) Close() { s.closed.Store(true) }

// Live reports whether the feed is connected and was heard within silence of now.
func (s *Source) Live(now time.Time, silence time.Duration) bool {
	return !s.closed.Load() && now.Sub(time.Unix(0, s.heard.Load())) <= silence
}
