package ledger

import (
	"testing"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

func totals(v *Valuation) map[string]decimal.Decimal {
	return map[string]decimal.Decimal{
		"total": v.TotalValue, "equity": v.Equity, "cash": v.Cash, "power": v.BuyingPower, "day": v.DayChange, "day%": v.DayChangePercent,
		"pnl": v.TotalPnL, "pnl%": v.TotalPnLPercent, "realised": v.Realised, "unrealised": v.Unrealised, "fees": v.Fees, "deposits": v.NetDeposits,
	}
}

func TestAccountIsWorthCashAndPositions(t *testing.T) {
	b := newBook(t, "10000")
	b.fill("buy 10 LONG @ 100 fee 1", "sell 5 SHORT @ 200 fee 2", "buy 2 DONE @ 10", "sell 2 DONE @ 15")
	b.apply(Withdrawn{Amount: d("1000"), Time: b.tick()})
	v := b.value("LONG 110", "SHORT 190")
	amounts(t, totals(v), map[string]string{
		"cash": "9007", "total": "9157", "equity": "9157", "power": "7107", "unrealised": "150", "realised": "10", "fees": "3",
		"deposits": "9000", "pnl": "157", "pnl%": "1.7444", "day": "157", "day%": "1.7444",
	})
	long, short := v.Positions[0], v.Positions[1]
	amounts(t, fieldsOf(&long), map[string]string{
		"quantity": "10", "entry": "100", "current": "110", "value": "1100", "cost": "1000", "pnl": "100", "pnl%": "10", "day": "100"})
	amounts(t, fieldsOf(&short), map[string]string{
		"quantity": "-5", "entry": "200", "current": "190", "value": "-950", "cost": "-1000", "pnl": "50", "pnl%": "5", "day": "50"})
	if long.Side() != "long" || short.Side() != "short" {
		t.Errorf("%s %s", long.Side(), short.Side())
	}
}

func fieldsOf(p *PositionValue) map[string]decimal.Decimal {
	return map[string]decimal.Decimal{
		"quantity": p.Quantity, "entry": p.EntryPrice, "current": p.CurrentPrice, "value": p.MarketValue, "cost": p.CostBasis,
		"pnl": p.UnrealisedPnL, "pnl%": p.UnrealisedPercent, "day": p.DayPnL,
	}
}

func TestValuationSaysHowFarItCanBeTrusted(t *testing.T) {
	b := newBook(t, "10000")
	b.fill("buy 1 A @ 100", "buy 1 B @ 50")
	cases := map[string]struct {
		marks map[string]market.Mark
		stale bool
		total string
	}{
		"live":       {map[string]market.Mark{"A": {Price: d("101")}, "B": {Price: d("51")}}, false, "10002"},
		"quiet":      {map[string]market.Mark{"A": {Price: d("101"), State: market.Quiet}, "B": {Price: d("51")}}, false, "10002"},
		"halted":     {map[string]market.Mark{"A": {Price: d("101"), State: market.Halted}, "B": {Price: d("51")}}, false, "10002"},
		"stale":      {map[string]market.Mark{"A": {Price: d("101")}, "B": {Price: d("51"), State: market.Stale}}, true, "10002"},
		"one known":  {map[string]market.Mark{"A": {Price: d("101")}}, true, "10001"},
		"none known": {nil, true, "10000"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var v Valuation
			b.Value(func(symbol string) (market.Mark, bool) { m, ok := c.marks[symbol]; return m, ok }, b.now, b.days, &v)
			if v.Stale != c.stale || v.TotalValue.Cmp(d(c.total)) != 0 {
				t.Fatalf("stale %t, total %s", v.Stale, v.TotalValue)
			}
			for _, p := range v.Positions {
				if m, known := c.marks[p.Symbol]; p.Known != known || p.State != m.State {
					t.Errorf("%s is known %t, %s", p.Symbol, p.Known, p.State)
				}
			}
		})
	}
}

func TestEmptyAccountIsWorthNothing(t *testing.T) {
	v := Valuation{Stale: true, Positions: make([]PositionValue, 3)}
	new(Account).Value(prices(noon), noon, newYork.calendar(), &v)
	for name, amount := range totals(&v) {
		if !amount.IsZero() {
			t.Errorf("%s is %s", name, amount)
		}
	}
	if v.Stale || len(v.Positions) != 0 {
		t.Error("something was left of the valuation before")
	}
}

