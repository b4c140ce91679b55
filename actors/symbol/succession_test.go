package symbol_test

import (
	"encoding/json"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/actors/market"
)

func TestQuotesGoOnInTheNextProcess(t *testing.T) {
	clock := actortest.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	o := actortest.DefaultOptions()
	o.Now = clock.Now
	before := actortest.NewEngine(t, o)
	for _, price := range []string{"9", "12", "10"} {
		before.Tick(t, "AAPL", price)
	}
	before.Tick(t, "QUIET", "5")
	before.Symbols.Acquire("NEVER") // has no quote
	saved, err := before.Symbols.Quotes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	before.Stop()

	clock.Advance(time.Second)
	next := actortest.NewEngine(t, o)
	watched := next.Symbols.Acquire("AAPL")
	next.Tick(t, "QUIET", "6") // which is newer than what is restored
	newest(t, next.Symbols.Acquire("QUIET"), "QUIET 6 1 live")
	var quotes []market.Quote
	if err := json.Unmarshal(encoded, &quotes); err != nil {
		t.Fatal(err)
	}
	if err := next.Symbols.Restore(quotes); err != nil {
		t.Fatal(err)
	}
	newest(t, watched, "AAPL 10 3 live")
	if mark, found := next.Symbols.Mark("AAPL"); !found || mark.Received.Equal(clock.Now()) || mark.Price.String() != "10" {
		t.Errorf("AAPL is valued by %+v", mark)
	}
	next.Tick(t, "AAPL", "11")
	newest(t, watched, "AAPL 11 4 live")
	if f := newest(t, next.Symbols.Acquire("QUIET"), "QUIET 6 1"); f.Ticks != 1 {
		t.Errorf("what the next process knew was replaced: %d ticks", f.Ticks)
	}
	again, err := next.Symbols.Quotes(t.Context())
	if err != nil || len(again) != 2 {
		t.Fatal(again, err)
	}
	for _, q := range again {
		if q.Symbol == "AAPL" && (q.Open.String() != "9" || q.High.String() != "12" || q.Low.String() != "9") {
			t.Errorf("the trading day began anew: %+v", q)
		}
	}
}

func TestAQuoteWhoseFeedDoesNotComeBackIsStaleInTheNextProcess(t *testing.T) {
	clock := actortest.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	o := actortest.DefaultOptions()
	o.Now = clock.Now
	o.Symbol.SweepInterval = time.Minute
	before := actortest.NewEngine(t, o)
	before.Tick(t, "AAPL", "9")
	saved, err := before.Symbols.Quotes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := actortest.NewEngine(t, o)
	if err := next.Symbols.Restore(saved); err != nil {
		t.Fatal(err)
	}
	slot := next.Symbols.Acquire("AAPL")
	newest(t, slot, "AAPL 9 1 live")
	clock.Advance(o.Symbol.FeedGrace + time.Second)
	sweeps := next.Symbols.Options()
	sweeps.SweepInterval = 10 * time.Millisecond
	if err := next.Symbols.Configure(sweeps); err != nil {
		t.Fatal(err)
	}
	newest(t, slot, "AAPL 9 1 stale")
}
