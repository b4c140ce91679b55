package market

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

var kindsBase = time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return kindsBase.Add(time.Duration(ms) * time.Millisecond) }

// fold applies ticks, each received 10 s after the base.
func fold(t testing.TB, ticks ...Tick) Quote {
	t.Helper()
	days := newYork(t)
	var q Quote
	for i, tick := range ticks {
		if err := func() error { tick.Symbol = "A"; return tick.Validate(at(10_000)) }(); err != nil {
			t.Fatalf("tick %d: %v", i, err)
		}
		q.Apply(tick, at(10_000), days)
	}
	return q
}

func amount(s string) decimal.Decimal { return decimal.MustParse(s) }

func TestABidAndAskInBetweenDoNotFreezeThePrice(t *testing.T) {
	q := fold(t,
		Tick{Price: amount("100"), Size: amount("1"), Time: at(0)},
		Tick{Bid: amount("100.5"), Ask: amount("101.5"), BidSize: amount("3"), AskSize: amount("4"), Time: at(200)},
		Tick{Price: amount("101"), Size: amount("2"), Time: at(150)},
	)
	if q.Price.String() != "101" || !q.Time.Equal(at(150)) || q.Volume.String() != "3" || q.High.String() != "101" {
		t.Errorf("%+v", q)
	}
	if q.Bid.String() != "100.5" || q.AskSize.String() != "4" || !q.BidTime.Equal(at(200)) || !q.QuoteTime().Equal(at(200)) {
		t.Errorf("%+v", q)
	}
}

func TestEachSideOfAQuoteHasAClockOfItsOwn(t *testing.T) {
	q := fold(t,
		Tick{Bid: amount("9"), Ask: amount("11"), Time: at(100)},
		Tick{Bid: amount("9.5"), BidSize: amount("7"), Time: at(300)},
		Tick{Bid: amount("8"), Ask: amount("10.5"), Time: at(200)},
		Tick{NoAsk: true, Time: at(150)},
	)
	if q.Bid.String() != "9.5" || q.Ask.String() != "10.5" || !q.QuoteTime().Equal(at(200)) || !q.BidTime.Equal(at(300)) {
		t.Errorf("%+v", q)
	}
	if q = fold(t, Tick{Bid: amount("9"), Ask: amount("11"), Time: at(1)}, Tick{NoAsk: true, Time: at(2)}); !q.Ask.IsZero() || q.Bid.IsZero() || !q.QuoteTime().Equal(at(1)) {
		t.Errorf("%+v", q)
	}
	if change, percent := q.Change(); !q.Price.IsZero() || !q.Open.IsZero() || !q.Volume.IsZero() || !change.IsZero() || !percent.IsZero() {
		t.Errorf("a quote set what trades set: %+v", q)
	}
}

func TestATradeSetsWhatItMaySet(t *testing.T) {
	first := Tick{Price: amount("100"), Size: amount("1"), Time: at(0)}
	for _, test := range []struct {
		skips                    Figures
		price, high, low, volume string
	}{
		{0, "90", "100", "90", "6"},
		{Last, "100", "100", "90", "6"},
		{HighLow, "90", "100", "100", "6"},
		{Volume, "90", "100", "90", "1"},
		{Last | HighLow, "100", "100", "100", "6"},
		{Last | HighLow | Volume, "100", "100", "100", "1"},
	} {
		q := fold(t, first, Tick{Price: amount("90"), Size: amount("5"), Skips: test.skips, Time: at(1)})
		got := []string{q.Price.String(), q.High.String(), q.Low.String(), q.Volume.String()}
		if diff := cmp.Diff([]string{test.price, test.high, test.low, test.volume}, got); diff != "" {
			t.Errorf("skips %03b: %s", test.skips, diff)
		}
	}
	q := fold(t, Tick{Price: amount("90"), Size: amount("5"), Skips: Last | HighLow, Time: at(0)}, Tick{Price: amount("100"), Size: amount("1"), Time: at(1)})
	if q.Open.String() != "100" || q.Low.String() != "100" || q.Volume.String() != "6" {
		t.Errorf("an odd lot opened the day: %+v", q)
	}
}

