package latency

import (
	"math"
	"time"
)

// Summary is what a histogram says of some time. All is zero where nothing was
// counted.
type Summary struct {
	P50, P95, P99, Max time.Duration
	Count              uint64
}

// Series are the windows of the last minutes, and the one under way.
//
// owned by one reader
type Series struct {
	last    *Counts  // when the newest window ended
	windows []window // a ring, the oldest at next once it is full
	next    int
	keep    int
	open    *Counts         // newest reading, nil before the first of this window
	longest time.Duration   // of the window under way
	sum     [buckets]uint64 // scratch of Over
}

// window is what was counted between two turns, without the buckets at both ends
// in which nothing was.
type window struct {
	first   int
	counts  []uint32
	longest time.Duration
}

// NewSeries keeps so many windows.
func NewSeries(windows int) *Series { return &Series{last: &Counts{}, keep: windows} }

// Observe takes a reading into the window under way. Counts are the Series' own
// from here on, and never shrink from one reading to the next.
func (s *Series) Observe(c *Counts) {
	s.open = c
	s.longest = max(s.longest, c.longest)
}

// Turn ends the window under way with the newest reading, and begins the next.
func (s *Series) Turn() {
	if s.open == nil {
		s.open = s.last
	}
	w := between(s.last, s.open)
	w.longest = s.longest
	if len(s.windows) < s.keep {
		s.windows = append(s.windows, w)
	} else {
		s.windows[s.next] = w
	}
	s.next = (s.next + 1) % s.keep
	s.last, s.open, s.longest = s.open, nil, 0
}

func between(from, to *Counts) window {
	first, end := 0, buckets
	for first < end && from.buckets[first] == to.buckets[first] {
		first++
	}
	for end > first && from.buckets[end-1] == to.buckets[end-1] {
		end--
	}
	w := window{first: first, counts: make([]uint32, end-first)}
	for i := range w.counts {
		w.counts[i] = uint32(min(to.buckets[first+i]-from.buckets[first+i], math.MaxUint32))
	}
	return w
}

// Over sums up the last ended windows and the one under way. Percentiles are the
// longest duration of their bucket: never less than the truth, and at most 1/32
// more.
func (s *Series) Over(windows int) Summary {
	clear(s.sum[:])
	longest := s.longest
	for k := range min(windows, len(s.windows)) {
		w := &s.windows[(s.next-1-k+2*s.keep)%s.keep]
		for i, n := range w.counts {
			s.sum[w.first+i] += uint64(n)
		}
		longest = max(longest, w.longest)
	}
	if s.open != nil {
		for i := range s.sum {
			s.sum[i] += s.open.buckets[i] - s.last.buckets[i]
		}
	}
	return summarise(&s.sum, longest)
}

func summarise(counts *[buckets]uint64, longest time.Duration) Summary {
	summary := Summary{Max: longest}
	for _, n := range counts {
		summary.Count += n
	}
	if summary.Count == 0 {
		return Summary{}
	}
	at := func(share float64) time.Duration {
		rank := uint64(math.Ceil(share * float64(summary.Count)))
		for i, n := range counts {
			if n >= rank {
				return min(highest(i), longest)
			}
			rank -= n
		}
		return longest
	}
	summary.P50, summary.P95, summary.P99 = at(0.50), at(0.95), at(0.99)
	return summary
}
