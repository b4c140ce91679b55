package symbol_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/actortest"
	"outcry/actors/conflation"
	"outcry/actors/feed"
	"outcry/actors/market"
	"outcry/actors/symbol"
)

func TestMain(m *testing.M) { actortest.VerifyNoLeaks(m) }

// newest waits until the newest frame of a symbol starts with prefix.
func newest(t *testing.T, slot *conflation.Slot, prefix string) *conflation.Frame {
	t.Helper()
	actortest.Eventually(t, "frame "+prefix, func() bool {
		f := slot.Newest()
		return f != nil && strings.HasPrefix(string(f.Bytes), prefix)
	})
	return slot.Newest()
}

func TestManyTicksFoldIntoOneFrame(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	slot := e.Symbols.Acquire("AAPL")
	defer e.Symbols.Release(slot)
	for i := 1; i <= 1000; i++ {
		e.Tick(t, "AAPL", fmt.Sprint(i))
	}
	f := newest(t, slot, "AAPL 1000 1000 live")
	if f.Ticks != 1000 {
		t.Errorf("the last frame stands for %d ticks", f.Ticks)
	}
}

func TestTickOfTheFutureAndOtherNonsenseAreRefusedAndCounted(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	for _, tick := range []market.Tick{
		{Symbol: "A", Price: decimal.One, Time: time.Now().Add(time.Hour)},
		{Symbol: "A"},
		{Symbol: "lower", Price: decimal.One},
	} {
		err := e.Symbols.Publish(context.Background(), e.Source, tick)
		if market.ReasonOf(err) == "" {
			t.Errorf("%+v: %v", tick, err)
		}
	}
	if s := e.Symbols.Stats(); s.Refused != 3 || s.Accepted != 0 || s.Symbols != 0 {
		t.Errorf("%+v", s)
	}
}

func TestNumberOfSymbolsIsBounded(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Symbol.MaxSymbols = 2
	e := actortest.NewEngine(t, o)
	// Names that are only watched take no room from those that tick.
	for i := range 10 {
		defer e.Symbols.Release(e.Symbols.Acquire(fmt.Sprintf("WATCHED%d", i)))
	}
	e.Tick(t, "A", "1")
	e.Tick(t, "WATCHED3", "1")
	err := e.Symbols.Publish(context.Background(), e.Source, market.Tick{Symbol: "C", Price: decimal.One})
	if market.ReasonOf(err) != market.ReasonSymbols || !strings.Contains(err.Error(), "max_symbols") {
		t.Errorf("third symbol: %v", err)
	}
	e.Tick(t, "A", "2")
}

func TestQuietMarketAndDeadFeedLookDifferent(t *testing.T) {
	clock := actortest.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	o := actortest.DefaultOptions()
	o.Now = clock.Now
	o.Symbol.SweepInterval = 10 * time.Millisecond
	e := actortest.NewEngine(t, o)
	slot := e.Symbols.Acquire("AAPL")
	defer e.Symbols.Release(slot)
	e.Tick(t, "AAPL", "10")
	newest(t, slot, "AAPL 10 1 live")

	clock.Advance(o.Symbol.QuietAfter + time.Second)
	e.Source.Heard(clock.Now()) // a heartbeat
	if f := newest(t, slot, "AAPL 10 1 quiet"); f.Ticks != 1 {
		t.Errorf("a change of state counts as %d ticks", f.Ticks)
	}
	clock.Advance(o.Symbol.FeedSilence + time.Second)
	newest(t, slot, "AAPL 10 1 stale")
	e.Tick(t, "AAPL", "11")
	newest(t, slot, "AAPL 11 2 live")
	e.Source.Close()
	clock.Advance(o.Symbol.FeedGrace + time.Second)
	newest(t, slot, "AAPL 11 2 stale")
}

