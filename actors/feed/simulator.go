package feed

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"outcry/actors/market"
)

// simulatorStep is how often the simulator publishes. Ticks carry their own
// time, so a step only delays them.
const simulatorStep = 20 * time.Millisecond

// Simulator is a feed that makes its ticks up, for demos: a few hundred
// instruments in correlated random walks, with bursts, spreads and round lots.
type Simulator struct {
	// immutable after construction
	generator *Generator
	registry  *Registry
	now       func() time.Time
}

// NewSimulator returns a simulator that Run starts.
func NewSimulator(o Options, registry *Registry, now func() time.Time) (*Simulator, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("simulated feed: %w", err)
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	return &Simulator{generator: NewGenerator(o), registry: registry, now: now}, nil
}

// Run publishes to sink until ctx ends, which is no error, or the sink fails.
// It is called once.
func (s *Simulator) Run(ctx context.Context, sink Sink) error {
	src := s.registry.Open("simulator")
	defer src.Close()
	step := time.NewTicker(simulatorStep)
	defer step.Stop()
	for {
		if err := s.publish(ctx, src, sink); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("simulated feed: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-step.C:
		}
	}
}

func (s *Simulator) publish(ctx context.Context, src *Source, sink Sink) error {
	now := s.now()
	src.Heard(now)
	for _, t := range s.generator.Next(now) {
		var refusal *market.Refusal
		if err := src.Publish(ctx, sink, t); err != nil && !errors.As(err, &refusal) {
			return err
		}
	}
	return nil
}
