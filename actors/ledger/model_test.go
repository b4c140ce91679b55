package ledger

import (
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/market"
)

// model is an account in fractions, by the words of the package comment.
type model struct {
	cash, realised, fees, deposits *big.Rat
	quantities, costs              map[string]*big.Rat
	made                           map[string]*big.Rat // by the position that is open
	lives                          []*big.Rat          // profits of the positions that ended

	// As the trading day began.
	day             string
	dayCash         *big.Rat
	dayDeposits     *big.Rat
	startQuantities map[string]*big.Rat
}

func newModel() *model {
	zero := func() *big.Rat { return new(big.Rat) }
	return &model{cash: zero(), realised: zero(), fees: zero(), deposits: zero(), dayCash: zero(), dayDeposits: zero(),
		quantities: map[string]*big.Rat{}, costs: map[string]*big.Rat{}, startQuantities: map[string]*big.Rat{}, made: map[string]*big.Rat{}}
}

func plus(a, b *big.Rat) *big.Rat  { return new(big.Rat).Add(a, b) }
func minus(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
func money(r *big.Rat) *big.Rat    { return rounded(r, 8) }

func (m *model) apply(e Event) {
	if day := e.When().In(newYork.location()).Format(time.DateOnly); day > m.day {
		m.day, m.dayCash, m.dayDeposits, m.startQuantities = day, m.cash, m.deposits, map[string]*big.Rat{}
		for symbol, q := range m.quantities {
			m.startQuantities[symbol] = q
		}
	}
	switch e := e.(type) {
	case Deposited:
		m.cash, m.deposits = plus(m.cash, rat(e.Amount)), plus(m.deposits, rat(e.Amount))
	case Withdrawn:
		m.cash, m.deposits = minus(m.cash, rat(e.Amount)), minus(m.deposits, rat(e.Amount))
	case OrderFilled:
		m.fill(&e)
	}
}

func (m *model) fill(f *OrderFilled) {
	quantity, price := rat(f.Quantity), rat(f.Price)
	if f.Side == Sell {
		quantity.Neg(quantity)
	}
	amount, fee, realised := money(times(price, quantity)), money(rat(f.Fee)), m.realised
	m.cash, m.fees = minus(minus(m.cash, amount), fee), plus(m.fees, fee)
	held, cost := m.quantities[f.Symbol], m.costs[f.Symbol]
	if held == nil {
		held, cost = new(big.Rat), new(big.Rat)
	}
	after := plus(held, quantity)
	switch {
	case held.Sign()*quantity.Sign() >= 0:
		cost = plus(cost, amount)
	case held.Sign()*after.Sign() > 0: // in part
		leaves := money(new(big.Rat).Quo(times(cost, quantity), new(big.Rat).Neg(held)))
		m.realised = plus(m.realised, minus(new(big.Rat).Neg(amount), leaves))
		cost = minus(cost, leaves)
	default:
		brought := money(times(price, held))
		m.realised = plus(m.realised, minus(brought, cost))
		cost = plus(amount, brought)
	}
	if m.made[f.Symbol] == nil {
		m.made[f.Symbol] = new(big.Rat)
	}
	m.made[f.Symbol] = plus(m.made[f.Symbol], minus(m.realised, realised))
	if held.Sign()*after.Sign() <= 0 && held.Sign() != 0 {
		m.lives = append(m.lives, m.made[f.Symbol])
		delete(m.made, f.Symbol)
	}
	if after.Sign() == 0 {
		delete(m.quantities, f.Symbol)
		delete(m.costs, f.Symbol)
		return
	}
	m.quantities[f.Symbol], m.costs[f.Symbol] = after, cost
}

func (m *model) compare(t *rapid.T, a *Account) {
	for _, c := range []struct {
		name string
		got  decimal.Decimal
		want *big.Rat
	}{{"cash", a.Cash, m.cash}, {"realised", a.Realised, m.realised}, {"fees", a.Fees, m.fees}, {"deposits", a.NetDeposits, m.deposits}} {
		if rat(c.got).Cmp(c.want) != 0 {
			t.Fatalf("%s is %s, want %s", c.name, c.got, c.want.FloatString(10))
		}
	}
	if len(a.Positions) != len(m.quantities) {
		t.Fatalf("%d positions, want %d", len(a.Positions), len(m.quantities))
	}
	costs := new(big.Rat)
	for _, p := range a.Positions {
		if rat(p.Quantity).Cmp(m.quantities[p.Symbol]) != 0 || rat(p.Cost).Cmp(m.costs[p.Symbol]) != 0 {
			t.Fatalf("%s of %s for %s, want %s for %s", p.Quantity, p.Symbol, p.Cost, m.quantities[p.Symbol].FloatString(10), m.costs[p.Symbol].FloatString(10))
		}
		costs = plus(costs, rat(p.Cost))
	}
	if left, right := plus(rat(a.Cash), costs), minus(plus(m.deposits, m.realised), m.fees); left.Cmp(right) != 0 {
		t.Fatalf("cash and costs are %s, deposits and profits less fees %s", left.FloatString(10), right.FloatString(10))
	}
}

// worth checks a valuation.
func (m *model) worth(t *rapid.T, v *Valuation, price, previous func(symbol string) decimal.Decimal) {
	total, start := new(big.Rat).Set(m.cash), new(big.Rat).Set(m.dayCash)
	for symbol, quantity := range m.quantities {
		total = plus(total, money(times(rat(price(symbol)), quantity)))
	}
	for symbol, quantity := range m.startQuantities {
		start = plus(start, money(times(rat(previous(symbol)), quantity)))
	}
	if rat(v.TotalValue).Cmp(total) != 0 {
		t.Fatalf("the total value is %s, want %s", v.TotalValue, total.FloatString(10))
	}
	want := minus(minus(total, start), minus(m.deposits, m.dayDeposits))
	if rat(v.DayChange).Cmp(want) != 0 {
		t.Fatalf("the day made %s, want %s", v.DayChange, want.FloatString(10))
	}
	made := minus(plus(rat(v.Realised), rat(v.Unrealised)), rat(v.Fees))
	if gained := minus(total, m.deposits); made.Cmp(gained) != 0 || rat(v.TotalPnL).Cmp(gained) != 0 {
		t.Fatalf("realised and unrealised profit less fees are %s, total value less deposits %s, shown as %s", made.FloatString(10), gained.FloatString(10), v.TotalPnL)
	}
}

// kept draws an amount that accounts keep, above 0 and below 10^whole.
func kept(whole int) *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		scale := rapid.IntRange(0, keptScale).Draw(t, "scale")
		digits := rapid.IntRange(1, min(whole+scale, decimal.MaxPrec)).Draw(t, "digits")
		return decimal.MustNew(rapid.Int64Range(1, int64(min(powers[digits]-1, 1<<62))).Draw(t, "coef"), scale)
	})
}

