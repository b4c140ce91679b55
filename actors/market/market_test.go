package market

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

func newYork(t testing.TB) Calendar {
	t.Helper()
	days, err := NewCalendar("00:00", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return days
}

func TestImpossibleTicksAreRefusedWithAReason(t *testing.T) {
	now := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	one := decimal.One
	cases := map[string]struct {
		tick   Tick
		reason string
	}{
		"good":               {Tick{Symbol: "BRK.B", Price: one, Size: one, Bid: one, Ask: one, Time: now}, ""},
		"no time":            {Tick{Symbol: "A", Price: one}, ""},
		"clock a bit ahead":  {Tick{Symbol: "A", Price: one, Time: now.Add(MaxClockSkew)}, ""},
		"far future":         {Tick{Symbol: "A", Price: one, Time: now.Add(MaxClockSkew + 1)}, ReasonFuture},
		"centuries ahead":    {Tick{Symbol: "A", Price: one, Time: now.AddDate(900, 0, 0)}, ReasonFuture},
		"of 1970":            {Tick{Symbol: "A", Price: one, Time: time.UnixMilli(1_795_461_949)}, ReasonTime},
		"zero price":         {Tick{Symbol: "A"}, ReasonPrice},
		"negative price":     {Tick{Symbol: "A", Price: one.Neg()}, ReasonPrice},
		"negative size":      {Tick{Symbol: "A", Price: one, Size: one.Neg()}, ReasonSize},
		"negative bid":       {Tick{Symbol: "A", Price: one, Bid: one.Neg()}, ReasonQuote},
		"negative ask":       {Tick{Symbol: "A", Price: one, Ask: one.Neg()}, ReasonQuote},
		"no symbol":          {Tick{Price: one}, ReasonSymbol},
		"long symbol":        {Tick{Symbol: strings.Repeat("A", 33), Price: one}, ReasonSymbol},
		"longest symbol":     {Tick{Symbol: strings.Repeat("A", 32), Price: one}, ""},
		"lower case":         {Tick{Symbol: "aapl", Price: one}, ReasonSymbol},
		"quote in symbol":    {Tick{Symbol: `A"B`, Price: one}, ReasonSymbol},
		"control character":  {Tick{Symbol: "A\n", Price: one}, ReasonSymbol},
		"non-ASCII symbol":   {Tick{Symbol: "ÄG", Price: one}, ""},
		"index and currency": {Tick{Symbol: "^SPX", Price: one}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.tick.Validate(now)
			if got := ReasonOf(err); got != c.reason {
				t.Fatalf("reason %q (%v), want %q", got, err, c.reason)
			}
			if err != nil && (err.Error() == "" || strings.Contains(err.Error(), "2562047h47m")) {
				t.Fatal("a refusal without a sentence")
			}
		})
	}
}

func TestLateTickNeverMovesThePriceBack(t *testing.T) {
	days := newYork(t)
	base := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	var q Quote
	q.Apply(Tick{Symbol: "A", Price: decimal.MustParse("10"), Size: decimal.MustParse("5"), Time: base}, base, days)
	newest := q.Apply(Tick{Symbol: "A", Price: decimal.MustParse("12"), Size: decimal.MustParse("7"), Time: base.Add(-time.Second)}, base.Add(time.Second), days)
	if newest {
		t.Fatal("the late tick became the newest")
	}
	if q.Price.String() != "10" || !q.Time.Equal(base) || !q.Received.Equal(base) {
		t.Fatalf("price %s at %s: the late tick moved it", q.Price, q.Time)
	}
	if q.High.String() != "12" || q.Volume.String() != "12" {
		t.Fatalf("high %s volume %s: a late trade of the day counts in both", q.High, q.Volume)
	}
}