func TestAHaltEndsAsItBegan(t *testing.T) {
	trade := func(ms int) Tick { return Tick{Price: decimal.One, Time: at(ms)} }
	halt := Tick{Halted: true, Reason: "T1", Time: at(100)}
	withPrice := Tick{Price: decimal.One, Halted: true, Time: at(100)}
	for name, test := range map[string]struct {
		ticks  []Tick
		halted bool
	}{
		"a status":                          {[]Tick{trade(0), halt}, true},
		"goes on over trades":               {[]Tick{trade(0), halt, trade(200)}, true},
		"and quotes":                        {[]Tick{halt, {Bid: decimal.One, Time: at(200)}}, true},
		"until it is resumed":               {[]Tick{halt, {Resumed: true, Time: at(300)}}, false},
		"not by an older status":            {[]Tick{halt, {Resumed: true, Time: at(50)}}, true},
		"with a trade":                      {[]Tick{withPrice}, true},
		"ends with the next trade":          {[]Tick{withPrice, trade(200)}, false},
		"not with a late trade":             {[]Tick{withPrice, trade(50)}, true},
		"not with one that sets no price":   {[]Tick{withPrice, {Price: decimal.One, Skips: Last, Time: at(200)}}, true},
		"not with a quote":                  {[]Tick{withPrice, {Ask: decimal.One, Time: at(200)}}, true},
		"a status after it holds":           {[]Tick{withPrice, {Halted: true, Time: at(150)}, trade(200)}, true},
		"a late trade that was halted":      {[]Tick{trade(300), withPrice}, false},
		"a trade that says that it goes on": {[]Tick{halt, {Price: decimal.One, Resumed: true, Time: at(200)}}, false},
	} {
		q := fold(t, test.ticks...)
		if q.Halted != test.halted || q.Halted == false && q.HaltReason != "" {
			t.Errorf("%s: %+v", name, q)
		}
	}
	if q := fold(t, halt); q.HaltReason != "T1" || !q.Price.IsZero() {
		t.Errorf("%+v", q)
	}
}

