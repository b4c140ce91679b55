package admission

import (
	"context"
	"sync"
	"sync/atomic"
)

// Gate counts what was admitted and not yet handled.
type Gate struct {
	// immutable after construction
	hurry func() // asks those who handle to do it now

	// atomic: set by SetLimit; incremented by senders, decremented by actors
	limit   atomic.Int64
	pending atomic.Int64
	waiting atomic.Bool // a sender waits for room
	highest atomic.Int64
	full    atomic.Uint64

	mu   sync.Mutex // guards room
	room chan struct{}
}

// NewGate admits up to limit at a time. hurry is called when half of that is
// reached and whenever a sender has to wait; it must not block.
func NewGate(limit int, hurry func()) *Gate {
	g := &Gate{hurry: hurry, room: make(chan struct{})}
	g.limit.Store(int64(limit))
	return g
}

// SetLimit changes how many are admitted at a time. Those that wait for room see
// it when half of it is free.
func (g *Gate) SetLimit(limit int) {
	g.limit.Store(int64(limit))
	g.letIn()
}

// Pending returns how many were admitted and not yet handled.
func (g *Gate) Pending() int64 { return g.pending.Load() }

// Standing is how full a Gate is.
type Standing struct {
	// Pending now, Highest since the start, and the Limit of both.
	Pending, Highest, Limit int64
	// Full is how often somebody found no room.
	Full uint64
}

// Standing returns how full the gate is.
func (g *Gate) Standing() Standing {
	return Standing{Pending: g.pending.Load(), Highest: g.highest.Load(), Limit: g.limit.Load(), Full: g.full.Load()}
}

// reached notes how many are pending. Nearly always that costs one load.
func (g *Gate) reached(pending int64) {
	for {
		highest := g.highest.Load()
		if pending <= highest || g.highest.CompareAndSwap(highest, pending) {
			return
		}
	}
}

// Try admits one, or reports false when there is no room.
func (g *Gate) Try() bool {
	if pending := g.pending.Add(1); pending <= g.limit.Load() {
		g.reached(pending)
		return true
	}
	g.full.Add(1)
	g.Done()
	return false
}

// Acquire admits one, waiting for room if need be until ctx ends.
func (g *Gate) Acquire(ctx context.Context) error {
	for {
		pending, limit := g.pending.Add(1), g.limit.Load()
		if pending <= limit {
			if pending == limit/2 {
				g.hurry()
			}
			g.reached(pending)
			return nil
		}
		g.full.Add(1)
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
	if g.pending.Load() <= g.limit.Load()/2 { // handled before waiting was seen
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
	g.pending.Add(-1)
	g.letIn()
}

// letIn wakes those who wait, where half of the room is free.
func (g *Gate) letIn() {
	if g.pending.Load() <= g.limit.Load()/2 && g.waiting.Load() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.waiting.Swap(false) {
			close(g.room)
			g.room = make(chan struct{})
		}
	}
}
