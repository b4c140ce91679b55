package operator

import (
	"context"
	"sync"
	"time"

	"outcry/actors/latency"
)

// Collector turns readings of an engine's counters into what operators are shown.
// Its methods may be called from any goroutine.
type Collector struct {
	// immutable after construction
	version string
	started time.Time
	now     func() time.Time
	read    func() Sample

	mu       sync.Mutex // guards the next block; read is called with it
	readings []reading  // one an interval, the oldest first; at most a minute and one
	stages   stages
	history  ring
	// how full the fullest mailbox was in the interval under way and in the one before
	depth, depthBefore int64
}

// stages are the windows of all histograms.
type stages struct {
	whole, ingest, flush, write, lag, browsers *latency.Series
}

// NewCollector takes the first reading. read returns the counters of the engine:
// it is called by one goroutine at a time, and may take out what it reports.
func NewCollector(version string, now func() time.Time, read func() Sample) *Collector {
	c := &Collector{version: version, started: now(), now: now, read: read}
	c.stages = stages{
		whole: latency.NewSeries(quarter), ingest: latency.NewSeries(minute), flush: latency.NewSeries(minute),
		write: latency.NewSeries(minute), lag: latency.NewSeries(minute), browsers: latency.NewSeries(minute),
	}
	c.readings = append(c.readings, c.take())
	return c
}

// Run reads once an interval until ctx ends.
func (c *Collector) Run(ctx context.Context) {
	ticker := time.NewTicker(Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.Turn()
		}
	}
}

// Turn ends an interval: it becomes a point of the history.
func (c *Collector) Turn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.take()
	before := &c.readings[len(c.readings)-1]
	c.stages.turn()
	c.depth, c.depthBefore = 0, c.depth
	c.history.add(c.point(before, &r))
	if len(c.readings) > minute {
		c.readings = append(c.readings[:0], c.readings[1:]...)
	}
	c.readings = append(c.readings, r)
}

// Stats returns what the engine does now.
func (c *Collector) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.take()
	return c.stats(&r)
}

// Sample reads the engine, for who makes something of the counters themselves. Its
// histograms are only to be read: they are the Collector's, too.
func (c *Collector) Sample() Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.read()
	c.observe(&s)
	return s
}

// History returns the points of the last minutes.
func (c *Collector) History(minutes int) History {
	c.mu.Lock()
	defer c.mu.Unlock()
	return History{IntervalMs: Interval.Milliseconds(), Points: c.history.newest(minutes * minute)}
}

// take reads the engine, and leaves the histograms to their windows. Needs mu.
func (c *Collector) take() reading {
	r := reading{at: c.now(), Sample: c.read()}
	c.observe(&r.Sample)
	r.Stages, r.FeedLag, r.Browsers = nil, nil, nil
	return r
}

// observe gives what a reading took out to the interval under way: the histograms
// to their windows, and how full the fullest mailbox was. Needs mu.
func (c *Collector) observe(sample *Sample) {
	s := &c.stages
	s.whole.Observe(&sample.Stages.Whole)
	s.ingest.Observe(&sample.Stages.Ingest)
	s.flush.Observe(&sample.Stages.Flush)
	s.write.Observe(&sample.Stages.Write)
	s.lag.Observe(sample.FeedLag)
	s.browsers.Observe(sample.Browsers)
	for i := range sample.Mailboxes {
		if m := &sample.Mailboxes[i]; m.Unit == UnitMessages {
			c.depth = max(c.depth, m.Depth)
			m.Depth = max(c.depth, c.depthBefore)
		}
	}
}

func (s *stages) turn() {
	for _, series := range []*latency.Series{s.whole, s.ingest, s.flush, s.write, s.lag, s.browsers} {
		series.Turn()
	}
}

// lately is the reading that rates of the last seconds are measured from: the newest
// that is an interval old, nearly. Needs mu.
func (c *Collector) lately(now time.Time) *reading {
	for i := len(c.readings) - 1; i > 0; i-- {
		if now.Sub(c.readings[i].at) >= Interval-Interval/10 {
			return &c.readings[i]
		}
	}
	return &c.readings[0]
}

