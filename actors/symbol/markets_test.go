package symbol_test

import (
	"context"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/actortest"
	"outcry/actors/market"
	"outcry/actors/symbol"
)

// From 19:00 in New York on, crypto is in its next day and equities are not.
func TestSymbolsHaveTheTradingDayOfTheirMarket(t *testing.T) {
	o := actortest.DefaultOptions()
	clock := actortest.NewClock(time.Date(2026, 3, 4, 20, 0, 0, 0, time.UTC))
	o.Now = clock.Now
	o.Symbol.Hours = market.USEquities
	o.Symbol.Markets = []string{"name=crypto; hours=always; symbols=*-USD"}
	e := actortest.NewEngine(t, o)
	tick := func(price string) {
		t.Helper()
		for _, name := range []string{"AAPL", "BTC-USD"} {
			err := e.Symbols.Publish(context.Background(), e.Source, market.Tick{Symbol: name, Price: decimal.MustParse(price), Size: decimal.One, Time: clock.Now()})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	tick("100")
	clock.Advance(4*time.Hour + time.Minute) // 00:01 in UTC
	tick("110")
	quotes, err := e.Symbols.Quotes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(quotes) != 2 {
		t.Fatal(quotes)
	}
	for _, q := range quotes {
		previous, volume := "0", "2"
		if q.Symbol == "BTC-USD" {
			previous, volume = "100", "1"
		}
		if q.PreviousClose.Cmp(decimal.MustParse(previous)) != 0 || q.Volume.Cmp(decimal.MustParse(volume)) != 0 {
			t.Errorf("%s: previous close %s, volume %s", q.Symbol, q.PreviousClose, q.Volume)
		}
	}
}

func TestClosuresChangeInARunningEngine(t *testing.T) {
	noon := time.Date(2026, 3, 4, 17, 0, 0, 0, time.UTC)
	o := actortest.DefaultOptions()
	o.Symbol.Hours = market.USEquities
	o.Symbol.Markets = []string{"name=crypto; hours=always; symbols=*-USD", "name=options; hours=us_equities; symbols=O:*"}
	e := actortest.NewEngine(t, o)
	open := func() (names []string) {
		for _, name := range []string{"AAPL", "BTC-USD", "O:AAPL"} {
			if e.Symbols.Market(name).Hours.At(noon).Open {
				names = append(names, name)
			}
		}
		return names
	}
	if got := open(); len(got) != 3 {
		t.Errorf("open are %v", got)
	}
	o.Symbol.Closures = append(o.Symbol.Closures, "2026-03-04")
	if err := e.Symbols.Configure(o.Symbol); err != nil {
		t.Fatal(err)
	}
	if got := open(); len(got) != 1 || got[0] != "BTC-USD" {
		t.Errorf("on a closure open are %v", got)
	}
}

func TestEveryFaultOfMarketsIsNamedByItsSetting(t *testing.T) {
	o := symbol.DefaultOptions()
	o.Timezone, o.DayRollover, o.Hours, o.Closures = "Mars/Base", "noon", "sometimes", []string{"yesterday", "2025-01-09", "9.1."}
	o.Markets = []string{"name=a; hours=never; symbols=A", "nonsense"}
	err := o.Validate()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatal(err)
	}
	want := []string{"timezone: ", "day_rollover: ", "hours: ", `closures: "yesterday", "9.1." is not allowed`, "markets: market 1: hours: ", "markets: market 2: "}
	for _, prefix := range want {
		found := false
		for _, line := range joined.Unwrap() {
			found = found || len(line.Error()) > len(prefix) && line.Error()[:len(prefix)] == prefix
		}
		if !found {
			t.Errorf("nothing begins with %q in\n%v", prefix, err)
		}
	}
}