func TestNewTimesOfFreshnessHoldForSymbolsThatAreThere(t *testing.T) {
	clock := actortest.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	o := actortest.DefaultOptions()
	o.Now = clock.Now
	o.Symbol.SweepInterval = time.Minute
	e := actortest.NewEngine(t, o)
	slot := e.Symbols.Acquire("AAPL")
	defer e.Symbols.Release(slot)
	e.Tick(t, "AAPL", "10")
	newest(t, slot, "AAPL 10 1 live")

	clock.Advance(time.Second) // far from quiet, and from the next sweep
	changed := e.Symbols.Options()
	changed.QuietAfter, changed.SweepInterval, changed.MaxSymbols = 500*time.Millisecond, 10*time.Millisecond, 1
	if err := e.Symbols.Configure(changed); err != nil {
		t.Fatal(err)
	}
	newest(t, slot, "AAPL 10 1 quiet")
	if err := e.Symbols.Publish(context.Background(), e.Source, market.Tick{Symbol: "MSFT", Price: decimal.One}); market.ReasonOf(err) != market.ReasonSymbols {
		t.Errorf("a symbol beyond the new limit: %v", err)
	}
	changed.SweepInterval, changed.MaxSymbols = 0, 9
	if err := e.Symbols.Configure(changed); err == nil || e.Symbols.Options().MaxSymbols != 1 {
		t.Errorf("%v, and %+v", err, e.Symbols.Options())
	}
}

func TestHaltedSymbolSaysSo(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	slot := e.Symbols.Acquire("AAPL")
	defer e.Symbols.Release(slot)
	tick := market.Tick{Symbol: "AAPL", Price: decimal.One, Halted: true}
	if err := e.Symbols.Publish(context.Background(), e.Source, tick); err != nil {
		t.Fatal(err)
	}
	newest(t, slot, "AAPL 1 0 halted")
	e.Tick(t, "AAPL", "2")
	newest(t, slot, "AAPL 2 1 live")
}

func TestAFeedHaltsAllItsSymbols(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	mine, others := e.Symbols.Acquire("AAPL"), e.Symbols.Acquire("BTC")
	e.Tick(t, "AAPL", "10")
	other := feed.NewSource("other", time.Now())
	publish := func(src *feed.Source, tick market.Tick) {
		t.Helper()
		if err := e.Symbols.Publish(context.Background(), src, tick); err != nil {
			t.Fatal(err)
		}
	}
	publish(other, market.Tick{Symbol: "BTC", Price: decimal.One})
	publish(e.Source, market.Tick{Halted: true, Reason: "outage"})
	newest(t, mine, "AAPL 10 1 halted")
	newest(t, others, "BTC 1 0 live")
	publish(e.Source, market.Tick{Symbol: "MSFT", Price: decimal.One})
	newest(t, e.Symbols.Acquire("MSFT"), "MSFT 1 0 halted") // it began in the halt
	publish(e.Source, market.Tick{Resumed: true})
	newest(t, mine, "AAPL 10 1 live")
}

func TestBidAndAskKeepAQuoteAliveAndMoveNoPrice(t *testing.T) {
	clock := actortest.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	o := actortest.DefaultOptions()
	o.Now = clock.Now
	o.Symbol.SweepInterval = 10 * time.Millisecond
	e := actortest.NewEngine(t, o)
	slot := e.Symbols.Acquire("AAPL")
	e.Tick(t, "AAPL", "10")
	newest(t, slot, "AAPL 10 1 live")
	clock.Advance(o.Symbol.QuietAfter + time.Second)
	newest(t, slot, "AAPL 10 1 quiet")
	bid := market.Tick{Symbol: "AAPL", Bid: decimal.One, Time: clock.Now()}
	if err := e.Symbols.Publish(context.Background(), e.Source, bid); err != nil {
		t.Fatal(err)
	}
	newest(t, slot, "AAPL 10 1 live")
	clock.Advance(-time.Second) // its clock is not that of trades
	late := market.Tick{Symbol: "AAPL", Price: decimal.Two, Size: decimal.One, Time: clock.Now()}
	if err := e.Symbols.Publish(context.Background(), e.Source, late); err != nil {
		t.Fatal(err)
	}
	newest(t, slot, "AAPL 2 2 live")
	if s := e.Symbols.Stats(); s.Late != 0 {
		t.Errorf("%d late", s.Late)
	}
}

