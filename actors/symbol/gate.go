package symbol

import (
	"context"
	"sync"
	"sync/atomic"
)

// gate counts the ticks that wait in symbol mailboxes and makes feeds wait
// when there are too many: backpressure reaches the feed's socket because its
// reader is not reading.
type gate struct {
	// immutable after construction
	limit int64
	hurry func() // runs the symbols even if the workers rest

	// atomic: incremented by feeds, decremented by symbol actors
	pending atomic.Int64
	waiting atomic.Bool // a feed waits for room

	mu   sync.Mutex // guards room
	room chan struct{}
}

func newGate(limit int, hurry func()) *gate {
	return &gate{limit: int64(limit), hurry: hurry, room: make(chan struct{})}
}

// acquire admits one tick, waiting for room if need be.
func (g *gate) acquire(ctx context.Context) error {
	for {
		pending := g.pending.Add(1)
		if pending <= g.limit {
			if pending == g.limit/2 {
				g.hurry()
			}
			return nil
		}
		g.pending.Add(-1)
		if err := g.await(ctx); err != nil {
			return err
		}
	}
}

// await returns when half of the room is free.
func (g *gate) await(ctx context.Context) error {
	g.mu.Lock()
	room := g.room
	g.waiting.Store(true)
	g.mu.Unlock()
	g.hurry()
	if g.pending.Load() <= g.limit/2 { // released before waiting was seen
		return nil
	}
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release says that one tick was folded in.
func (g *gate) release() {
	if pending := g.pending.Add(-1); pending <= g.limit/2 && g.waiting.Load() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.waiting.Swap(false) {
			close(g.room)
			g.room = make(chan struct{})
		}
	}
}
