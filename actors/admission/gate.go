package admission

import (
	"context"
	"sync"
	"sync/atomic"
)

// Gate counts what was admitted and not yet handled.
type Gate struct {
	// immutable after construction
	limit int64
	hurry func() // asks those who handle to do it now

	// atomic: incremented by senders, decremented by actors
	pending atomic.Int64
	waiting atomic.Bool // a sender waits for room

	mu   sync.Mutex // guards room
	room chan struct{}
}

// NewGate admits up to limit at a time. hurry is called when half of that is
// reached and whenever a sender has to wait; it must not block.
func NewGate(limit int, hurry func()) *Gate {
	return &Gate{limit: int64(limit), hurry: hurry, room: make(chan struct{})}
}

// Pending returns how many were admitted and not yet handled.
func (g *Gate) Pending() int64 { return g.pending.Load() }

// Try admits one, or reports false when there is no room.
func (g *Gate) Try() bool {
	if g.pending.Add(1) <= g.limit {
		return true
	}
	g.Done()
	return false
}

// Acquire admits one, waiting for room if need be until ctx ends.
func (g *Gate) Acquire(ctx context.Context) error {
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
func (g *Gate) await(ctx context.Context) error {
	g.mu.Lock()
	room := g.room
	g.waiting.Store(true)
	g.mu.Unlock()
	g.hurry()
	if g.pending.Load() <= g.limit/2 { // handled before waiting was seen
		return nil
	}
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done says that one was handled.
func (g *Gate) Done() {
	if pending := g.pending.Add(-1); pending <= g.limit/2 && g.waiting.Load() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.waiting.Swap(false) {
			close(g.room)
			g.room = make(chan struct{})
		}
	}
}
