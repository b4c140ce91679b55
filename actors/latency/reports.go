package latency

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Report is what one browser measured: from a tick to its paint.
type Report struct {
	P50, P95, P99 time.Duration
	// Count is how many quotes it measured.
	Count uint64
}

// Limits of what a browser may report.
const (
	maxReported = time.Hour
	// maxReportedCount bounds the weight of one browser among the others: a
	// thousand quotes a second for ten seconds.
	maxReportedCount = 10_000
)

// NewReport checks what a browser sent, in milliseconds: numbers that a latency
// can be, in their order. A larger count is cut, not refused.
func NewReport(p50, p95, p99, count float64) (Report, error) {
	const most = float64(maxReported / time.Millisecond)
	for _, ms := range []float64{p50, p95, p99} {
		if math.IsNaN(ms) || ms < 0 || ms > most {
			return Report{}, errReportRange
		}
	}
	switch {
	case p50 > p95 || p95 > p99:
		return Report{}, errReportOrder
	case math.IsNaN(count) || count < 1 || count != math.Trunc(count):
		return Report{}, errReportCount
	}
	duration := func(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
	return Report{P50: duration(p50), P95: duration(p95), P99: duration(p99), Count: uint64(min(count, maxReportedCount))}, nil
}

var (
	errReportRange = errors.New("p50, p95 and p99 must be numbers between 0 and 3600000 (milliseconds)")
	errReportOrder = errors.New("p50 must not be more than p95, nor p95 more than p99")
	errReportCount = errors.New("count must be a whole number from 1")
)

// Reports joins the reports of many browsers. A report has three points of a
// distribution: half of its count is taken to have taken its P50, 45 % its P95 and
// the rest its P99. So one report gives back what it said, and many together never
// look better than they were, but for the last hundredth of each.
type Reports struct {
	refused atomic.Uint64 // written by whoever takes a report

	// mu guards the next block. A browser reports seldom, and whoever reads shall
	// find a report in all of it or in nothing.
	mu       sync.Mutex
	joined   Recorder
	browsers reporters
	count    uint64
}

// The weights of the three points, in twentieths.
const weightP50, weightP95, weightP99 = 10, 9, 1

// ReportWeight is how often the distribution counts each quote that was reported.
const ReportWeight = weightP50 + weightP95 + weightP99

// Add takes a report that a browser sent at now. One that comes too soon behind
// the browser's last is refused.
func (r *Reports) Add(browser *Reporter, now time.Time, report Report) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.browsers.report(browser, now) {
		r.Refuse()
		return errTooSoon
	}
	r.count += report.Count
	r.joined.Add(report.P50, weightP50*report.Count)
	r.joined.Add(report.P95, weightP95*report.Count)
	r.joined.Add(report.P99, weightP99*report.Count)
	return nil
}

var errTooSoon = fmt.Errorf("a browser may report every %s", reportInterval)

// Refuse counts a report that was none.
func (r *Reports) Refuse() { r.refused.Add(1) }

// Refused is how many reports were refused since the start.
func (r *Reports) Refused() uint64 { return r.refused.Load() }

// Reported is what reports came to.
type Reported struct {
	Browsers int    // that reported within the last minute
	Count    uint64 // of quotes that all reports since the start are about
}

// Read reads the distribution of all reports since the start, whose own count has
// another unit, and what else is known of the very same reports.
func (r *Reports) Read(now time.Time, joined *Counts) Reported {
	r.mu.Lock()
	defer r.mu.Unlock()
	joined.Read(&r.joined)
	return Reported{Browsers: r.browsers.within(now), Count: r.count}
}
