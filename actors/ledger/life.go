package ledger

import "github.com/govalues/decimal"

// Life sums up the fills of a position since it left zero, for long and short positions
// alike. A sum that does not fit stays as it was.
type Life struct {
	// Opened is the quantity that was opened, which is positive, and EntryPrice its
	// average price. What is not held any more was closed.
	Opened, EntryPrice decimal.Decimal
	// ExitPrice is the average price of what was closed.
	ExitPrice decimal.Decimal
	// Realised profit before Fees.
	Realised, Fees decimal.Decimal
}

// enter adds a fill that makes the position larger.
func (l *Life) enter(quantity, price, fee decimal.Decimal) {
	if l.Opened.IsZero() {
		l.EntryPrice = price
	} else {
		l.EntryPrice = blend(l.EntryPrice, l.Opened, price, quantity)
	}
	l.Opened, l.Fees = about(l.Opened, quantity), about(l.Fees, fee)
}

// exit adds a fill that makes it smaller than it was, which is held without its sign.
func (l *Life) exit(held, quantity, price, profit, fee decimal.Decimal) {
	if closed := less(l.Opened, held); closed.IsPos() {
		l.ExitPrice = blend(l.ExitPrice, closed, price, quantity)
	} else {
		l.ExitPrice = price
	}
	l.Realised, l.Fees = about(l.Realised, profit), about(l.Fees, fee)
}

// end is the position's life once a fill has ended it.
func (p *Position) end(f *OrderFilled, c *change) *PositionClosed {
	life := p.Life
	life.exit(p.Quantity.Abs(), c.closed.Abs(), f.Price, c.profit, c.closedFee)
	return &PositionClosed{
		ClosedPart: ClosedPart{
			Quantity: life.Opened.CopySign(p.Quantity), EntryPrice: shownPrice(life.EntryPrice), ExitPrice: shownPrice(life.ExitPrice),
			PnL: life.Realised, PnLPercent: percent(life.Realised, product(life.EntryPrice, life.Opened)),
		},
		Fees: life.Fees, OpenedAt: p.OpenedAt, ClosedAt: f.Time,
		Last: ClosedPart{
			Quantity: c.closed, EntryPrice: f.EntryPrice, ExitPrice: f.Price, PnL: c.profit, PnLPercent: percent(c.profit, c.closedCost),
		},
	}
}

// begin makes a life of what is held, for a position of a checkpoint of an earlier
// version, which has none: what was closed before is not known there.
func (l *Life) begin(p *Position) {
	p.Entry = average(p.Cost, p.Quantity)
	l.enter(p.Quantity.Abs(), p.Entry, decimal.Zero)
}

// LacksLives reports whether the account is of a checkpoint of an earlier version, in
// which open positions have no lives. AdoptLives gives them those that events tell.
func (a *Account) LacksLives() bool { return a.lifeless }

// AdoptLives takes the lives of positions from an account that the same events fold to.
// A position that is another one there stays as it is.
func (a *Account) AdoptLives(from *Account) {
	for i := range a.Positions {
		p := &a.Positions[i]
		other, found := from.Position(p.Symbol)
		if found && other.Quantity.Cmp(p.Quantity) == 0 && other.Cost.Cmp(p.Cost) == 0 && other.OpenedAt.Equal(p.OpenedAt) {
			p.Entry, p.Life = other.Entry, other.Life
		}
	}
	a.lifeless = false
}
