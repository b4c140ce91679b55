package latency

import "time"

// Stages are the recorders of one worker: where on its way through the engine a
// tick spends its time, and how long the whole way is.
type Stages struct {
	// Ingest is from the receipt of a tick to the publishing of the first quote
	// that has it. Each tick counts, as old as the oldest of those that were
	// folded together.
	Ingest Recorder
	// Flush is from the publishing of a quote until a session takes it. Each quote
	// counts once, whatever it stands for.
	Flush Recorder
	// Write is from there until the bytes are handed to the kernel. Each quote
	// counts, as all of a write take the same time.
	Write Recorder
	// Whole is from the receipt of a tick until a subscriber was written it, or a
	// newer one of its symbol. Each tick counts for each of its subscribers, also
	// those that coalescing skipped: this is freshness.
	Whole Recorder
}

// Waiting is a number of ticks that were received together, as far as it is told
// apart, and are about to be written.
type Waiting struct {
	Received int64 // Unix nanoseconds
	Ticks    uint32
}

// Written counts ticks that were written at now.
func (s *Stages) Written(now time.Time, ticks []Waiting) {
	at := now.UnixNano()
	for _, w := range ticks {
		s.Whole.Add(time.Duration(at-w.Received), uint64(w.Ticks))
	}
}

// StageCounts are what the recorders of many workers counted together.
type StageCounts struct {
	Ingest, Flush, Write, Whole Counts
}

// Read adds what a worker's recorders counted. They have one reader.
func (c *StageCounts) Read(s *Stages) {
	c.Ingest.Read(&s.Ingest)
	c.Flush.Read(&s.Flush)
	c.Write.Read(&s.Write)
	c.Whole.Read(&s.Whole)
}
