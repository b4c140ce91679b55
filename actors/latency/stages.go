package latency

import (
	"sync"
	"time"
)

// Stages are the histograms of one worker: where on its way through the engine a
// tick spends its time, and how long the whole way is.
//
// The lock is the worker's but for a moment every few seconds, when they are read.
// It is taken once a flush: atomic counters would cost as much for every quote.
type Stages struct {
	mu sync.Mutex // guards all of it

	// ingest is from the receipt of a tick to the publishing of the first quote
	// that has it. Each tick counts, as old as the oldest of those that were
	// folded together.
	ingest Histogram
	// flush is from the publishing of a quote until a session takes it. Each write
	// counts once, by that of its quotes which waited longest.
	flush Histogram
	// write is from there until the bytes are handed to the kernel. Each write
	// counts once.
	write Histogram
	// whole is from the receipt of a tick until a subscriber was written it, or a
	// newer one of its symbol. Each tick counts for each of its subscribers, also
	// those that coalescing skipped: this is freshness.
	whole Histogram
}

// Waiting is a number of ticks that were received together, as far as it is told
// apart, and are about to be written. Times are Unix nanoseconds.
type Waiting struct {
	Received int64
	Ticks    uint32
}

// Ingested counts ticks that were folded into a quote and published.
func (s *Stages) Ingested(took time.Duration, ticks uint64) {
	s.mu.Lock()
	s.ingest.Add(took, ticks)
	s.mu.Unlock()
}

// Written counts ticks that were taken at one time and written by another.
func (s *Stages) Written(written time.Time, ticks []Waiting) {
	s.mu.Lock()
	s.writtenLocked(written, ticks)
	s.mu.Unlock()
}

// WrittenAtOnce counts the ticks of a write that a flush began at taken. published
// is when the first of its quotes was, in Unix nanoseconds.
func (s *Stages) WrittenAtOnce(published int64, taken, written time.Time, ticks []Waiting) {
	s.mu.Lock()
	s.flush.Add(time.Duration(taken.UnixNano()-published), 1)
	s.write.Add(written.Sub(taken), 1)
	s.writtenLocked(written, ticks)
	s.mu.Unlock()
}

func (s *Stages) writtenLocked(written time.Time, ticks []Waiting) {
	at := written.UnixNano()
	for i := range ticks {
		s.whole.Add(time.Duration(at-ticks[i].Received), uint64(ticks[i].Ticks))
	}
}

// StageCounts are what the histograms of many workers counted together.
type StageCounts struct {
	Ingest, Flush, Write, Whole Counts
}

// Read adds what a worker's histograms counted. They have one reader.
func (c *StageCounts) Read(s *Stages) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Ingest.take(&s.ingest)
	c.Flush.take(&s.flush)
	c.Write.take(&s.write)
	c.Whole.take(&s.whole)
}