// fine draws a quantity or a price: it has whatever decimals, up to 15 digits.
func fine(whole int) *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		scale := rapid.SampledFrom([]int{0, 2, 8, 9, 12}).Draw(t, "scale")
		digits := rapid.IntRange(1, min(whole+scale, 15)).Draw(t, "digits")
		return decimal.MustNew(rapid.Int64Range(1, int64(powers[digits]-1)).Draw(t, "coef"), scale)
	})
}

var symbols = []string{"A", "B", "BB", "C"}

// history draws events as an account's stream has them: later ones mostly, of
// one day or many, some late.
type history struct {
	t     *rapid.T
	now   time.Time
	whole int // digits of quantities and prices before the point
	ids   []string
}

func newHistory(t *rapid.T) *history {
	return &history{t: t, now: noon, whole: rapid.SampledFrom([]int{1, 3, 5, 11}).Draw(t, "whole")}
}

func (h *history) event() Event {
	t := h.t
	h.now = h.now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour, 30 * time.Hour, -20 * time.Hour}).Draw(t, "later"))
	switch rapid.IntRange(0, 10).Draw(t, "kind") {
	case 0:
		return Deposited{Amount: kept(h.whole+2).Draw(t, "amount"), Time: h.now}
	case 1:
		return Withdrawn{Amount: kept(h.whole).Draw(t, "amount"), Time: h.now}
	case 2:
		id := rapid.StringMatching(`o-[0-9]{1,3}`).Draw(t, "id")
		h.ids = append(h.ids, id)
		return OrderPlaced{OrderID: id, Symbol: h.symbol(), Side: h.side(), Quantity: fine(h.whole).Draw(t, "quantity"),
			Type: Limit, LimitPrice: kept(h.whole).Draw(t, "limit"), Time: h.now}
	case 3:
		return OrderCancelled{OrderID: h.order(), Time: h.now}
	case 4:
		return OrderFailed{OrderID: h.order(), Symbol: h.symbol(), Side: h.side(), Time: h.now}
	case 5:
		return OrderRejected{OrderID: "r", Symbol: h.symbol(), Side: h.side(), Quantity: fine(h.whole).Draw(t, "quantity"), Time: h.now}
	}
	return OrderFilled{
		TradeID: "t", OrderID: h.order(), Symbol: h.symbol(), Side: h.side(), Time: h.now,
		Quantity: rapid.OneOf(rapid.Just(decimal.Ten), fine(h.whole)).Draw(t, "quantity"),
		Price:    rapid.OneOf(rapid.Just(decimal.Zero), fine(h.whole), fine(h.whole)).Draw(t, "price"),
		Fee:      rapid.OneOf(rapid.Just(decimal.Zero), fine(2), rapid.Map(fine(2), decimal.Decimal.Neg)).Draw(t, "fee"),
	}
}

