package session_test

import (
	"fmt"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/actors/latency"
	"outcry/actors/session"
)

// clocked is an engine whose time only moves by hand, and what its workers measure.
type clocked struct {
	*actortest.Engine
	clock  *actortest.Clock
	series struct{ ingest, flush, write, whole *latency.Series }
}

func newClocked(t *testing.T, change func(*actortest.Options)) *clocked {
	t.Helper()
	c := &clocked{clock: actortest.NewClock(time.Unix(1_800_000_000, 0))}
	o := actortest.DefaultOptions()
	o.Now = c.clock.Now
	if change != nil {
		change(&o)
	}
	c.Engine = actortest.NewEngine(t, o)
	for _, s := range []**latency.Series{&c.series.ingest, &c.series.flush, &c.series.write, &c.series.whole} {
		*s = latency.NewSeries(1)
	}
	return c
}

// measured is the whole way of all ticks so far.
func (c *clocked) measured() latency.Summary {
	counts := &latency.StageCounts{}
	c.Dispatcher.ReadStages(counts)
	c.series.whole.Observe(&counts.Whole)
	return c.series.whole.Over(0)
}

// watch connects a browser that has the first quote of a symbol.
func (c *clocked) watch(t *testing.T, user, symbol string) (*actortest.Connection, func()) {
	t.Helper()
	conn, pid := c.Connect(t, user)
	conn.AwaitLine(t, "portfolio "+user)
	c.Subscribe(pid, symbol)
	conn.AwaitLine(t, "subscribed")
	return conn, func() { c.Send(pid, &session.Writable{}) }
}

func TestSnapshotsDoNotCountAsFreshOrStale(t *testing.T) {
	c := newClocked(t, nil)
	c.Tick(t, "AAPL", "1")
	actortest.Eventually(t, "the symbol", func() bool { return c.Symbols.Stats().Symbols == 1 })
	c.clock.Advance(time.Hour)
	conn, _ := c.watch(t, "ann", "AAPL")
	conn.AwaitLine(t, "quote AAPL 1 ")
	if got := c.measured(); got.Count != 0 {
		t.Errorf("a snapshot is counted: %+v", got)
	}
	c.Tick(t, "AAPL", "2")
	conn.AwaitLine(t, "quote AAPL 2 ")
	actortest.Eventually(t, "the next tick", func() bool { return c.measured().Count == 1 })
	if stats := c.Dispatcher.Stats(); stats.Updates != 1 || stats.Taken != 1 || stats.Bytes == 0 {
		t.Errorf("%+v", stats)
	}
}

// Ticks that a browser did not get one by one count as late as they were: from
// their own receipt until it held a newer one.
func TestTicksOfAStallCountWithTheirWholeWait(t *testing.T) {
	c := newClocked(t, func(o *actortest.Options) { o.Session.SlowTimeout = 0 })
	conn, writable := c.watch(t, "ann", "AAPL")
	c.Tick(t, "AAPL", "1")
	conn.AwaitLine(t, "quote AAPL 1 ")

	conn.SetBlocked(true)
	c.Tick(t, "AAPL", "2") // is in the connection's buffer for 10 s
	conn.AwaitLine(t, "quote AAPL 2 ")
	actortest.Eventually(t, "the stall", func() bool { return c.Sessions.Stats().Blocked == 1 })
	if got := c.measured(); got.Count != 0 {
		t.Errorf("what the browser has not read is counted: %+v", got)
	}
	for i := 3; i <= 12; i++ { // come 1 s apart, and wait in place
		c.clock.Advance(time.Second)
		c.Tick(t, "AAPL", fmt.Sprint(i))
		actortest.Eventually(t, "the tick", func() bool { return c.Symbols.Stats().Pending == 0 })
	}
	conn.SetBlocked(false)
	writable()
	conn.AwaitLine(t, "quote AAPL 12 ")
	actortest.Eventually(t, "all 11 ticks", func() bool { return c.measured().Count == 11 })
	got := c.measured()
	if got.Max != 10*time.Second {
		t.Errorf("the oldest waited 10 s, not %s", got.Max)
	}
	// Those behind it waited 0 to 9 s: five of them count as one of 0 to 4 s, five as
	// one of 5 to 9.
	if got.P50 < 5*time.Second || got.P50 > 10*time.Second || got.P95 != 10*time.Second {
		t.Errorf("%+v", got)
	}
}

