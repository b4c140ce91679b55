package descriptors

import (
	"math"
	"sync"
	"time"
)

// Reading is how many descriptors the process had open at one instant.
type Reading struct {
	Open int
	// Limit is how many it may have open at once; 0 where there is no limit, or
	// where the system does not say how many are open.
	Limit int
	At    time.Time
}

// Left is how many more could be opened.
func (r Reading) Left() int {
	if r.Limit == 0 {
		return math.MaxInt
	}
	return max(r.Limit-r.Open, 0)
}

// Gauge counts the descriptors of the process, and remembers the count for a
// while. Its methods may be called from any goroutine. The zero value is ready.
type Gauge struct {
	mu   sync.Mutex // guards the next block
	last Reading
	rest time.Duration // before the next count
}

// Linux before 6.2 and other systems list all descriptors to count them, which takes
// a millisecond for some thousand: it is done for one part of listShare of the time,
// and every longestRest.
const (
	listShare   = 50
	longestRest = time.Second
)

// Read returns a count that is no older than age, unless counting is expensive.
func (g *Gauge) Read(age time.Duration) Reading {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if !g.last.At.IsZero() && now.Sub(g.last.At) < max(age, g.rest) {
		return g.last
	}
	open, limit, listed := count()
	if open == 0 {
		limit = 0
	}
	g.last, g.rest = Reading{Open: open, Limit: limit, At: now}, 0
	if listed {
		g.rest = min(listShare*time.Since(now), longestRest)
	}
	return g.last
}
