package ledger

import (
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// Marks returns what a symbol is valued by; false where no quote is known.
type Marks func(symbol string) (market.Mark, bool)

// Valuation is what an account is worth by the marks of its positions.
type Valuation struct {
	// TotalValue is cash and the value of the positions; Equity is the same, by
	// the name that brokers use.
	TotalValue, Cash, Equity decimal.Decimal
	// BuyingPower is what new positions may cost: short positions are backed in
	// full, and open orders keep what they may need.
	BuyingPower decimal.Decimal
	// DayChange is the change of TotalValue since the trading day began, deposits
	// apart, and DayChangePercent of what it was then.
	DayChange, DayChangePercent decimal.Decimal
	// TotalPnL is TotalValue less NetDeposits: realised and unrealised profit less
	// fees. TotalPnLPercent is of the deposits.
	TotalPnL, TotalPnLPercent  decimal.Decimal
	Realised, Unrealised, Fees decimal.Decimal
	NetDeposits                decimal.Decimal
	// WinRate is the share of closing fills with a profit, in percent.
	WinRate        decimal.Decimal
	Trades, Failed uint64
	Positions      []PositionValue
	// Stale: some position's mark is stale or not known.
	Stale bool
}

// PositionValue is what one position is worth.
type PositionValue struct {
	Symbol string
	// Quantity is negative for a short position, and so are MarketValue and CostBasis.
	Quantity                         decimal.Decimal
	EntryPrice, CurrentPrice         decimal.Decimal
	MarketValue, CostBasis           decimal.Decimal
	UnrealisedPnL, UnrealisedPercent decimal.Decimal
	DayPnL                           decimal.Decimal
	// Known says that CurrentPrice comes from a quote in State; otherwise it is
	// the price of the last fill.
	Known bool
	State market.State
}

// Side is long or short.
func (p *PositionValue) Side() string {
	if p.Quantity.IsNeg() {
		return "short"
	}
	return "long"
}

// Value values the account at now into v, whose memory it uses again. Amounts
// that do not fit are shown as far as they do.
func (a *Account) Value(marks Marks, now time.Time, days market.Calendar, v *Valuation) {
	positions := v.Positions[:0]
	*v = Valuation{
		Cash: a.Cash, Realised: a.Realised, Fees: a.Fees, NetDeposits: a.NetDeposits,
		Trades: a.Trades, Failed: a.Failed, WinRate: a.winRate(),
	}
	rolled := !now.Before(a.day.span.End)
	start := a.startValue(marks, rolled)
	value, exposure := a.Cash, decimal.Zero
	for i := range a.Positions {
		p := &a.Positions[i]
		mark, known := marks(p.Symbol)
		pv := p.value(mark, known)
		opened := p.Start
		if rolled {
			opened = p.Quantity
		}
		previous := previousClose(mark, known, p.LastPrice)
		before := product(previous, opened)
		start = about(start, before)
		pv.DayPnL = dayProfit(p, &pv, previous, opened)
		positions = append(positions, pv)
		value = about(value, pv.MarketValue)
		exposure = about(exposure, pv.MarketValue.Abs())
		v.Unrealised = about(v.Unrealised, pv.UnrealisedPnL)
		v.Stale = v.Stale || !known || pv.State == market.Stale
	}
	v.Positions, v.TotalValue, v.Equity = positions, value, value
	v.BuyingPower = about(about(value, exposure.Neg()), a.reserved(marks).Neg())
	if v.BuyingPower.IsNeg() {
		v.BuyingPower = decimal.Zero
	}
	deposits := decimal.Zero
	if !rolled {
		deposits = about(a.NetDeposits, a.day.deposits.Neg())
	}
	v.DayChange = about(about(value, start.Neg()), deposits.Neg())
	v.DayChangePercent = percent(v.DayChange, about(start, deposits))
	v.TotalPnL = about(value, a.NetDeposits.Neg())
	v.TotalPnLPercent = percent(v.TotalPnL, a.NetDeposits)
}

// startValue is what the account was worth when the trading day began, without
// the positions that are still open.
func (a *Account) startValue(marks Marks, rolled bool) decimal.Decimal {
	if rolled {
		return a.Cash
	}
	start := a.day.cash
	for _, h := range a.day.left {
		mark, known := marks(h.symbol)
		start = about(start, product(previousClose(mark, known, h.price), h.quantity))
	}
	return start
}

// previousClose is what a position was worth a piece when the day began.
func previousClose(mark market.Mark, known bool, lastPrice decimal.Decimal) decimal.Decimal {
	if known && mark.PreviousClose.IsPos() {
		return mark.PreviousClose
	}
	return lastPrice
}

// value is what a position is worth by a mark.
func (p *Position) value(mark market.Mark, known bool) PositionValue {
	price := p.LastPrice
	if known {
		price = mark.Price
	}
	v := PositionValue{
		Symbol: p.Symbol, Quantity: p.Quantity, CurrentPrice: price, Known: known, State: mark.State,
		EntryPrice: average(p.Cost, p.Quantity), MarketValue: product(price, p.Quantity), CostBasis: p.Cost,
	}
	v.UnrealisedPnL = about(v.MarketValue, p.Cost.Neg())
	v.UnrealisedPercent = percent(v.UnrealisedPnL, p.Cost)
	return v
}

// dayProfit is what a position gained since the previous close: all of it for
// what was held then, and since its purchase for what was bought today.
func dayProfit(p *Position, v *PositionValue, previous, start decimal.Decimal) decimal.Decimal {
	if start.IsZero() {
		return v.UnrealisedPnL
	}
	held := start
	if start.Sign() != p.Quantity.Sign() {
		return v.UnrealisedPnL // turned around today
	}
	if start.CmpAbs(p.Quantity) > 0 {
		held = p.Quantity // some was closed today; what is left was held
	}
	move := product(about(v.CurrentPrice, previous.Neg()), held)
	if bought := about(p.Quantity, held.Neg()); !bought.IsZero() {
		move = about(move, product(about(v.CurrentPrice, v.EntryPrice.Neg()), bought))
	}
	return move
}

// product is a price times a quantity for what is shown.
func product(price, quantity decimal.Decimal) decimal.Decimal {
	p, err := price.Mul(quantity)
	if err != nil {
		return decimal.Zero
	}
	return p.Round(moneyScale).Trim(0)
}

func (a *Account) winRate() decimal.Decimal {
	if a.Closings == 0 {
		return decimal.Zero
	}
	return percent(count(a.Wins), count(a.Closings))
}

func count(n uint64) decimal.Decimal { return decimal.MustNew(int64(n), 0) }
