package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// noon of a trading day of the calendar that the tests use.
var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, newYork.location())

// newYork is the calendar of the tests.
var newYork = zone{"00:00", "America/New_York"}

type zone struct{ rollover, name string }

func (z zone) calendar() market.Calendar {
	days, err := market.NewCalendar(z.rollover, z.name)
	if err != nil {
		panic(err)
	}
	return days
}

func (z zone) location() *time.Location {
	location, err := time.LoadLocation(z.name)
	if err != nil {
		panic(err)
	}
	return location
}

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

// book applies events that tests write down in a line each, one second apart.
type book struct {
	*Account
	t    testing.TB
	days market.Calendar
	now  time.Time
	last OrderFilled // the newest fill, as Fill found it
}

func newBook(t testing.TB, deposit string) *book {
	b := &book{Account: new(Account), t: t, days: newYork.calendar(), now: noon}
	if deposit != "" {
		b.apply(Deposited{Amount: d(deposit), Time: b.tick()})
	}
	return b
}

// newBookOn begins at ten on a day of March.
func newBookOn(t testing.TB, day int, deposit string) *book {
	b := newBook(t, "").at(day, 10, 0)
	b.apply(Deposited{Amount: d(deposit), Time: b.tick()})
	return b
}

// at moves the book to a time of New York, in March.
func (b *book) at(day, hour, minute int) *book {
	b.now = time.Date(2026, 3, day, hour, minute, 0, 0, newYork.location())
	return b
}

func (b *book) tick() time.Time {
	b.now = b.now.Add(time.Second)
	return b.now
}

func (b *book) apply(e Event) {
	b.t.Helper()
	if err := b.Apply(e, b.days); err != nil {
		b.t.Fatalf("%+v: %v", e, err)
	}
}

// fillOf reads "buy 10 AAPL @ 150 fee 1 order o-1"; the fee and the order may be left out.
func (b *book) fillOf(line string) OrderFilled {
	b.t.Helper()
	words := strings.Fields(line)
	side, err := ParseSide(words[0])
	if err != nil {
		b.t.Fatal(err)
	}
	f := OrderFilled{TradeID: "t", Symbol: words[2], Side: side, Quantity: d(words[1]), Price: d(words[4]), Time: b.tick()}
	for i := 5; i+1 < len(words); i += 2 {
		switch words[i] {
		case "fee":
			f.Fee = d(words[i+1])
		case "order":
			f.OrderID = words[i+1]
		}
	}
	return f
}

// fill decides and applies fills.
func (b *book) fill(lines ...string) {
	b.t.Helper()
	for _, line := range lines {
		f, err := b.Fill(b.fillOf(line))
		if err != nil {
			b.t.Fatalf("%s: %v", line, err)
		}
		b.apply(f)
		b.last = f
	}
}

// place opens an order: "buy 10 AAPL" or "sell 5 AAPL limit 120".
func (b *book) place(id, line string) {
	b.t.Helper()
	b.apply(b.orderOf(id, line))
}

func (b *book) orderOf(id, line string) OrderPlaced {
	b.t.Helper()
	words := strings.Fields(line)
	side, err := ParseSide(words[0])
	if err != nil {
		b.t.Fatal(err)
	}
	o := OrderPlaced{OrderID: id, Side: side, Quantity: d(words[1]), Symbol: words[2], Time: b.tick()}
	if len(words) > 4 {
		o.Type, o.LimitPrice = Limit, d(words[4])
	}
	return o
}

// prices are marks of one state: "AAPL 150" or, with a previous close, "AAPL 150/148".
func prices(at time.Time, lines ...string) Marks {
	marks := map[string]market.Mark{}
	for _, line := range lines {
		symbol, prices, _ := strings.Cut(line, " ")
		price, previous, _ := strings.Cut(prices, "/")
		m := market.Mark{Price: d(price), Time: at}
		if previous != "" {
			m.PreviousClose = d(previous)
		}
		marks[symbol] = m
	}
	return func(symbol string) (market.Mark, bool) {
		m, ok := marks[symbol]
		return m, ok
	}
}

func (b *book) value(marks ...string) *Valuation {
	v := new(Valuation)
	b.Value(prices(b.now, marks...), b.now, b.days, v)
	return v
}

// same compares accounts with all that they keep. t is a test's or rapid's.
func same(t interface {
	Helper()
	Fatal(args ...any)
}, want, got *Account) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Account{}, day{}, held{}), cmpopts.EquateEmpty()); diff != "" {
		t.Fatal(diff)
	}
}

// amounts compares decimals by name.
func amounts(t testing.TB, got map[string]decimal.Decimal, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if g, ok := got[name]; !ok || g.Cmp(d(w)) != 0 {
			t.Errorf("%s is %s, want %s", name, g, w)
		}
	}
}
