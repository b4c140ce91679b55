package persistence

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// CommitBounds are what commit times are held against: from a fast disk's to one
// that makes people wait.
var CommitBounds = [...]time.Duration{
	250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
}

// CommitTimes count commits by how long they took. They only ever grow, as
// monitoring systems want it; percentiles of the last minutes are in CommitStats.
type CommitTimes struct {
	// Within has the commits that took no longer than each of CommitBounds.
	Within [len(CommitBounds)]uint64
	Count  uint64
	Sum    time.Duration
}

func (c *CommitTimes) add(took time.Duration) {
	c.Count++
	c.Sum += took
	for i := len(CommitBounds) - 1; i >= 0 && took <= CommitBounds[i]; i-- {
		c.Within[i]++
	}
}

// CommitStats are the commits of a journal since it was opened.
type CommitStats struct {
	// Commits made durable, the Requests that shared them, and the Entries written.
	Commits, Requests, Entries uint64
	// P50, P95 and P99 are those of the commits of the last one to two minutes.
	P50, P95, P99 time.Duration
	// Took is how long all commits took.
	Took CommitTimes
}

// Latencies of commits are kept in microseconds, up to a minute, to 1 %.
const (
	maxLatencyMicros = 60_000_000
	latencyDigits    = 2
)

// latencyWindow is how long latencies count.
const latencyWindow = time.Minute

// CommitCounter counts the commits of an implementation. Its zero value is ready;
// methods are safe for concurrent use.
type CommitCounter struct {
	mu      sync.Mutex // guards the next block
	counts  CommitStats
	latency *hdrhistogram.Histogram // of the window under way
	before  *hdrhistogram.Histogram // of the one before
	began   time.Time
}

// Add counts a commit that made requests durable, which wrote entries.
func (c *CommitCounter) Add(took time.Duration, requests int, entries int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(time.Now())
	c.counts.Commits++
	c.counts.Requests += uint64(requests)
	c.counts.Entries += uint64(entries)
	c.counts.Took.add(took)
	_ = c.latency.RecordValue(min(took.Microseconds(), maxLatencyMicros)) // in range
}

// turn begins a new window when the last one is over. Needs mu.
func (c *CommitCounter) turn(now time.Time) {
	if c.latency == nil {
		c.latency = hdrhistogram.New(1, maxLatencyMicros, latencyDigits)
		c.before = hdrhistogram.New(1, maxLatencyMicros, latencyDigits)
		c.began = now
	}
	if now.Sub(c.began) < latencyWindow {
		return
	}
	c.latency, c.before = c.before, c.latency
	c.latency.Reset()
	c.began = now
}

// Stats returns the counts.
func (c *CommitCounter) Stats() CommitStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(time.Now())
	both := hdrhistogram.Import(c.before.Export())
	both.Merge(c.latency)
	at := func(q float64) time.Duration { return time.Duration(both.ValueAtQuantile(q)) * time.Microsecond }
	s := c.counts
	s.P50, s.P95, s.P99 = at(50), at(95), at(99)
	return s
}
