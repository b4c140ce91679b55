package symbol_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/actors/feed"
	"outcry/actors/market"
	"outcry/actors/symbol"
	"outcry/persistence"
	"outcry/persistence/memjournal"
)

// keep starts a keeper that has loaded.
func keep(t *testing.T, e *actortest.Engine) *symbol.Keeper {
	t.Helper()
	k := symbol.NewKeeper(e.Symbols, e.Journal, zerolog.Nop())
	k.Load()
	k.Start()
	t.Cleanup(k.Close)
	return k
}

// stored is the quote that the store has, with no ticks if there is none.
func stored(t *testing.T, j *memjournal.Journal, name string) market.Quote {
	t.Helper()
	value, err := j.Get("quote/" + name)
	if errors.Is(err, persistence.ErrNotFound) {
		return market.Quote{}
	}
	if err != nil {
		t.Fatal(err)
	}
	q, err := market.ParseQuote(name, value)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQuotesSurviveACrash(t *testing.T) {
	clock := actortest.NewClock(time.Date(2026, 3, 6, 20, 0, 0, 0, time.UTC)) // a Friday
	o := actortest.DefaultOptions()
	o.Now, o.Journal = clock.Now, actortest.NewJournal(t)
	before := actortest.NewEngine(t, o)
	keep(t, before)
	publish := func(e *actortest.Engine, tick market.Tick) {
		t.Helper()
		if err := e.Symbols.Publish(context.Background(), e.Source, tick); err != nil {
			t.Fatal(err)
		}
	}
	publish(before, market.Tick{Symbol: "AAPL", Stats: &market.Stats{PreviousClose: number("150"), Volume: number("1000"), HasVolume: true}})
	publish(before, market.Tick{Symbol: "AAPL", Price: number("151"), Size: number("5"), Bid: number("150.9"), Ask: number("151.1"), BidSize: number("3")})
	publish(before, market.Tick{Symbol: "A/B C&茅", Price: number("2"), Halted: true, Reason: "news"})
	before.Symbols.Acquire("NEVER")
	actortest.Eventually(t, "the quotes to be stored", func() bool {
		return stored(t, o.Journal, "AAPL").Ticks == 2 && stored(t, o.Journal, "A/B C&茅").Ticks == 1
	})

	// The first engine just stays, as one that was killed: it writes nothing more.
	clock.Advance(60 * time.Hour)
	next := actortest.NewEngine(t, o)
	keep(t, next)
	frame := next.Symbols.Newest("AAPL") // at once: before anything is served
	if frame == nil || string(frame.Bytes) != "AAPL 151 1005 stale" || clock.Now().Sub(time.Unix(0, frame.Received)) != 60*time.Hour {
		t.Fatalf("%+v", frame)
	}
	mark, known := next.Symbols.Mark("AAPL")
	if !known || mark.State != market.Stale || mark.PreviousClose.String() != "150" || mark.Bid.String() != "150.9" || !mark.BidTime.Equal(clock.Now().Add(-60*time.Hour)) {
		t.Errorf("%+v", mark)
	}
	if f := next.Symbols.Newest("A/B C&茅"); f == nil || string(f.Bytes) != "A/B C&茅 2 0 stale" {
		t.Errorf("%+v", f)
	}
	if next.Symbols.Newest("NEVER") != nil || next.Symbols.Stats().Symbols != 2 {
		t.Errorf("%+v", next.Symbols.Stats())
	}
	next.Tick(t, "AAPL", "155") // on Monday
	newest(t, next.Symbols.Acquire("AAPL"), "AAPL 155 1 live")
	if mark, _ = next.Symbols.Mark("AAPL"); mark.PreviousClose.String() != "151" {
		t.Errorf("Monday's change is measured from %s", mark.PreviousClose)
	}
}

func number(s string) decimal.Decimal { return decimal.MustParse(s) }

func TestAYoungQuoteOfTheStoreIsStaleUntilItTicks(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Journal = actortest.NewJournal(t)
	before := actortest.NewEngine(t, o)
	k := keep(t, before)
	for _, price := range []string{"9", "12", "10"} {
		before.Tick(t, "AAPL", price)
	}
	k.Close() // a clean stop saves what no round has
	before.Stop()
	if q := stored(t, o.Journal, "AAPL"); q.Ticks != 3 || q.Open.String() != "9" || q.High.String() != "12" || q.Volume.String() != "3" {
		t.Fatalf("%+v", q)
	}
	next := actortest.NewEngine(t, o)
	keep(t, next)
	slot := next.Symbols.Acquire("AAPL")
	newest(t, slot, "AAPL 10 3 stale")
	next.Tick(t, "AAPL", "11")
	newest(t, slot, "AAPL 11 4 live")
}

func TestWhatAProcessKnowsIsNotReplacedByTheStore(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Journal = actortest.NewJournal(t)
	before := actortest.NewEngine(t, o)
	k := keep(t, before)
	before.Tick(t, "AAPL", "9")
	k.Close()
	if q := stored(t, o.Journal, "AAPL"); q.Ticks != 1 {
		t.Fatalf("the last tick before a stop is not stored: %+v", q)
	}
	next := actortest.NewEngine(t, o)
	next.Tick(t, "AAPL", "20")
	newest(t, next.Symbols.Acquire("AAPL"), "AAPL 20")
	keep(t, next)
	newest(t, next.Symbols.Acquire("AAPL"), "AAPL 20 1 live")
	actortest.Eventually(t, "the newer quote to be stored", func() bool { return stored(t, o.Journal, "AAPL").Price.String() == "20" })
}

func TestAStoreThatFailsLosesNoQuoteOnceItIsBack(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Journal = actortest.NewJournal(t)
	e := actortest.NewEngine(t, o)
	o.Journal.Fail(errors.New("the disk is full"))
	var logged atomic.Int64
	k := symbol.NewKeeper(e.Symbols, e.Journal, zerolog.New(countLines{&logged}))
	k.Load()
	k.Start()
	defer k.Close()
	e.Tick(t, "AAPL", "9")
	actortest.Eventually(t, "the failure to be logged", func() bool { return logged.Load() > 0 })
	o.Journal.Fail(nil)
	actortest.Eventually(t, "the quote to be stored", func() bool { return stored(t, o.Journal, "AAPL").Ticks == 1 })
	if n := logged.Load(); n != 1 {
		t.Errorf("%d lines logged of one failure", n)
	}
}

// countLines counts what is written to it.
type countLines struct{ n *atomic.Int64 }

func (c countLines) Write(line []byte) (int, error) {
	c.n.Add(1)
	return len(line), nil
}

func TestAKeptQuoteThatCannotBeReadIsLeftOut(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Journal = actortest.NewJournal(t)
	o.Symbol.MaxSymbols = 2
	saved := make(chan error, 1)
	good := market.Quote{Price: decimal.One, Ticks: 1, Received: time.Now()}
	o.Journal.Put([]persistence.Document{
		{Key: "quote/BAD", Value: []byte("{")}, {Key: "quote/NEWER", Value: []byte(`{"v":99,"n":1}`)}, {Key: "quote/<X>", Value: good.Encode()},
		{Key: "quote/A", Value: good.Encode()}, {Key: "quote/B", Value: good.Encode()}, {Key: "quote/C", Value: good.Encode()},
		{Key: "quota", Value: []byte("x")}, {Key: "quote0", Value: []byte("x")},
	}, func(err error) { saved <- err })
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	e := actortest.NewEngine(t, o)
	var log strings.Builder
	symbol.NewKeeper(e.Symbols, e.Journal, zerolog.New(&log)).Load()
	if n := e.Symbols.Stats().Symbols; n != 2 || e.Symbols.Newest("A") == nil {
		t.Errorf("%d symbols", n)
	}
	for _, want := range []string{"BAD", "NEWER", "<X>", "max_symbols"} {
		if !strings.Contains(strings.ReplaceAll(log.String(), `\u003c`, "<"), want) {
			t.Errorf("no word of %s in %s", want, log.String())
		}
	}
}

func BenchmarkKeepQuotes(b *testing.B) {
	q := market.Quote{Symbol: "AAPL"}
	days, err := market.NewCalendar("00:00", "UTC")
	if err != nil {
		b.Fatal(err)
	}
	q.Apply(market.Tick{Symbol: "AAPL", Price: number("167.43"), Size: number("100"), Bid: number("167.42"), Ask: number("167.44"), BidSize: number("100"), AskSize: number("200")}, time.Now(), days)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(q.Encode())))
	}
}

var _ feed.Sink = (*symbol.Directory)(nil)