func TestStatisticsJoinWhatWasSeen(t *testing.T) {
	stats := func(ms int, s Stats) Tick { return Tick{Stats: &s, Time: at(ms)} }
	trade := func(ms int, price, size string) Tick {
		return Tick{Price: amount(price), Size: amount(size), Time: at(ms)}
	}
	day := Stats{PreviousClose: amount("95"), Open: amount("96"), High: amount("105"), Low: amount("90"), Volume: amount("1000"), HasVolume: true}
	show := func(q Quote) []string {
		return []string{q.PreviousClose.String(), q.Open.String(), q.High.String(), q.Low.String(), q.Volume.String()}
	}
	untimed := stats(0, day)
	untimed.Time = time.Time{}
	for name, test := range map[string]struct {
		ticks []Tick
		want  []string
	}{
		"alone":                  {[]Tick{stats(0, day)}, []string{"95", "96", "105", "90", "1000"}},
		"then trades":            {[]Tick{stats(0, day), trade(1, "106", "5"), trade(2, "89", "7")}, []string{"95", "96", "106", "89", "1012"}},
		"between trades":         {[]Tick{trade(1, "106", "5"), trade(3, "89", "7"), stats(2, day)}, []string{"95", "96", "106", "89", "1007"}},
		"and a late trade":       {[]Tick{stats(2, day), trade(3, "100", "7"), trade(1, "100", "5")}, []string{"95", "96", "105", "90", "1007"}},
		"twice, the newer wins":  {[]Tick{stats(2, day), stats(1, Stats{PreviousClose: amount("1")})}, []string{"95", "96", "105", "90", "1000"}},
		"some of them":           {[]Tick{trade(0, "100", "5"), stats(1, Stats{PreviousClose: amount("95")})}, []string{"95", "100", "100", "100", "5"}},
		"without a time":         {[]Tick{trade(0, "100", "5"), untimed, trade(1, "100", "7")}, []string{"95", "96", "105", "90", "1007"}},
		"of the day before":      {[]Tick{trade(0, "100", "5"), stats(-24*3600*1000, day)}, []string{"0", "100", "100", "100", "5"}},
		"in the line of a trade": {[]Tick{{Stats: &day, Price: amount("100"), Size: amount("5"), Time: at(0)}}, []string{"95", "96", "105", "90", "1000"}},
	} {
		if diff := cmp.Diff(test.want, show(fold(t, test.ticks...))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	q := fold(t, stats(0, day), trade(1, "100", "5"))
	if change, percent := q.Change(); change.String() != "5" || percent.Trim(0).String() != "5.2632" {
		t.Errorf("change %s, %s %%", change, percent)
	}
}

func TestThePreviousCloseOfADayWithoutTradesIsKept(t *testing.T) {
	days := newYork(t)
	var q Quote
	q.Apply(Tick{Symbol: "A", Stats: &Stats{PreviousClose: amount("95")}, Time: at(0)}, at(0), days)
	tomorrow := at(0).Add(24 * time.Hour)
	q.Apply(Tick{Symbol: "A", Price: amount("97"), Time: tomorrow}, tomorrow, days)
	if q.PreviousClose.String() != "95" || q.Open.String() != "97" {
		t.Errorf("%+v", q)
	}
}

// TestEveryKindKeepsToItsClock compares the fold of lines in any order with the newest
// of each kind.
func TestEveryKindKeepsToItsClock(t *testing.T) {
	days := newYork(t)
	rapid.Check(t, func(t *rapid.T) {
		var q Quote
		var price, bid, ask Tick
		volume := decimal.Zero
		halted, haltedAt := false, time.Time{}
		for range rapid.IntRange(1, 40).Draw(t, "lines") {
			tick := Tick{Symbol: "A", Time: at(rapid.IntRange(0, 1000).Draw(t, "ms"))}
			number := func(name string) decimal.Decimal {
				return decimal.MustNew(rapid.Int64Range(1, 10_000).Draw(t, name), 2)
			}
			if rapid.Bool().Draw(t, "trade") {
				tick.Price, tick.Size = number("price"), number("size")
				volume, _ = volume.Add(tick.Size)
				if !tick.Time.Before(price.Time) {
					price = tick
				}
			} else if rapid.Bool().Draw(t, "status") {
				tick.Halted = rapid.Bool().Draw(t, "halted")
				tick.Resumed = !tick.Halted
				if !tick.Time.Before(haltedAt) {
					halted, haltedAt = tick.Halted, tick.Time
				}
			}
			if rapid.Bool().Draw(t, "bid") {
				tick.Bid = number("bid")
				if !tick.Time.Before(bid.Time) {
					bid = tick
				}
			}
			if rapid.Bool().Draw(t, "ask") {
				tick.Ask = number("ask")
				if !tick.Time.Before(ask.Time) {
					ask = tick
				}
			}
			q.Apply(tick, at(2000), days)
		}
		if q.Price != price.Price || q.Bid != bid.Bid || q.Ask != ask.Ask || q.Halted != halted || q.Volume.Cmp(volume) != 0 {
			t.Fatalf("%+v, want price %s bid %s ask %s halted %t volume %s", q, price.Price, bid.Bid, ask.Ask, halted, volume)
		}
	})
}

// TestRecentVolumeIsNeverLost compares it with the list of all trades.
func TestRecentVolumeIsNeverLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r recentVolume
		var total int64
		var newest []int64
		for i := range rapid.IntRange(0, 100).Draw(t, "trades") {
			size := rapid.Int64Range(0, 9).Draw(t, "size")
			r.add(at(i), decimal.MustNew(size, 0))
			total += size
			newest = append(newest, size)
		}
		if len(r.trades) > maxRecent {
			t.Fatalf("%d entries", len(r.trades))
		}
		if got := r.after(at(-1)); got.Cmp(decimal.MustNew(total, 0)) != 0 {
			t.Fatalf("%s, want %d", got, total)
		}
		exact := min(len(newest), maxRecent/2)
		var sum int64
		for _, size := range newest[len(newest)-exact:] {
			sum += size
		}
		if got := r.after(at(len(newest) - exact - 1)); got.Cmp(decimal.MustNew(sum, 0)) != 0 {
			t.Fatalf("the newest %d are %s, want %d", exact, got, sum)
		}
	})
}

func TestAQuoteSurvivesTheRoundTrip(t *testing.T) {
	q := fold(t,
		Tick{Stats: &Stats{PreviousClose: amount("95"), Volume: amount("1000"), HasVolume: true}, Time: at(0)},
		Tick{Price: amount("100"), Size: amount("5"), Bid: amount("99"), BidSize: amount("2"), Ask: amount("101"), Halted: true, Reason: "news", Time: at(1)},
	)
	encoded, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var got Quote
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	fromStore, err := ParseQuote("A", q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	got.recent, fromStore.recent = q.recent, q.recent // goes with its process
	equal := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 })
	for _, other := range []Quote{got, fromStore} {
		if diff := cmp.Diff(q, other, equal, cmp.AllowUnexported(Quote{}, recentVolume{}, sizeAt{})); diff != "" {
			t.Error(diff)
		}
	}
}