func (h *history) symbol() string { return rapid.SampledFrom(symbols).Draw(h.t, "symbol") }

func (h *history) side() Side { return Side(rapid.IntRange(0, 1).Draw(h.t, "side")) }

func (h *history) order() string {
	return rapid.SampledFrom(append([]string{"", "other"}, h.ids...)).Draw(h.t, "order")
}

func TestEveryHistoryBalancesInFractions(t *testing.T) {
	days := newYork.calendar()
	rapid.Check(t, func(t *rapid.T) {
		h, m, a := newHistory(t), newModel(), new(Account)
		var v Valuation
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			e := h.event()
			before := a.Clone()
			if f, fills := e.(OrderFilled); fills {
				if f, err := a.Fill(f); err == nil {
					e = f
				}
			}
			same(t, before, a)
			if err := a.Apply(e, days); err != nil {
				same(t, before, a)
				continue
			}
			m.apply(e)
			m.compare(t, a)
			storedOutcomeIsWhatHappened(t, e, before, a, m)
			previous := func(symbol string) decimal.Decimal { return decimal.MustNew(int64(len(symbol)+100), 1) }
			price := func(symbol string) decimal.Decimal { return decimal.MustNew(int64(len(symbol)+150), 1) }
			if a.day.span.Contains(h.now) {
				a.Value(func(symbol string) (market.Mark, bool) {
					return market.Mark{Price: price(symbol), PreviousClose: previous(symbol), Time: h.now}, true
				}, h.now, days, &v)
				if v.TotalValue.CmpAbs(d("1000000000")) < 0 { // else what is shown is rounded
					m.worth(t, &v, price, previous)
				}
			}
		}
	})
}

func storedOutcomeIsWhatHappened(t *rapid.T, e Event, before, after *Account, m *model) {
	f, fills := e.(OrderFilled)
	if !fills {
		return
	}
	if realised, _ := difference(after.Realised, before.Realised); realised.Cmp(f.Realised) != 0 {
		t.Fatalf("stored a profit of %s, made %s", f.Realised, realised)
	}
	if closings := after.Closings - before.Closings; (closings == 1) != f.Closing {
		t.Fatalf("stored closing %t, counted %d", f.Closing, closings)
	}
	was, held := before.Position(f.Symbol)
	is, holds := after.Position(f.Symbol)
	ended := held && (!holds || is.Quantity.Sign() != was.Quantity.Sign())
	if ended != (f.Closed != nil) {
		t.Fatalf("stored %+v of a position that ended: %t", f.Closed, ended)
	}
	if ended && (f.Closed.Last.Quantity.Cmp(was.Quantity) != 0 || f.Closed.Last.PnL.Cmp(f.Realised) != 0 || !f.Closed.OpenedAt.Equal(was.OpenedAt)) {
		t.Fatalf("stored %+v of %+v", f.Closed, was)
	}
	if ended && rat(f.Closed.PnL).Cmp(m.lives[len(m.lives)-1]) != 0 {
		t.Fatalf("stored %+v, made %s", f.Closed, m.lives[len(m.lives)-1].FloatString(10))
	}
	if crossed := ended && holds; f.Opened.IsZero() == crossed || crossed && f.Opened.Cmp(is.Quantity) != 0 {
		t.Fatalf("stored %s opened of %+v", f.Opened, is)
	}
}

