package operator

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"outcry/actors/latency"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine is what a test's collector reads.
type engine struct {
	now     time.Time
	sample  Sample
	whole   latency.Recorder
	write   latency.Recorder
	lag     latency.Recorder
	reports latency.Reports
}

func newEngine() *engine {
	e := &engine{now: time.UnixMilli(1_800_000_000_000)}
	e.sample = Sample{Budget: 200 * time.Millisecond, Journal: Journal{Available: true}, Feeds: Feeds{State: "live"}, Failed: map[string]uint64{}}
	return e
}

func (e *engine) read() Sample {
	s := e.sample
	s.Failed = maps.Clone(s.Failed)
	s.Feeds.Sources = append([]Source{}, s.Feeds.Sources...)
	s.Mailboxes = append([]Mailbox{}, s.Mailboxes...)
	s.Stages, s.FeedLag, s.Browsers = &latency.StageCounts{}, &latency.Counts{}, &latency.Counts{}
	s.Stages.Whole.Read(&e.whole)
	s.Stages.Write.Read(&e.write)
	s.FeedLag.Read(&e.lag)
	reported := e.reports.Read(e.now, s.Browsers)
	s.Reporters, s.Reported = reported.Browsers, reported.Count
	return s
}

func (e *engine) collector() *Collector {
	return NewCollector("v1", func() time.Time { return e.now }, e.read)
}

// pass lets intervals pass, each with the same work.
func (e *engine) pass(c *Collector, intervals int, work func()) {
	for range intervals {
		work()
		e.now = e.now.Add(Interval)
		c.Turn()
	}
}

func within(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > want/20+0.01 {
		t.Errorf("%s is %v, want about %v", what, got, want)
	}
}

func TestStatsAreOfTheLastSecondsAndMinutes(t *testing.T) {
	e := newEngine()
	c := e.collector()
	e.pass(c, quarter+minute, func() { // of which the first minute is forgotten
		e.sample.Ticks += 500
		e.whole.Add(time.Second, 10)
	})
	e.pass(c, minute, func() {
		e.sample.Ticks, e.sample.Updates, e.sample.Taken = e.sample.Ticks+50, e.sample.Updates+3000, e.sample.Taken+1000
		e.sample.Quotes, e.sample.Bytes = e.sample.Quotes+1500, e.sample.Bytes+10_000
		e.sample.Requests, e.sample.Failed["http 500"] = e.sample.Requests+200, e.sample.Failed["http 500"]+1
		e.sample.Connects, e.sample.FailedConnects = e.sample.Connects+10, e.sample.FailedConnects+1
		e.whole.Add(20*time.Millisecond, 95)
		e.whole.Add(40*time.Millisecond, 5)
		e.write.Add(3*time.Millisecond, 1)
		e.lag.Add(7*time.Millisecond, 1)
	})
	s := c.Stats()
	within(t, "P95 of the minute", s.Freshness.Minute.P95, 20)
	within(t, "P99 of the minute", s.Freshness.Minute.P99, 40)
	within(t, "its longest", s.Freshness.Minute.Max, 40)
	within(t, "P95 of the quarter", s.Freshness.Quarter.P95, 1000)
	if got, want := s.Freshness.Minute.Count, uint64(100*(minute-1)); got != want {
		t.Errorf("%d in the minute, want %d", got, want)
	}
	if got, want := s.Freshness.Quarter.Count, uint64(10*(quarter-minute)+100*minute-10); got != want {
		t.Errorf("%d in the quarter, want %d", got, want)
	}
	within(t, "writing", s.Freshness.Stages[2].P50, 3)
	within(t, "feed lag", s.Freshness.FeedLag.P50, 7)
	if diff := cmp.Diff(Quotes{TicksPerSecond: 10, UpdatesPerSecond: 600, QuotesPerSecond: 300, BytesPerSecond: 2000, Coalescing: 3}, s.Quotes); diff != "" {
		t.Errorf("rates (-want +got):\n%s", diff)
	}
	within(t, "errors", s.Errors.Rate, 0.005)
	within(t, "failed connects", s.Connections.FailedShare, 0.1)
	if s.Errors.Total != uint64(minute) || s.Freshness.Browsers != nil || s.Alert.State != Normal {
		t.Errorf("%+v %+v %+v", s.Errors, s.Freshness.Browsers, s.Alert)
	}
}

// What happened since the last reading shows at once, not an interval later.
func TestStatsIncludeTheIntervalUnderWay(t *testing.T) {
	e := newEngine()
	c := e.collector()
	e.sample.Ticks = 30
	e.sample.Feeds.Sources = []Source{{Name: "acme", Accepted: 30}}
	e.whole.Add(5*time.Millisecond, 1)
	e.now = e.now.Add(3 * time.Second)
	s := c.Stats()
	if s.Quotes.TicksPerSecond != 10 || s.Feeds.Sources[0].TicksPerSecond != 10 || s.Freshness.Minute.Count != 1 {
		t.Errorf("%+v %+v %+v", s.Quotes, s.Feeds, s.Freshness.Minute)
	}
	if again := c.Stats(); again.Freshness.Minute != s.Freshness.Minute {
		t.Errorf("another look sees %+v, not %+v", again.Freshness.Minute, s.Freshness.Minute)
	}
}

