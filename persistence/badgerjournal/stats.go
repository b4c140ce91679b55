package badgerjournal

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Commit latencies are kept in microseconds, up to a minute, to 1 %.
const (
	maxLatencyMicros = 60_000_000
	latencyDigits    = 2
)

// stats are what the committer counts.
type stats struct {
	mu        sync.Mutex // guards the next block
	commits   uint64
	requests  uint64
	entries   uint64
	lastGroup int
	latency   *hdrhistogram.Histogram // of the window under way
	before    *hdrhistogram.Histogram // of the one before
	began     time.Time
	took      CommitTimes // since the journal was opened
}

// window is how long latencies count.
const window = time.Minute

func (s *stats) committed(took time.Duration, requests int, entries int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(time.Now())
	s.commits++
	s.requests += uint64(requests)
	s.entries += uint64(entries)
	s.lastGroup = requests
	s.took.add(took)
	_ = s.latency.RecordValue(min(took.Microseconds(), maxLatencyMicros)) // in range
}

// turn begins a new window when the last one is over. Needs mu.
func (s *stats) turn(now time.Time) {
	if s.latency == nil {
		s.latency = hdrhistogram.New(1, maxLatencyMicros, latencyDigits)
		s.before = hdrhistogram.New(1, maxLatencyMicros, latencyDigits)
		s.began = now
	}
	if now.Sub(s.began) < window {
		return
	}
	s.latency, s.before = s.before, s.latency
	s.latency.Reset()
	s.began = now
}

// Stats are the counters of a journal since it was opened.
type Stats struct {
	// Commits to disk, the Requests that shared them, and the Entries written.
	Commits, Requests, Entries uint64
	// LastGroup is how many requests the last commit had; Queued wait for one.
	LastGroup, Queued int
	// P50, P95 and P99 are those of the commits of the last one to two minutes.
	P50, P95, P99 time.Duration
	// Took is how long all commits took.
	Took CommitTimes
	// Bytes of the directory, and those that are free on its disk.
	Bytes, FreeBytes int64
}

// Stats returns the counters.
func (j *Journal) Stats() Stats {
	s := j.stats.read()
	s.Queued = j.queue.len()
	if state, err := statDisk(j.dir); err == nil {
		s.FreeBytes = state.free
	}
	s.Bytes = usedBytes(j.dir)
	return s
}

func (s *stats) read() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(time.Now())
	both := hdrhistogram.Import(s.before.Export())
	both.Merge(s.latency)
	at := func(q float64) time.Duration { return time.Duration(both.ValueAtQuantile(q)) * time.Microsecond }
	return Stats{Commits: s.commits, Requests: s.requests, Entries: s.entries, LastGroup: s.lastGroup, P50: at(50), P95: at(95), P99: at(99), Took: s.took}
}
