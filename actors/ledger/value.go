package ledger

import (
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// Marks returns what a symbol is valued by; false where no quote is known.
type Marks func(symbol string) (market.Mark, bool)

// Valuation is what an account is worth by the marks of its positions. Percents
// are such that 5 is five in a hundred, with up to 4 decimals.
type Valuation struct {
	// TotalValue is cash and the value of the positions; Equity is the same, by
	// the name that brokers use.
	TotalValue, Cash, Equity decimal.Decimal
	// BuyingPower is what new positions may cost: short positions are backed in
	// full, and open orders keep what they may need.
	BuyingPower decimal.Decimal
	// DayChange is the change of TotalValue since the trading day began, deposits
	// apart, and DayChangePercent of what it was then with the day's deposits.
	DayChange, DayChangePercent decimal.Decimal
	// TotalPnL is TotalValue less NetDeposits: realised and unrealised profit less
	// fees. TotalPnLPercent is of the deposits.
	TotalPnL, TotalPnLPercent  decimal.Decimal
	Realised, Unrealised, Fees decimal.Decimal
	NetDeposits                decimal.Decimal
	// Closings counts fills that closed some of a position. WinRate is the share
	// of them with a profit, in percent; it says nothing before the first.
	Closings       uint64
	WinRate        decimal.Decimal
	Trades, Failed uint64
	Positions      []PositionValue
	// Stale: some position's mark is stale or not known.
	Stale bool
	// Incomplete: some position's mark is not known, so that the price of its last fill
	// stands in, and totals are no more than a guess.
	Incomplete bool
}

// PositionValue is what one position is worth. Quantity, MarketValue and
// CostBasis of a short position are negative, prices never are, and profits and
// their percents are positive where money was made.
type PositionValue struct {
	Symbol                   string
	Quantity                 decimal.Decimal
	EntryPrice, CurrentPrice decimal.Decimal
	MarketValue, CostBasis   decimal.Decimal
	// UnrealisedPnL is MarketValue less CostBasis, UnrealisedPercent of what
	// CostBasis is without its sign.
	UnrealisedPnL, UnrealisedPercent decimal.Decimal
	// DayPnL is what the position made since the trading day began or, if that
	// was later, since it was opened; a position that crossed zero was opened
	// there. What it realised today in part is included, fees are not.
	DayPnL decimal.Decimal
	// Known says that CurrentPrice comes from a quote in State; otherwise it is
	// the price of the last fill.
	Known bool
	State market.State
}

// Side is long or short.
func (p *PositionValue) Side() string { return sideOf(p.Quantity) }

func sideOf(quantity decimal.Decimal) string {
	if quantity.IsNeg() {
		return "short"
	}
	return "long"
}

// Value values the account at now into v, whose memory it uses again. Amounts
// that do not fit are shown as far as they do.
func (a *Account) Value(marks Marks, now time.Time, days Days, v *Valuation) {
	*v = Valuation{
		Cash: a.Cash, Realised: a.Realised, Fees: a.Fees, NetDeposits: a.NetDeposits, TotalValue: a.Cash,
		Trades: a.Trades, Failed: a.Failed, Closings: a.Closings, WinRate: a.winRate(), Positions: v.Positions[:0],
	}
	t := a.today(now, days)
	start := t.startWithoutOpen(a, marks, now)
	shorts := decimal.Zero
	for i := range a.Positions {
		v.Positions = append(v.Positions, PositionValue{})
		p, pv := &a.Positions[i], &v.Positions[i]
		own := t.of(p, now, days)
		began := own.value(p, pv, marks)
		start = about(start, began)
		v.TotalValue = about(v.TotalValue, pv.MarketValue)
		v.Unrealised = about(v.Unrealised, pv.UnrealisedPnL)
		v.Stale = v.Stale || !pv.Known || pv.State == market.Stale
		v.Incomplete = v.Incomplete || !pv.Known
		if p.Quantity.IsNeg() {
			shorts = about(shorts, p.owed(pv.CurrentPrice, pv.Known))
		}
	}
	v.Equity = v.TotalValue
	r := reservation{account: a}
	v.BuyingPower = a.buyingPower(shorts, r.ofOrders(marks))
	base := about(start, t.deposits)
	v.DayChange = less(v.TotalValue, base)
	v.DayChangePercent = percent(v.DayChange, base)
	v.TotalPnL = less(v.TotalValue, a.NetDeposits)
	v.TotalPnLPercent = percent(v.TotalPnL, a.NetDeposits)
}

// today is the trading day that an account is valued in.
type today struct {
	start time.Time
	// fresh: the account had no event in it yet, so that it began as the account
	// is now.
	fresh    bool
	deposits decimal.Decimal // of the day
}

func (a *Account) today(now time.Time, days Days) today {
	if now.Before(a.day.span.End) {
		return today{start: a.day.span.Start, deposits: less(a.NetDeposits, a.day.deposits)}
	}
	return today{start: days.DayOf(now).Start, fresh: true}
}

// startWithoutOpen is what the account was worth when the day began, without
// the positions that are still open.
func (t *today) startWithoutOpen(a *Account, marks Marks, now time.Time) decimal.Decimal {
	start := a.Cash
	if !t.fresh {
		start = a.day.cash
	}
	start = about(start, t.shift(a, now))
	for i := range a.day.left {
		h := &a.day.left[i]
		began := *t
		if !h.span.End.IsZero() {
			began = today{start: h.span.Start, fresh: !now.Before(h.span.End)}
		}
		if began.fresh {
			continue
		}
		mark, known := marks(h.symbol)
		start = about(start, product(began.previousClose(&mark, known, h.price), h.quantity))
	}
	return start
}

// previousClose is what a symbol was worth a piece when the day began: lastPrice
// where there is no quote to say.
func (t *today) previousClose(mark *market.Mark, known bool, lastPrice decimal.Decimal) decimal.Decimal {
	switch {
	case !known:
		return lastPrice
	case mark.Time.Before(t.start):
		return mark.Price // it has not traded today: its previous close is that of an earlier day
	case mark.PreviousClose.IsPos():
		return mark.PreviousClose
	}
	return lastPrice
}

// value is what a position is worth. It returns what was held of it when the
// day began, at the price of then.
func (t *today) value(p *Position, v *PositionValue, marks Marks) (began decimal.Decimal) {
	price, mark, known := p.price(marks)
	v.Symbol, v.Quantity, v.CostBasis = p.Symbol, p.Quantity, p.Cost
	v.CurrentPrice, v.Known, v.State = price, known, mark.State
	v.EntryPrice = shownPrice(p.Entry)
	v.MarketValue = product(price, p.Quantity)
	v.UnrealisedPnL = less(v.MarketValue, p.Cost)
	v.UnrealisedPercent = percent(v.UnrealisedPnL, p.Cost)
	held, lastPrice, cost := p.Start, p.StartPrice, p.DayCost
	if t.fresh {
		held, lastPrice, cost = p.Quantity, p.LastPrice, decimal.Zero
	}
	if !held.IsZero() {
		began = product(t.previousClose(&mark, known, lastPrice), held)
	}
	v.DayPnL = less(less(v.MarketValue, began), cost)
	return began
}

// price is what a position is valued by: its mark, or the last fill.
func (p *Position) price(marks Marks) (price decimal.Decimal, mark market.Mark, known bool) {
	if mark, known = marks(p.Symbol); known {
		return mark.Price, mark, true
	}
	return p.LastPrice, mark, false
}

// unknownRise is how much more than it last cost a short position is expected to cost
// while its price is not known.
var unknownRise = decimal.Two

// owed is what a short position is worth for the buying power, negative: by its mark or,
// where none is known, by twice the higher of its entry price and its last fill.
func (p *Position) owed(price decimal.Decimal, known bool) decimal.Decimal {
	if !known {
		if price.Less(p.Entry) {
			price = p.Entry
		}
		price = product(price, unknownRise)
	}
	return product(price, p.Quantity)
}

func (a *Account) winRate() decimal.Decimal {
	return percent(count(a.Wins), count(a.Closings))
}

func count(n uint64) decimal.Decimal { return decimal.MustNew(int64(n), 0) }
