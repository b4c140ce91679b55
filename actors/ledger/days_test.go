package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/market"
)

// twoMarkets has equities by days of New York, and what ends in -USD by those of UTC.
type twoMarkets struct{ equities, crypto market.Calendar }

func newTwoMarkets() twoMarkets {
	return twoMarkets{equities: newYork.calendar(), crypto: zone{"00:00", "UTC"}.calendar()}
}

func (m twoMarkets) DayOf(t time.Time) market.Day { return m.equities.DayOf(t) }

func (m twoMarkets) OtherDays(symbol string) (market.Calendar, bool) {
	return m.crypto, strings.HasSuffix(symbol, "-USD")
}

func fillAt(t rapidOrTest, a *Account, days Days, line string, at time.Time) {
	words := strings.Fields(line)
	side, err := ParseSide(words[0])
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.Fill(OrderFilled{TradeID: "t", Symbol: words[2], Side: side, Quantity: d(words[1]), Price: d(words[4]), Time: at})
	if err == nil {
		err = a.Apply(f, days)
	}
	if err != nil {
		t.Fatal(line, err)
	}
}

type rapidOrTest interface{ Fatal(args ...any) }

func TestPositionsHaveTheTradingDayOfTheirMarket(t *testing.T) {
	days := newTwoMarkets()
	evening := time.Date(2026, 3, 4, 20, 0, 0, 0, newYork.location()) // the 5th in UTC
	a := new(Account)
	if err := a.Apply(Deposited{Amount: d("10000"), Time: evening.AddDate(0, 0, -3)}, days); err != nil {
		t.Fatal(err)
	}
	fillAt(t, a, days, "buy 1 OLD-USD @ 50", evening.AddDate(0, 0, -2))
	fillAt(t, a, days, "buy 1 NOON-USD @ 100", evening.Add(-8*time.Hour))
	fillAt(t, a, days, "buy 1 NEW-USD @ 100", evening)
	fillAt(t, a, days, "buy 1 AAPL @ 100", evening.Add(-8*time.Hour))
	for _, test := range []struct {
		when string
		now  time.Time
		want map[string]string // by symbol, what was made in its day
		day  string
	}{
		// All moved to 105. What its day began with was 60, 102, 90 and 95.
		{"in the evening", evening.Add(time.Minute), map[string]string{"OLD-USD": "45", "NOON-USD": "3", "NEW-USD": "5", "AAPL": "5"}, "58"},
		{"after midnight in New York", evening.Add(5 * time.Hour), map[string]string{"OLD-USD": "45", "NOON-USD": "3", "NEW-USD": "5", "AAPL": "10"}, "63"},
		{"after the next midnight in UTC", evening.Add(24 * time.Hour), map[string]string{"OLD-USD": "45", "NOON-USD": "3", "NEW-USD": "15", "AAPL": "10"}, "73"},
	} {
		var v Valuation
		a.Value(prices(test.now, "OLD-USD 105/60", "NOON-USD 105/102", "NEW-USD 105/90", "AAPL 105/95"), test.now, days, &v)
		for _, p := range v.Positions {
			if p.DayPnL.Cmp(d(test.want[p.Symbol])) != 0 {
				t.Errorf("%s: %s made %s in its day, want %s", test.when, p.Symbol, p.DayPnL, test.want[p.Symbol])
			}
		}
		if v.DayChange.Cmp(d(test.day)) != 0 {
			t.Errorf("%s: the account made %s, want %s", test.when, v.DayChange, test.day)
		}
	}
}