// stats makes what is shown of a reading. Needs mu.
func (c *Collector) stats(r *reading) Stats {
	before, minuteAgo := c.lately(r.at), &c.readings[0]
	requests, connects := r.since(minuteAgo)
	s := Stats{
		Now: r.at.UnixMilli(), StartedAt: c.started.UnixMilli(), Version: c.version, Draining: r.Draining,
		Connections: r.Connections, Freshness: c.freshness(r, minuteAgo), Quotes: r.rates(before),
		Mailboxes: r.Mailboxes, Slow: r.Slow, Drops: r.Drops, Feeds: r.Feeds, Journal: r.Journal,
		Errors: Errors{Rate: requests.share(), Total: r.failed(), ByKind: r.Failed},
		Memory: r.Memory, Actors: r.Actors, Descriptors: r.Descriptors,
	}
	s.Connections.FailedShare = connects.share()
	seconds := r.at.Sub(before.at).Seconds()
	s.Journal.CommitsPerSecond = rate(before.Journal.Commits, r.Journal.Commits, seconds)
	for i := range s.Feeds.Sources {
		source := &s.Feeds.Sources[i]
		accepted, _ := before.accepted(source.Name)
		source.TicksPerSecond = rate(accepted, source.Accepted, seconds)
	}
	s.Alert = judge(&s, requests, connects)
	return s
}

// freshness sums up the windows of the last minutes. Needs mu.
func (c *Collector) freshness(r, minuteAgo *reading) Freshness {
	const lastMinute, lastQuarter = minute - 1, quarter - 1 // and the window under way
	f := Freshness{
		BudgetMs: milliseconds(r.Budget),
		Minute:   spread(c.stages.whole.Over(lastMinute)),
		Quarter:  spread(c.stages.whole.Over(lastQuarter)),
		FeedLag:  quantiles(c.stages.lag.Over(lastMinute)),
		Stages: []Stage{
			{"ingest", quantiles(c.stages.ingest.Over(lastMinute))},
			{"flush", quantiles(c.stages.flush.Over(lastMinute))},
			{"write", quantiles(c.stages.write.Over(lastMinute))},
		},
	}
	if summary := c.stages.browsers.Over(lastMinute); summary.Count > 0 {
		f.Browsers = &Browsers{Quantiles: quantiles(summary), Reporters: r.Reporters}
		f.Browsers.Count = r.Reported - minuteAgo.Reported // the windows count in another unit
	}
	return f
}

// point makes the history of the interval between two readings, whose window has
// just ended. Needs mu.
func (c *Collector) point(before, r *reading) Point {
	rates := r.rates(before)
	requests, _ := r.since(before)
	p := Point{
		T: r.at.UnixMilli(), TicksPerSecond: rates.TicksPerSecond, UpdatesPerSecond: rates.UpdatesPerSecond,
		Connections: r.Connections.Open, WebSocket: r.Connections.WebSocket, Polling: r.Connections.Polling,
		Users: r.Connections.Users, ErrorRate: requests.share(), NotReading: r.Connections.NotReading, RSSBytes: r.Memory.RSSBytes,
	}
	if summary := c.stages.whole.Over(1); summary.Count > 0 {
		q := quantiles(summary)
		p.P50, p.P95, p.P99 = &q.P50, &q.P95, &q.P99
	}
	if rates.Coalescing > 0 {
		p.Coalescing = &rates.Coalescing
	}
	if r.Journal.Commits > before.Journal.Commits {
		p.JournalP95 = &r.Journal.P95
	}
	for _, m := range r.Mailboxes {
		if m.Unit != UnitBytes {
			p.MailboxDepth += m.Depth
		}
	}
	p.MailboxDepth += int64(r.Journal.Queued)
	return p
}

// since returns what failed of all between two readings.
func (r *reading) since(before *reading) (requests, connects failures) {
	requests = failures{failed: r.failed() - before.failed(), all: r.Requests - before.Requests}
	connects = failures{failed: r.FailedConnects - before.FailedConnects, all: r.Connects - before.Connects}
	return requests, connects
}

func (r *reading) rates(before *reading) Quotes {
	seconds := r.at.Sub(before.at).Seconds()
	q := Quotes{
		TicksPerSecond:   rate(before.Ticks, r.Ticks, seconds),
		UpdatesPerSecond: rate(before.Updates, r.Updates, seconds),
		QuotesPerSecond:  rate(before.Quotes, r.Quotes, seconds),
		BytesPerSecond:   rate(before.Bytes, r.Bytes, seconds),
	}
	if taken := r.Taken - before.Taken; taken > 0 {
		q.Coalescing = float64(r.Updates-before.Updates) / float64(taken)
	}
	return q
}

// rate is that of a counter, which begins anew where it is smaller than before.
func rate(from, to uint64, seconds float64) float64 {
	if seconds <= 0 || to < from {
		return 0
	}
	return float64(to-from) / seconds
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func quantiles(s latency.Summary) Quantiles {
	return Quantiles{P50: milliseconds(s.P50), P95: milliseconds(s.P95), P99: milliseconds(s.P99), Count: s.Count}
}

func spread(s latency.Summary) Spread {
	return Spread{Quantiles: quantiles(s), Max: milliseconds(s.Max)}
}
