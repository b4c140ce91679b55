package latency

import (
	"math/bits"
	"sync"
	"time"
)

// Buckets are log-linear: those of one power of two are equally wide, and each
// power of two has subBuckets of them. So a duration is known to 1/subBuckets of
// itself, whatever its size, and an index costs a shift and a count of bits.
const (
	subBits    = 5
	subBuckets = 1 << subBits
	// unitBits make the unit 1,024 ns: nothing here is told apart below that.
	unitBits = 10
	// maxBits bound what is told apart at the other end: 2^32 units are 73
	// minutes, and all that took longer counts as that long.
	maxBits = 32

	buckets = (maxBits - subBits + 1) * subBuckets
)

// Longest is the largest duration that is told apart.
const Longest = (1<<maxBits - 1) << unitBits * time.Nanosecond

// bucketOf returns the bucket of a duration. Negative ones, which clocks that
// disagree make, count as none.
func bucketOf(d time.Duration) int {
	units := uint64(min(max(d, 0), Longest)) >> unitBits
	octave := max(bits.Len64(units)-subBits-1, 0)
	return octave<<subBits + int(units>>octave)
}

// highest returns the longest duration of a bucket.
func highest(bucket int) time.Duration {
	octave := max(bucket>>subBits-1, 0)
	units := uint64(bucket-octave<<subBits+1) << octave
	return time.Duration(units<<unitBits - 1)
}

// Histogram counts durations since the start of the process. Whoever owns it says
// which lock guards it.
type Histogram struct {
	counts  [buckets]uint64
	longest time.Duration // since Counts.Read
}

// Add counts n things that took d each.
func (h *Histogram) Add(d time.Duration, n uint64) {
	h.counts[bucketOf(d)] += n
	h.longest = max(h.longest, d)
}

// Recorder is a Histogram that any goroutine may add to.
type Recorder struct {
	mu        sync.Mutex // guards histogram
	histogram Histogram
}

// Add counts n things that took d each.
func (r *Recorder) Add(d time.Duration, n uint64) {
	r.mu.Lock()
	r.histogram.Add(d, n)
	r.mu.Unlock()
}

// Counts are what histograms counted since the start, together.
type Counts struct {
	buckets [buckets]uint64
	// longest is that of what was added since the histograms were read before.
	longest time.Duration
}

// Read adds what a recorder counted. Recorders have one reader, since reading
// takes the longest duration out.
func (c *Counts) Read(r *Recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.take(&r.histogram)
}

func (c *Counts) take(h *Histogram) {
	for i, n := range h.counts {
		c.buckets[i] += n
	}
	c.longest = max(c.longest, h.longest)
	h.longest = 0
}