func TestOpenGainsOfTheDayAreAllOfIt(t *testing.T) {
	days := newYork.calendar()
	rapid.Check(t, func(t *rapid.T) {
		a, fees := new(Account), new(big.Rat)
		for _, at := range []time.Time{noon, noon.AddDate(0, 0, 1)} {
			fees.SetInt64(0)
			for _, symbol := range symbols {
				for range rapid.IntRange(0, 5).Draw(t, "fills") {
					f := OrderFilled{Symbol: symbol, Side: Side(rapid.IntRange(0, 1).Draw(t, "side")),
						Quantity: kept(2).Draw(t, "quantity"), Price: kept(3).Draw(t, "price"), Fee: decimal.One, Time: at}
					if p, held := a.Position(symbol); held && (f.Side == Sell) == p.Quantity.IsPos() && f.Quantity.CmpAbs(p.Quantity) >= 0 {
						continue // what ends leaves with its gain
					}
					if err := a.Apply(f, days); err != nil {
						t.Fatal(err)
					}
					fees = plus(fees, rat(f.Fee))
				}
			}
		}
		var v Valuation
		now := noon.AddDate(0, 0, 1)
		if a.day.span.Start.Before(days.DayOf(now).Start) {
			fees.SetInt64(0)
		}
		a.Value(func(string) (market.Mark, bool) {
			return market.Mark{Price: decimal.Ten, PreviousClose: decimal.Two, Time: now}, true
		}, now, days, &v)
		made := new(big.Rat).Neg(fees)
		for i := range v.Positions {
			made = plus(made, rat(v.Positions[i].DayPnL))
		}
		if rat(v.DayChange).Cmp(made) != 0 {
			t.Fatalf("the day made %s, its positions less fees %s", v.DayChange, made.FloatString(10))
		}
	})
}

func TestOrderOfUnrelatedEventsDoesNotMatter(t *testing.T) {
	days := newYork.calendar()
	rapid.Check(t, func(t *rapid.T) {
		lines := make([][]Event, len(symbols))
		for i, symbol := range symbols {
			for range rapid.IntRange(0, 8).Draw(t, "events") {
				lines[i] = append(lines[i], OrderFilled{Symbol: symbol, Side: Side(rapid.IntRange(0, 1).Draw(t, "side")),
					Quantity: kept(2).Draw(t, "quantity"), Price: kept(3).Draw(t, "price"), Fee: kept(1).Draw(t, "fee"), Time: noon})
			}
		}
		fold := func(label string) *Account {
			a, rest := new(Account), slices.Clone(lines)
			for len(rest) > 0 {
				i := rapid.IntRange(0, len(rest)-1).Draw(t, label)
				if len(rest[i]) == 0 {
					rest = slices.Delete(rest, i, i+1)
					continue
				}
				if err := a.Apply(rest[i][0], days); err != nil {
					t.Fatal(err)
				}
				rest[i] = rest[i][1:]
			}
			return a
		}
		same(t, fold("first"), fold("second"))
	})
}

func TestCheckpointAndTheRestFoldToTheSame(t *testing.T) {
	days := newYork.calendar()
	rapid.Check(t, func(t *rapid.T) {
		h, whole, resumed := newHistory(t), new(Account), new(Account)
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			e := h.event()
			if rapid.IntRange(0, 4).Draw(t, "checkpoint") == 0 {
				var err error
				text := AppendAccount([]byte("x"), resumed)[1:]
				if resumed, err = ParseAccount(text); err != nil {
					t.Fatalf("%v in %s", err, text)
				}
			}
			first, second := whole.Apply(e, days), resumed.Apply(e, days)
			if (first == nil) != (second == nil) {
				t.Fatalf("%v from all events, %v from a checkpoint", first, second)
			}
			same(t, whole, resumed)
		}
	})
}