func TestBrowsersThatDoNotReadAreListedTheWorstFirst(t *testing.T) {
	c := newClocked(t, nil)
	stall := func(user string) func() {
		conn, writable := c.watch(t, user, "AAPL")
		conn.SetBlocked(true)
		before := c.Sessions.Stats().Blocked
		c.Tick(t, "AAPL", "1")
		actortest.Eventually(t, "the stall of "+user, func() bool { return c.Sessions.Stats().Blocked == before+1 })
		return writable
	}
	resume := stall("worst")
	c.clock.Advance(5 * time.Second)
	stall("second")
	actortest.Eventually(t, "both to be listed", func() bool { return len(c.Sessions.Slowest(20)) == 2 })
	slow := c.Sessions.Slowest(20)
	if slow[0].UserID != "worst" || slow[1].UserID != "second" || slow[1].Since.Sub(slow[0].Since) != 5*time.Second || slow[0].SocketID == "" {
		t.Errorf("%+v", slow)
	}
	if got := c.Sessions.Slowest(1); len(got) != 1 || got[0].UserID != "worst" {
		t.Errorf("the worst of all: %+v", got)
	}
	resume()
	actortest.Eventually(t, "who reads again to be gone", func() bool {
		got := c.Sessions.Slowest(20)
		return len(got) == 1 && got[0].UserID == "second"
	})
}

func TestBrowsersAreToldOfTheMarket(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	closed := session.MarketStatus{Market: "us_equities", Feed: "down", NextOpen: time.Unix(1_800_000_000, 0)}
	e.Sessions.SetMarket(closed)
	ann, _ := e.Connect(t, "ann")
	ann.AwaitLine(t, "market false down")

	open := session.MarketStatus{Market: "us_equities", Open: true, Feed: "live"}
	e.Sessions.SetMarket(open)
	ann.AwaitLine(t, "market true live")
	bob, pid := e.Connect(t, "bob")
	bob.AwaitLine(t, "market true live")

	open.NextClose = time.Unix(1_800_000_000, 0) // nothing that anybody has to be told
	e.Sessions.SetMarket(open)
	open.Feed = "stale"
	e.Sessions.SetMarket(open)
	bob.AwaitLine(t, "market true stale")
	e.Send(pid, &session.Ping{AckID: 1})
	bob.AwaitLine(t, "ack 1")
	told := 0
	for _, line := range bob.Lines() {
		if line == "market true live" || line == "market true stale" {
			told++
		}
	}
	if told != 2 {
		t.Errorf("told %d times:\n%q", told, bob.Lines())
	}
}

func TestBrowsersAreToldWhenAnotherMarketOpensOrAClosureIsAdded(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	status := func(feed string, cryptoOpens int64, cryptoOpen bool) session.MarketStatus {
		equities := session.MarketPhase{Market: "us_equities", NextOpen: time.Unix(1_800_000_000, 0)}
		crypto := session.MarketPhase{Market: "crypto", Open: cryptoOpen, NextOpen: time.Unix(cryptoOpens, 0)}
		return session.MarketStatus{Market: "us_equities", NextOpen: equities.NextOpen, Feed: feed, Markets: []session.MarketPhase{equities, crypto}}
	}
	e.Sessions.SetMarket(status("live", 1, false))
	ann, pid := e.Connect(t, "ann")
	ann.AwaitLine(t, "market false live")
	e.Sessions.SetMarket(status("live", 1, true))  // it opens
	e.Sessions.SetMarket(status("live", 1, true))  // nothing
	e.Sessions.SetMarket(status("live", 2, true))  // a closure
	e.Sessions.SetMarket(status("stale", 2, true)) // and so that the last is seen
	ann.AwaitLine(t, "market false stale")
	e.Send(pid, &session.Ping{AckID: 1})
	ann.AwaitLine(t, "ack 1")
	told := 0
	for _, line := range ann.Lines() {
		if line == "market false live" {
			told++
		}
	}
	if told != 3 {
		t.Errorf("told %d times, want 3:\n%q", told, ann.Lines())
	}
}