// An account in two markets makes in a day what an account in each of them would have
// made in its own, whatever was traded when.
func TestDaysOfTwoMarketsAreThoseOfTwoAccounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := newTwoMarkets()
		now := noon
		deposit := Deposited{Amount: d("1000000"), Time: now.AddDate(0, 0, -7)}
		both, equities, crypto := new(Account), new(Account), new(Account)
		for account, days := range map[*Account]Days{both: days, equities: days.equities, crypto: days.crypto} {
			if err := account.Apply(deposit, days); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 25).Draw(t, "fills") {
			now = now.Add(time.Duration(rapid.IntRange(1, 20*60).Draw(t, "minutes")) * time.Minute)
			symbol := rapid.SampledFrom([]string{"A", "B", "C-USD", "D-USD"}).Draw(t, "symbol")
			line := rapid.SampledFrom([]string{"buy 1 ", "buy 2 ", "sell 1 ", "sell 3 "}).Draw(t, "fill") + symbol + " @ " + rapid.SampledFrom([]string{"90", "100", "110.5"}).Draw(t, "price")
			fillAt(t, both, days, line, now)
			if strings.HasSuffix(symbol, "-USD") {
				fillAt(t, crypto, days.crypto, line, now)
			} else {
				fillAt(t, equities, days.equities, line, now)
			}
			if rapid.Bool().Draw(t, "restart") {
				restored, err := ParseAccount(AppendAccount(nil, both))
				if err != nil {
					t.Fatal(err)
				}
				same(t, both, restored)
				both = restored
			}
			later := now.Add(time.Duration(rapid.IntRange(0, 40*60).Draw(t, "later")) * time.Minute)
			marks := prices(later, "A 101/99", "B 50/60", "C-USD 7/8", "D-USD 1000/900")
			value := func(a *Account, days Days) *Valuation {
				v := new(Valuation)
				a.Value(marks, later, days, v)
				return v
			}
			v, e, c := value(both, days), value(equities, days.equities), value(crypto, days.crypto)
			if want := about(e.DayChange, c.DayChange); v.DayChange.Cmp(want) != 0 {
				t.Fatalf("%s at %s: the account made %s, want %s", line, later, v.DayChange, want)
			}
			made := map[string]decimal.Decimal{}
			for _, p := range append(e.Positions, c.Positions...) {
				made[p.Symbol] = p.DayPnL
			}
			for _, p := range v.Positions {
				if p.DayPnL.Cmp(made[p.Symbol]) != 0 {
					t.Fatalf("%s made %s in its day, want %s", p.Symbol, p.DayPnL, made[p.Symbol])
				}
			}
		}
	})
}

// Which market a symbol belongs to is a setting. While its day lasts, a change makes no
// profit of nothing.
func TestASymbolThatChangesItsMarketMakesNoProfitByThat(t *testing.T) {
	two, one := newTwoMarkets(), newYork.calendar()
	at := time.Date(2026, 3, 4, 10, 0, 0, 0, newYork.location())
	for name, markets := range map[string][2]Days{"to its own": {one, two}, "to the main one": {two, one}} {
		a := new(Account)
		if err := a.Apply(Deposited{Amount: d("10000"), Time: at.AddDate(0, 0, -3)}, markets[0]); err != nil {
			t.Fatal(err)
		}
		fillAt(t, a, markets[0], "buy 1 X-USD @ 100", at)
		fillAt(t, a, markets[1], "buy 1 X-USD @ 100", at.Add(time.Hour))
		var v Valuation
		now := at.Add(2 * time.Hour)
		a.Value(prices(now, "X-USD 105/80"), now, markets[1], &v)
		if v.DayChange.Cmp(d("10")) != 0 || v.Positions[0].DayPnL.Cmp(d("10")) != 0 {
			t.Errorf("%s: the account made %s, the position %s", name, v.DayChange, v.Positions[0].DayPnL)
		}
	}
}

func TestDaysOfSymbolsThatCannotBeAreRefused(t *testing.T) {
	const start = `"dayStart":1772668800000,"dayEnd":1772755200000`
	account := func(position, day string) string {
		return `{"v":1,"cash":"-100","positions":{"X":{"quantity":"1","cost":"100","lastPrice":"100","openedAt":1772668800000` + position + `}},` +
			`"day":{"start":1772668800000,"end":1772755200000` + day + `}}`
	}
	for text, good := range map[string]bool{
		account("", ""):                          true,
		account(","+start, ""):                   true,
		account(`,"dayStart":1772668800000`, ""): false,
		account(`,"dayStart":1772755200000,"dayEnd":1772668800000`, ""):      false,
		account("", `,"flows":{"X":{"own":"1","main":"2",`+start+`}}`):       true,
		account("", `,"flows":{"X":{"own":"1","main":"2"}}`):                 false,
		account("", `,"flows":{"X":{`+start+`},"A":{`+start+`}}`):            false,
		account("", `,"flows":{"X":{"other":"1",`+start+`}}`):                false,
		account("", `,"left":{"Y":{"quantity":"1","price":"2","dayEnd":1}}`): false,
	} {
		if _, err := ParseAccount([]byte(text)); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