func TestDayChangeTellsTheDay(t *testing.T) {
	// Day 3 begins with 10 A bought at 50 on day 2 and worth 100 at its close.
	cases := map[string]struct {
		today   []string
		price   string
		dayPnL  string // of A, empty if it is closed
		change  string
		percent string
	}{
		"held overnight":              {nil, "103", "30", "30", "0.2857"},
		"bought today":                {[]string{"buy 10 A @ 100"}, "100", "0", "0", "0"},
		"bought today with a profit":  {[]string{"buy 10 A @ 101"}, "103", "50", "50", "0.4762"},
		"sold in part":                {[]string{"sell 4 A @ 102"}, "103", "26", "26", "0.2476"},
		"bought and sold in part":     {[]string{"buy 10 A @ 101", "sell 15 A @ 104"}, "103", "65", "65", "0.619"},
		"closed":                      {[]string{"sell 10 A @ 105"}, "103", "", "50", "0.4762"},
		"closed and fees":             {[]string{"sell 10 A @ 105 fee 7"}, "103", "", "43", "0.4095"},
		"reopened":                    {[]string{"sell 10 A @ 105", "buy 5 A @ 101"}, "103", "10", "60", "0.5714"},
		"reopened and closed":         {[]string{"sell 10 A @ 105", "buy 5 A @ 101", "sell 5 A @ 102"}, "103", "", "55", "0.5238"},
		"turned around":               {[]string{"sell 15 A @ 105"}, "103", "10", "60", "0.5714"},
		"turned and turned back":      {[]string{"sell 15 A @ 105", "buy 15 A @ 101"}, "103", "20", "90", "0.8571"},
		"another, opened and closed":  {[]string{"buy 1 B @ 10", "sell 1 B @ 12"}, "100", "0", "2", "0.019"},
		"another, short and reopened": {[]string{"sell 1 B @ 10", "buy 1 B @ 12", "sell 1 B @ 12"}, "100", "0", "-2", "-0.019"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBookOn(t, 2, "10000")
			b.fill("buy 10 A @ 50")
			b.at(3, 10, 0)
			b.fill(c.today...)
			v := b.value("A "+c.price+"/100", "B 12/11")
			amounts(t, totals(v), map[string]string{"day": c.change, "day%": c.percent})
			for i := range v.Positions {
				if p := &v.Positions[i]; p.Symbol == "A" && p.DayPnL.Cmp(d(c.dayPnL)) != 0 {
					t.Errorf("A made %s, want %s", p.DayPnL, c.dayPnL)
				}
			}
			if _, open := b.Position("A"); open != (c.dayPnL != "") {
				t.Errorf("A is open: %t", open)
			}
		})
	}
}

func TestDepositsAreNoGain(t *testing.T) {
	b := newBook(t, "").at(2, 10, 0)
	b.apply(Deposited{Amount: d("1000"), Time: b.tick()})
	b.at(3, 10, 0)
	b.apply(Deposited{Amount: d("500"), Time: b.tick()})
	b.apply(Withdrawn{Amount: d("100"), Time: b.tick()})
	b.fill("buy 1 A @ 100")
	amounts(t, totals(b.value("A 114/90")), map[string]string{"day": "14", "day%": "1", "pnl": "14", "pnl%": "1", "total": "1414"})
}

func TestDayBeginsAnewWithoutAnEvent(t *testing.T) {
	b := newBookOn(t, 2, "10000")
	b.fill("buy 10 A @ 100", "sell 5 B @ 10", "buy 5 B @ 8")
	value := func(price, previous string, traded time.Time) *Valuation {
		var v Valuation
		b.Value(func(string) (market.Mark, bool) {
			return market.Mark{Price: d(price), PreviousClose: d(previous), Time: traded}, true
		}, b.now, b.days, &v)
		return &v
	}
	yesterday := b.now
	b.at(3, 0, 0)
	if v := value("105", "90", yesterday); !v.DayChange.IsZero() || !v.Positions[0].DayPnL.IsZero() {
		t.Errorf("%s and %s were made before the market opened", v.DayChange, v.Positions[0].DayPnL)
	}
	b.at(3, 9, 31)
	if v := value("107", "105", b.now); v.DayChange.Cmp(d("20")) != 0 || v.Positions[0].DayPnL.Cmp(d("20")) != 0 {
		t.Errorf("%s and %s were made, want 20", v.DayChange, v.Positions[0].DayPnL)
	}
	b.apply(Deposited{Amount: d("1"), Time: b.tick()})
	if v := value("107", "105", b.now); v.DayChange.Cmp(d("20")) != 0 || v.Positions[0].DayPnL.Cmp(d("20")) != 0 {
		t.Errorf("%s and %s were made with an event today, want 20", v.DayChange, v.Positions[0].DayPnL)
	}
}

