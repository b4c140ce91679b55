package latency

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBucketsFollowEachOtherWithoutGaps(t *testing.T) {
	var end time.Duration = -1
	for i := range buckets {
		if bucketOf(end+1) != i || bucketOf(highest(i)) != i {
			t.Fatalf("bucket %d: from %s in %d, to %s in %d", i, end+1, bucketOf(end+1), highest(i), bucketOf(highest(i)))
		}
		end = highest(i)
	}
	if end < Longest {
		t.Errorf("the last bucket ends at %s, before %s", end, Longest)
	}
	for _, d := range []time.Duration{-time.Hour, math.MinInt64, math.MaxInt64} {
		if i := bucketOf(d); i != 0 && i != buckets-1 {
			t.Errorf("%d ns is in bucket %d", d, i)
		}
	}
}

// durations draws latencies as they are: some small, some large.
func durations(t *rapid.T) []time.Duration {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(0, 1<<rapid.IntRange(0, 41).Draw(t, "bits")).Draw(t, "ns"))
	}), 0, 40).Draw(t, "latencies")
}

// exactly is the percentile by its definition: the smallest value that this share
// of all does not exceed.
func exactly(sorted []time.Duration, share float64) time.Duration {
	return sorted[int(math.Ceil(share*float64(len(sorted))))-1]
}

// near reports whether got is at least the exact value and not much more.
func near(got, exact time.Duration) bool {
	return got >= exact && got <= exact+exact/subBuckets+1<<unitBits
}

// check holds a summary against all that was measured.
func check(t *rapid.T, what string, got Summary, measured []time.Duration) {
	t.Helper()
	if got.Count != uint64(len(measured)) {
		t.Fatalf("%s: %d counted of %d", what, got.Count, len(measured))
	}
	if len(measured) == 0 {
		if got != (Summary{}) {
			t.Fatalf("%s: %+v of nothing", what, got)
		}
		return
	}
	sorted := slices.Sorted(slices.Values(measured))
	if got.Max != sorted[len(sorted)-1] {
		t.Fatalf("%s: longest %s, not %s", what, got.Max, sorted[len(sorted)-1])
	}
	for share, p := range map[float64]time.Duration{0.50: got.P50, 0.95: got.P95, 0.99: got.P99} {
		if exact := exactly(sorted, share); !near(p, exact) {
			t.Fatalf("%s: P%.0f is %s, exactly it is %s", what, 100*share, p, exact)
		}
	}
}

// However the measurements fall into windows, and whenever somebody looks, a
// series says what sorting them says.
func TestWindowsAgreeWithExactPercentiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const keep = 4
		recorders := [2]Recorder{}
		series := NewSeries(keep)
		windows := [][]time.Duration{nil} // the last is under way
		look := func() {
			c := &Counts{}
			for i := range recorders {
				c.Read(&recorders[i])
			}
			series.Observe(c)
		}
		t.Repeat(map[string]func(*rapid.T){
			"measure": func(t *rapid.T) {
				r := &recorders[rapid.IntRange(0, 1).Draw(t, "worker")]
				for _, d := range durations(t) {
					r.Add(d, 1)
					windows[len(windows)-1] = append(windows[len(windows)-1], d)
				}
			},
			"turn": func(*rapid.T) {
				look()
				series.Turn()
				windows = append(windows, nil)
			},
			"look": func(t *rapid.T) {
				look()
				n := rapid.IntRange(0, keep).Draw(t, "windows")
				check(t, "with the window under way", series.Over(n), slices.Concat(windows[max(len(windows)-1-n, 0):]...))
			},
		})
	})
}

func TestWeightsCountAsManyMeasurements(t *testing.T) {
	var r Recorder
	r.Add(time.Millisecond, 95)
	r.Add(time.Second, 4)
	r.Add(time.Minute, 1)
	c := &Counts{}
	c.Read(&r)
	s := NewSeries(1)
	s.Observe(c)
	got := s.Over(0)
	if got.Count != 100 || !near(got.P95, time.Millisecond) || !near(got.P99, time.Second) || got.Max != time.Minute {
		t.Errorf("%+v", got)
	}
}

func TestRecordersLoseNothingToConcurrentReaders(t *testing.T) {
	const writers, each = 4, 20_000
	var r Recorder
	var working sync.WaitGroup
	for w := range writers {
		working.Go(func() {
			for i := range each {
				r.Add(time.Duration(w*i), 1)
			}
		})
	}
	series := NewSeries(8)
	longest, done := time.Duration(0), make(chan struct{})
	go func() { working.Wait(); close(done) }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		c := &Counts{}
		c.Read(&r)
		series.Observe(c)
		longest = max(longest, series.Over(0).Max)
	}
	if got := series.Over(0); got.Count != writers*each || longest != (writers-1)*(each-1) {
		t.Errorf("%+v, longest %s", got, longest)
	}
}

func BenchmarkRecorder(b *testing.B) {
	var r Recorder
	for i := 0; b.Loop(); i++ {
		r.Add(time.Duration(i&0xFFFFF), 1)
	}
}
