package freshness

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A histogram spans 1 µs to 10 minutes at three significant digits. Recording
// takes 5 ns, so at 2,000,000 settled ticks a second it is 1 % of a core and
// needs no counters of our own.
const (
	shortest          = int64(time.Microsecond)
	longest           = int64(10 * time.Minute)
	significantDigits = 3
)

// Percentiles summarise a distribution of durations.
type Percentiles struct {
	Count int64
	P50   time.Duration
	P95   time.Duration
	P99   time.Duration
	Max   time.Duration
}

// Histogram is a distribution of durations. It belongs to whoever fills it and
// is not safe for several goroutines.
type Histogram struct{ counts *hdrhistogram.Histogram }

// NewHistogram returns an empty distribution.
func NewHistogram() *Histogram {
	return &Histogram{hdrhistogram.New(shortest, longest, significantDigits)}
}

// Record adds a duration in nanoseconds. One outside the span is counted at the
// nearer end, so that nothing is ever left out.
func (h *Histogram) Record(nanoseconds int64) {
	// RecordValue refuses only what lies outside the span.
	_ = h.counts.RecordValue(min(max(nanoseconds, 0), longest))
}

// Merge adds what another histogram counted.
func (h *Histogram) Merge(other *Histogram) { h.counts.Merge(other.counts) }

// Percentiles summarises what was recorded.
func (h *Histogram) Percentiles() Percentiles {
	return Percentiles{
		Count: h.counts.TotalCount(),
		P50:   time.Duration(h.counts.ValueAtPercentile(50)),
		P95:   time.Duration(h.counts.ValueAtPercentile(95)),
		P99:   time.Duration(h.counts.ValueAtPercentile(99)),
		Max:   time.Duration(h.counts.Max()),
	}
}
