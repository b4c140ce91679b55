package feed

import (
	"context"
	"errors"
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
// whether a silence is a quiet market or a dead feed. The feed that opened it
// publishes through it, one tick at a time, and closes it after the last.
type Source struct {
	// immutable after construction
	name     string
	opened   time.Time
	registry *Registry // nil for a source outside any registry
	countsAs string    // in Snapshot.Names

	// atomic: written by the feed's goroutine, read by symbol actors
	heard  atomic.Int64 // Unix nanoseconds of the last sign of life
	closed atomic.Bool

	// atomic: written by the feed's goroutine, read by health
	counts counts

	status *statusHolder // immutable after construction; shared by the sources of one name
}

// NewSource returns an open source that was heard at now and belongs to no registry.
func NewSource(name string, now time.Time) *Source {
	s := &Source{name: name, opened: now, status: &statusHolder{}}
	s.Heard(now)
	return s
}

// Name of the feed, for logs and the operator.
func (s *Source) Name() string { return s.name }

// Heard records a sign of life: a tick or a heartbeat.
func (s *Source) Heard(now time.Time) { s.heard.Store(now.UnixNano()) }

// Close marks the feed as gone; its symbols turn stale and its registry keeps
// only its counts. Closing twice is closing once.
func (s *Source) Close() {
	if !s.closed.Swap(true) && s.registry != nil {
		s.registry.forget(s)
	}
}

// Live reports whether the feed is connected and was heard within silence of now.
func (s *Source) Live(now time.Time, silence time.Duration) bool {
	return !s.closed.Load() && now.Sub(time.Unix(0, s.heard.Load())) <= silence
}

// Publish hands t to sink and counts what became of it. Errors are the sink's.
func (s *Source) Publish(ctx context.Context, sink Sink, t market.Tick) error {
	err := sink.Publish(ctx, s, t)
	var refusal *market.Refusal
	switch {
	case err == nil:
		s.counts.accepted.Add(1)
	case errors.As(err, &refusal):
		s.CountRefused(refusal.Reason)
	}
	return err
}

// CountRefused counts a tick that was refused before it reached a sink.
func (s *Source) CountRefused(reason string) { s.counts.refuse(reason) }

// Status is what is known of a source at one instant.
type Status struct {
	Name string
	// Open is false once the feed is gone.
	Open bool
	// Opened is when the feed connected, Heard its last sign of life.
	Opened, Heard time.Time
	Counts
}

// Status returns the source's state and counts.
func (s *Source) Status() Status {
	return Status{
		Name:   s.name,
		Open:   !s.closed.Load(),
		Opened: s.opened,
		Heard:  time.Unix(0, s.heard.Load()),
		Counts: s.counts.read(),
	}
}
