package latency

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestReportsThatNoBrowserCanMeasureAreRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, bad := range [][4]float64{
		{nan, 1, 1, 1}, {1, inf, inf, 1}, {-1, 1, 1, 1}, {1, 1, 3_600_001, 1}, {2, 1, 3, 1}, {1, 3, 2, 1},
		{1, 1, 1, 0}, {1, 1, 1, -5}, {1, 1, 1, 1.5}, {1, 1, 1, nan},
	} {
		if r, err := NewReport(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("%v became %+v", bad, r)
		}
	}
	r, err := NewReport(0, 12.5, 3_600_000, 1e300)
	if err != nil || r.P95 != 12500*time.Microsecond || r.P99 != time.Hour || r.Count != maxReportedCount {
		t.Errorf("%+v %v", r, err)
	}
}

func joined(r *Reports) (Summary, Reported) {
	c := &Counts{}
	reported := r.Read(time.Unix(1000, 0), c)
	s := NewSeries(1)
	s.Observe(c)
	return s.Over(0), reported
}

func reporting(r *Reports, now time.Time) int { return r.Read(now, &Counts{}).Browsers }

func TestOneReportGivesBackWhatItSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p50 := rapid.Float64Range(0, 1000).Draw(t, "p50")
		p95 := p50 + rapid.Float64Range(0, 1000).Draw(t, "more")
		p99 := p95 + rapid.Float64Range(0, 1000).Draw(t, "yet more")
		report, err := NewReport(p50, p95, p99, float64(rapid.IntRange(1, 20_000).Draw(t, "count")))
		if err != nil {
			t.Fatal(err)
		}
		var r Reports
		if err := r.Add(&Reporter{}, time.Unix(1000, 0), report); err != nil {
			t.Fatal(err)
		}
		if got, reported := joined(&r); !near(got.P50, report.P50) || !near(got.P95, report.P95) || !near(got.P99, report.P99) || reported != (Reported{Browsers: 1, Count: report.Count}) {
			t.Fatalf("%+v and %+v of %+v", got, reported, report)
		}
	})
}

// One browser that is slow weighs as much as it measured.
func TestReportsWeighByTheirCount(t *testing.T) {
	fast, _ := NewReport(10, 20, 30, 900)
	slow, _ := NewReport(1000, 2000, 3000, 100)
	var r Reports
	for _, report := range []Report{fast, slow} {
		if err := r.Add(&Reporter{}, time.Unix(1000, 0), report); err != nil {
			t.Fatal(err)
		}
	}
	got, reported := joined(&r)
	if !near(got.P50, 20*time.Millisecond) || !near(got.P95, time.Second) || !near(got.P99, 2*time.Second) {
		t.Errorf("%+v", got)
	}
	if reported.Count != 1000 {
		t.Errorf("%d quotes", reported.Count)
	}
}

func TestBrowsersCountOnceAndOnlyWhileTheyReport(t *testing.T) {
	var r Reports
	report, _ := NewReport(1, 2, 3, 1)
	browsers := [3]Reporter{}
	now := time.Unix(10_000, 0)
	for range 10 { // 100 s
		for i := range browsers {
			if err := r.Add(&browsers[i], now, report); err != nil {
				t.Fatal(err)
			}
		}
		if got := reporting(&r, now); got != 3 {
			t.Fatalf("%d browsers report", got)
		}
		now = now.Add(10 * time.Second)
	}
	if err := r.Add(&browsers[0], now, report); err != nil {
		t.Fatal(err)
	}
	if err := r.Add(&browsers[0], now.Add(time.Second), report); err == nil || r.Refused() != 1 {
		t.Errorf("a report a second later is taken: %v, %d refused", err, r.Refused())
	}
	if got := reporting(&r, now.Add(51*time.Second)); got != 1 {
		t.Errorf("%d report, not the one that was last", got)
	}
	if got := reporting(&r, now.Add(61*time.Second)); got != 0 {
		t.Errorf("%d report long after the last", got)
	}
}

// Who reads looked at the clock before the browser did.
func TestAReportOfASecondThatJustBeganCounts(t *testing.T) {
	var r Reports
	report, _ := NewReport(1, 2, 3, 1)
	now := time.Unix(10_000, 0)
	if err := r.Add(&Reporter{}, now, report); err != nil {
		t.Fatal(err)
	}
	if got := reporting(&r, now.Add(-time.Nanosecond)); got != 1 {
		t.Errorf("%d browsers report", got)
	}
}

func TestAReportIsReadWholeOrNotAtAll(t *testing.T) {
	var r Reports
	report, _ := NewReport(1, 2, 3, 7)
	now := time.Unix(10_000, 0)
	const browsers = 10_000
	added := make(chan struct{})
	go func() {
		defer close(added)
		for range browsers {
			_ = r.Add(&Reporter{}, now, report)
		}
	}()
	for done := false; !done; {
		select {
		case <-added:
			done = true
		default:
		}
		counts := &Counts{}
		reported := r.Read(now, counts)
		s := NewSeries(1)
		s.Observe(counts)
		if quotes := s.Over(0).Count; quotes != ReportWeight*reported.Count || reported.Count != report.Count*uint64(reported.Browsers) {
			t.Fatalf("%d in the distribution, and %+v", quotes, reported)
		}
	}
}