// blockingEncoder stops the symbol actors until it is released.
type blockingEncoder struct {
	actortest.Encoder
	entered, release chan struct{}
}

func (b *blockingEncoder) AppendQuote(dst []byte, q *market.Quote, state market.State, marks *[8]uint16) []byte {
	b.entered <- struct{}{}
	<-b.release
	return b.Encoder.AppendQuote(dst, q, state, marks)
}

func TestFeedWaitsWhileTooManyTicksArePending(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Symbol.MaxPendingTicks = 64
	o.Mailbox.Workers = 1
	blocked := &blockingEncoder{entered: make(chan struct{}), release: make(chan struct{})}
	e := actortest.NewEngineWith(t, o, blocked)
	e.Tick(t, "A", "1")
	<-blocked.entered // the only worker stands still in it
	for i := range 64 {
		e.Tick(t, "A", fmt.Sprint(i+1))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	tick := market.Tick{Symbol: "A", Price: decimal.Hundred}
	if err := e.Symbols.Publish(ctx, e.Source, tick); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the feed was not made to wait: %v", err)
	}
	done := make(chan error)
	go func() { done <- e.Symbols.Publish(context.Background(), e.Source, tick) }()
	close(blocked.release)
	go func() { // let every later encoding pass
		for range blocked.entered {
		}
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	actortest.Eventually(t, "all ticks to be folded in", func() bool { return e.Symbols.Stats().Pending == 0 })
	e.Stop()
	close(blocked.entered)
}

// panickingEncoder fails for one price.
type panickingEncoder struct{ actortest.Encoder }

func (p panickingEncoder) AppendQuote(dst []byte, q *market.Quote, state market.State, marks *[8]uint16) []byte {
	if q.Price.String() == "13" {
		panic("thirteen")
	}
	return p.Encoder.AppendQuote(dst, q, state, marks)
}

func TestSymbolGoesOnFromItsLastGoodQuoteAfterAPanic(t *testing.T) {
	e := actortest.NewEngineWith(t, actortest.DefaultOptions(), panickingEncoder{})
	slot := e.Symbols.Acquire("A")
	defer e.Symbols.Release(slot)
	for range 30 { // more often than protoactor-go's default would restart it
		e.Tick(t, "A", "12")
		f := newest(t, slot, "A 12")
		e.Tick(t, "A", "13")
		actortest.Eventually(t, "the tick that fails", func() bool { return e.Symbols.Stats().Pending == 0 })
		if got := slot.Newest(); got != f {
			t.Fatalf("published %s", got.Bytes)
		}
		e.Tick(t, "A", "14")
		newest(t, slot, "A 14")
	}
	if got := e.Dispatcher.Stats().Panics; got != 30 {
		t.Errorf("%d panics counted", got)
	}
}

func TestOptionsNameTheKey(t *testing.T) {
	err := symbol.Options{DayRollover: "x", Timezone: "UTC"}.Validate()
	for _, key := range []string{"max_symbols: 0", "max_pending_ticks: 0", "day_rollover", "quiet_after: 0s", "feed_silence", "sweep_interval"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("no word about %s in %v", key, err)
		}
	}
}

func BenchmarkTick(b *testing.B) {
	e := actortest.NewEngine(b, actortest.DefaultOptions())
	src := feed.NewSource("bench", time.Now())
	tick := market.Tick{Symbol: "A", Price: decimal.MustParse("167.43"), Size: decimal.Hundred}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Symbols.Publish(ctx, src, tick); err != nil {
			b.Fatal(err)
		}
	}
}