func TestHistoryHasAPointOfEachIntervalForAnHour(t *testing.T) {
	e := newEngine()
	c := e.collector()
	e.pass(c, hour+3, func() {})
	e.pass(c, 1, func() {
		e.sample.Ticks, e.sample.Updates, e.sample.Taken = 50, 20, 10
		e.sample.Journal.Commits, e.sample.Journal.P95 = 1, 4
		e.sample.Mailboxes = []Mailbox{{Depth: 3, Unit: UnitMessages}, {Depth: 4, Unit: UnitTicks}, {Depth: 1 << 20, Unit: UnitBytes}}
		e.whole.Add(50*time.Millisecond, 1)
	})
	h := c.History(MaxMinutes)
	if len(h.Points) != hour || h.IntervalMs != 5000 {
		t.Fatalf("%d points, %d ms apart", len(h.Points), h.IntervalMs)
	}
	for i := 1; i < len(h.Points); i++ {
		if h.Points[i].T-h.Points[i-1].T != h.IntervalMs {
			t.Fatalf("points %d and %d are %d ms apart", i-1, i, h.Points[i].T-h.Points[i-1].T)
		}
	}
	last, before := h.Points[hour-1], h.Points[hour-2]
	if before.P95 != nil || before.Coalescing != nil || before.JournalP95 != nil || before.TicksPerSecond != 0 {
		t.Errorf("nothing was measured: %+v", before)
	}
	if last.T != e.now.UnixMilli() || last.TicksPerSecond != 10 || *last.Coalescing != 2 || *last.JournalP95 != 4 || last.MailboxDepth != 7 {
		t.Errorf("%+v", last)
	}
	within(t, "P95 of the interval", *last.P95, 50)
	if got := c.History(2); len(got.Points) != 2*minute || got.Points[2*minute-1] != last {
		t.Errorf("%d points of two minutes", len(got.Points))
	}
}

func TestBrowsersReportBesideWhatIsMeasuredHere(t *testing.T) {
	e := newEngine()
	c := e.collector()
	report, err := latency.NewReport(10, 20, 30, 500)
	if err != nil {
		t.Fatal(err)
	}
	var one, two latency.Reporter
	for _, browser := range []*latency.Reporter{&one, &two} {
		if err := e.reports.Add(browser, e.now, report); err != nil {
			t.Fatal(err)
		}
	}
	got := c.Stats().Freshness.Browsers
	if got == nil || got.Reporters != 2 || got.Count != 1000 {
		t.Fatalf("%+v", got)
	}
	within(t, "their P95", got.P95, 20)
	e.pass(c, minute+1, func() {})
	if got := c.Stats().Freshness.Browsers; got != nil {
		t.Errorf("a minute later: %+v", got)
	}
}

// Whatever the counters are, the answer is JSON: no number in it is infinite.
func TestStatsOfNothingAreFinite(t *testing.T) {
	c := newEngine().collector()
	if _, err := json.Marshal(c.Stats()); err != nil {
		t.Error(err)
	}
	c.Turn() // no time has passed
	if _, err := json.Marshal([]any{c.Stats(), c.History(1)}); err != nil {
		t.Error(err)
	}
}

func TestCollectorReadsByItselfUntilItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine()
		c := NewCollector("v1", time.Now, e.read)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { c.Run(ctx); close(done) }()
		time.Sleep(10*Interval + time.Millisecond)
		if got := len(c.History(1).Points); got != 10 {
			t.Errorf("%d points after ten intervals", got)
		}
		cancel()
		<-done
	})
}

// Whoever reads most often must not take from the others what they have not seen.
func TestReadingsForOthersTakeNothingFromOperators(t *testing.T) {
	e := newEngine()
	c := e.collector()
	e.whole.Add(70*time.Millisecond, 9)
	e.sample.Mailboxes = []Mailbox{{Depth: 30, Unit: UnitMessages}}
	if got := c.Sample(); got.Stages.Whole.Distribution(nil).Count != 9 || got.Mailboxes[0].Depth != 30 {
		t.Errorf("%+v", got)
	}
	e.sample.Mailboxes = []Mailbox{{Depth: 2, Unit: UnitMessages}}
	within(t, "the longest", c.Stats().Freshness.Minute.Max, 70)
	for turns, want := range []int64{30, 30, 2} {
		if got := c.Stats().Mailboxes[0].Depth; got != want {
			t.Errorf("after %d intervals %d messages waited, want %d", turns, got, want)
		}
		e.sample.Mailboxes = []Mailbox{{Depth: 2, Unit: UnitMessages}}
		e.pass(c, 1, func() {})
	}
}
