package feed

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"outcry/actors/market"
)

func TestSimulatorPublishesUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRegistry(time.Now)
		s, err := NewSimulator(Options{Symbols: 20, TicksPerSecond: 100, Seed: 1}, r, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		sink := sinkFunc(func(_ context.Context, src *Source, tick market.Tick) error {
			n++
			if tick.Symbol == "AMD" {
				return market.Refuse(market.ReasonSymbols, "full")
			}
			return tick.Validate(time.Now())
		})
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, sink) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n < 3000 || n > 12_000 {
			t.Errorf("%d ticks in a minute of 100 a second", n)
		}
		open := r.Snapshot().Open
		if len(open) != 1 || open[0].Name != "simulator" || time.Since(open[0].Heard) > simulatorStep {
			t.Errorf("sources %+v", open)
		}
		if open[0].Accepted+open[0].Rejected() != uint64(n) || open[0].Refused[market.ReasonSymbols] == 0 {
			t.Errorf("counts %+v of %d ticks", open[0].Counts, n)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
		if open := r.Snapshot().Open; len(open) != 0 {
			t.Errorf("still open: %+v", open)
		}
	})
}

func TestSimulatorEndsWhileTheEngineIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := NewSimulator(DefaultOptions(), NewRegistry(time.Now), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		full := sinkFunc(func(ctx context.Context, _ *Source, _ market.Tick) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if err := s.Run(ctx, full); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestSimulatorReportsASinkThatFailed(t *testing.T) {
	broken := errors.New("the engine is gone")
	r := NewRegistry(time.Now)
	s, err := NewSimulator(DefaultOptions(), r, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	sink := sinkFunc(func(context.Context, *Source, market.Tick) error { return broken })
	if err := s.Run(t.Context(), sink); !errors.Is(err, broken) {
		t.Fatalf("ended with %v", err)
	}
	if closed := r.Snapshot().Closed; closed.Sources != 1 || closed.Accepted != 0 {
		t.Fatalf("closed %+v", closed)
	}
}
