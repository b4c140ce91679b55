package session

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Shutdown announces that the server stops. Sent by Drain.
type Shutdown struct {
	// ReconnectIn is when this browser shall come back: each has a time of its own.
	ReconnectIn time.Duration
}

// drainStep is the time between two batches of closes.
const drainStep = 50 * time.Millisecond

// Drain tells every browser that the server stops, when to come back (each at a
// time of its own within spread, which begins at earliest), and closes the
// connections evenly over a time, each behind what waits for it. It returns when the last session has ended, or
// with ctx's error. New sessions must be refused before.
func (s *Sessions) Drain(ctx context.Context, over, earliest, spread time.Duration) error {
	pids := s.all()
	for _, pid := range pids {
		s.system.Root.Send(pid, &Shutdown{ReconnectIn: earliest + jitter(spread)})
	}
	if err := s.closeEvenly(ctx, pids, over); err != nil {
		return err
	}
	select {
	case <-s.CloseAll(ShuttingDown): // also those that were being let in
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func jitter(spread time.Duration) time.Duration {
	if spread <= 0 {
		return 0
	}
	return rand.N(spread)
}

// all returns the live sessions.
func (s *Sessions) all() []*actor.PID {
	s.mu.Lock()
	defer s.mu.Unlock()
	pids := make([]*actor.PID, 0, len(s.live))
	for pid := range s.live {
		pids = append(pids, pid)
	}
	return pids
}

// closeEvenly closes sessions in batches. Those whose browser left by itself cost
// no time.
func (s *Sessions) closeEvenly(ctx context.Context, pids []*actor.PID, over time.Duration) error {
	ticker := time.NewTicker(drainStep)
	defer ticker.Stop()
	steps := max(int(over/drainStep), 1)
	closed := 0
	for step := 1; step <= steps; step++ {
		for ; closed < len(pids)*step/steps; closed++ {
			s.system.Root.Send(pids[closed], &Close{Reason: ShuttingDown})
		}
		if closed == len(pids) || s.Stats().Live == 0 {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