func TestFillsTellTheDayWhereNoQuoteDoes(t *testing.T) {
	b := newBookOn(t, 2, "10000")
	b.fill("buy 10 A @ 100", "buy 1 B @ 100")
	b.at(3, 10, 0)
	b.fill("buy 10 A @ 120", "sell 1 B @ 90")
	v := b.value()
	amounts(t, totals(v), map[string]string{"day": "190"})
	amounts(t, fieldsOf(&v.Positions[0]), map[string]string{"day": "200", "current": "120"})
	b.at(4, 10, 0)
	amounts(t, totals(b.value()), map[string]string{"day": "0"})
}

func TestDaysRollOverByTheCalendar(t *testing.T) {
	utc := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	cases := map[string]struct {
		zone         zone
		bought, seen string
		sameDay      bool
	}{
		"before midnight in New York":       {zone{"00:00", "America/New_York"}, "2026-03-03T05:00:00Z", "2026-03-04T04:59:59Z", true},
		"at midnight in New York":           {zone{"00:00", "America/New_York"}, "2026-03-03T05:00:00Z", "2026-03-04T05:00:00Z", false},
		"before five in Chicago":            {zone{"17:00", "America/Chicago"}, "2026-03-03T23:00:00Z", "2026-03-04T22:59:59Z", true},
		"at five in Chicago":                {zone{"17:00", "America/Chicago"}, "2026-03-03T23:00:00Z", "2026-03-04T23:00:00Z", false},
		"a day of 23 hours, its last one":   {zone{"00:00", "America/New_York"}, "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", true},
		"a day of 23 hours, over":           {zone{"00:00", "America/New_York"}, "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", false},
		"a day of 25 hours, its last one":   {zone{"00:00", "America/New_York"}, "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", true},
		"a day of 25 hours, over":           {zone{"00:00", "America/New_York"}, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", false},
		"half an hour from UTC, before":     {zone{"09:15", "Asia/Kolkata"}, "2026-03-03T03:45:00Z", "2026-03-04T03:44:59Z", true},
		"half an hour from UTC, after":      {zone{"09:15", "Asia/Kolkata"}, "2026-03-03T03:45:00Z", "2026-03-04T03:45:00Z", false},
		"many days later":                   {zone{"00:00", "UTC"}, "2026-03-03T12:00:00Z", "2027-01-01T00:00:00Z", false},
		"the same instant, of another zone": {zone{"00:00", "UTC"}, "2026-03-03T12:00:00+02:00", "2026-03-03T12:00:00+02:00", true},
	}
	for name, c := range cases {
		for _, with := range []string{"an event", "no event"} {
			t.Run(name+" with "+with, func(t *testing.T) {
				a, days := new(Account), c.zone.calendar()
				seen := utc(c.seen)
				events := []Event{
					Deposited{Amount: d("1000"), Time: utc(c.bought)},
					OrderFilled{Symbol: "A", Quantity: d("1"), Price: d("100"), Time: utc(c.bought)},
				}
				if with == "an event" {
					events = append(events, OrderCancelled{Time: seen})
				}
				for _, e := range events {
					if err := a.Apply(e, days); err != nil {
						t.Fatal(err)
					}
				}
				var v Valuation
				a.Value(prices(seen, "A 110/105"), seen, days, &v)
				want := "5" // since the previous close
				if c.sameDay {
					want = "10" // since it was bought
				}
				if v.DayChange.Cmp(d(want)) != 0 || v.Positions[0].DayPnL.Cmp(d(want)) != 0 {
					t.Fatalf("the day made %s, the position %s, want %s", v.DayChange, v.Positions[0].DayPnL, want)
				}
			})
		}
	}
}

func TestLateEventCountsInTheDayUnderWay(t *testing.T) {
	b := newBook(t, "").at(2, 10, 0)
	b.apply(Deposited{Amount: d("10000"), Time: b.tick()})
	b.fill("buy 10 A @ 100")
	b.at(3, 10, 0)
	b.fill("buy 1 A @ 104")
	b.at(2, 15, 0) // reported a day late
	b.fill("buy 1 A @ 101", "sell 2 B @ 10")
	b.apply(Deposited{Amount: d("5"), Time: b.tick()})
	b.at(3, 10, 1)
	v := b.value("A 105/102", "B 9/8")
	amounts(t, totals(v), map[string]string{"day": "37", "total": "10062"}) // 10x3 + 1x1 + 1x4 + 2x1
	amounts(t, fieldsOf(&v.Positions[0]), map[string]string{"day": "35"})
	amounts(t, fieldsOf(&v.Positions[1]), map[string]string{"day": "2"})
}