func TestNewDayKeepsTheLastPriceAsPreviousClose(t *testing.T) {
	days := newYork(t)
	monday := time.Date(2026, 3, 2, 20, 59, 0, 0, time.UTC)
	tuesday := monday.Add(16 * time.Hour)
	var q Quote
	q.Apply(Tick{Price: decimal.MustParse("100"), Size: decimal.One, Time: monday}, monday, days)
	if change, percent := q.Change(); !change.IsZero() || !percent.IsZero() {
		t.Fatalf("change %s (%s %%) on the first tick ever", change, percent)
	}
	q.Apply(Tick{Price: decimal.MustParse("103"), Size: decimal.Two, Time: tuesday}, tuesday, days)
	change, percent := q.Change()
	got := []string{q.PreviousClose.String(), q.Open.String(), q.High.String(), q.Low.String(), q.Volume.String(), change.String(), percent.Trim(0).String()}
	want := []string{"100", "103", "103", "103", "2", "3", "3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	q.Apply(Tick{Price: decimal.MustParse("1"), Size: decimal.One, Time: monday}, tuesday, days)
	if q.Low.String() != "103" || q.Volume.String() != "2" {
		t.Fatal("a tick of yesterday changed today's statistics")
	}
}

func TestTradingDayFollowsTheWallClockOverAnOffsetChange(t *testing.T) {
	days, err := NewCalendar("17:00", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	ny, _ := time.LoadLocation("America/New_York")
	day := days.DayOf(time.Date(2026, 3, 8, 1, 0, 0, 0, ny)) // clocks go forward at 02:00
	if want := time.Date(2026, 3, 7, 17, 0, 0, 0, ny); !day.Start.Equal(want) {
		t.Fatalf("start %s, want %s", day.Start, want)
	}
	if got := day.End.Sub(day.Start); got != 23*time.Hour {
		t.Fatalf("the day has %s, want 23h", got)
	}
}

func TestCalendarSaysWhatIsAllowed(t *testing.T) {
	if _, err := NewCalendar("25:00", "UTC"); err == nil || !strings.Contains(err.Error(), "time of day") {
		t.Fatal(err)
	}
	if _, err := NewCalendar("00:00", "Mars/Olympus"); err == nil || !strings.Contains(err.Error(), "IANA") {
		t.Fatal(err)
	}
}

func TestHugeSizesSaturateInsteadOfStoppingTheSymbol(t *testing.T) {
	days, now := newYork(t), time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	var q Quote
	huge := decimal.MustParse("9999999999999999999")
	for range 3 {
		q.Apply(Tick{Price: huge, Size: huge, Time: now}, now, days)
	}
	if q.Volume.Cmp(huge) != 0 || q.Ticks != 3 {
		t.Fatalf("volume %s after %d ticks", q.Volume, q.Ticks)
	}
}

// TestQuoteAgreesWithAModel compares the fold with statistics computed over
// the whole list of ticks of the last day.
func TestQuoteAgreesWithAModel(t *testing.T) {
	days := newYork(t)
	base := time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC) // midnight in New York
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.SliceOfN(rapid.IntRange(0, 3*24*60), 1, 60).Draw(t, "minutes")
		var q Quote
		var ticks []Tick
		newestAt := -1
		for i, minute := range minutes {
			tick := Tick{
				Symbol: "A",
				Price:  decimal.MustNew(rapid.Int64Range(1, 1_000_00).Draw(t, "cents"), 2),
				Size:   decimal.MustNew(rapid.Int64Range(0, 500).Draw(t, "size"), 0),
				Time:   base.Add(time.Duration(minute) * time.Minute),
			}
			ticks = append(ticks, tick)
			if newestAt < 0 || !tick.Time.Before(ticks[newestAt].Time) {
				newestAt = i
			}
			q.Apply(tick, base, days)
		}
		newest := ticks[newestAt]
		day := days.DayOf(newest.Time)
		high, low, volume := decimal.Zero, decimal.Zero, decimal.Zero
		opened := false
		var seenNewest time.Time
		for _, tick := range ticks {
			late := tick.Time.Before(seenNewest)
			if !late {
				seenNewest = tick.Time
			}
			if !day.Contains(tick.Time) {
				continue
			}
			if !opened || high.Less(tick.Price) {
				high = tick.Price
			}
			if !opened || tick.Price.Less(low) {
				low = tick.Price
			}
			opened = true
			volume, _ = volume.Add(tick.Size)
		}
		if q.Price != newest.Price || q.High.Cmp(high) != 0 || q.Low.Cmp(low) != 0 || q.Volume.Cmp(volume) != 0 || q.Ticks != uint64(len(ticks)) {
			t.Fatalf("quote %+v, model price %s high %s low %s volume %s", q, newest.Price, high, low, volume)
		}
	})
}

func TestStateTellsAQuietMarketFromADeadFeed(t *testing.T) {
	policy := FreshnessPolicy{QuietAfter: 15 * time.Second, FeedSilence: 30 * time.Second, FeedGrace: 3 * time.Second}
	cases := []struct {
		age          time.Duration
		live, halted bool
		want         string
	}{
		{time.Second, true, false, "live"},
		{15 * time.Second, true, false, "live"},
		{16 * time.Second, true, false, "quiet"},
		{16 * time.Second, false, false, "stale"},
		{4 * time.Second, false, false, "stale"},
		{3 * time.Second, false, false, "live"},
		{time.Hour, true, true, "halted"},
		{time.Minute, false, true, "stale"},
		{time.Second, false, true, "halted"},
	}
	for _, c := range cases {
		if got := policy.State(c.age, c.live, c.halted).String(); got != c.want {
			t.Errorf("State(%s, live %v, halted %v) = %s, want %s", c.age, c.live, c.halted, got, c.want)
		}
	}
}
