package ledger

import (
	"fmt"
	"slices"

	"github.com/govalues/decimal"
)

// change is what a fill does to an account, computed before any of it is done.
type change struct {
	at    int  // of the position in Account.Positions
	found bool // there is one
	after Position

	cash, fees, realised decimal.Decimal // of the account, afterwards
	profit               decimal.Decimal // of the part that closed
	closed               decimal.Decimal // signed quantity that was closed
	cost                 decimal.Decimal // of what was closed
}

// Fill returns f with what it does to the account as it is now.
func (a *Account) Fill(f OrderFilled) (OrderFilled, error) {
	c, err := a.change(&f)
	if err != nil {
		return OrderFilled{}, err
	}
	f.Realised, f.Closing, f.Closed = c.profit, !c.closed.IsZero(), nil
	if f.Closing && c.after.Quantity.Sign() != c.closed.Sign() {
		before := a.Positions[c.at]
		f.Closed = &PositionClosed{
			Quantity: c.closed, EntryPrice: average(before.Cost, before.Quantity), ExitPrice: f.Price,
			PnL: c.profit, PnLPercent: percent(c.profit, c.cost), OpenedAt: before.OpenedAt, ClosedAt: f.Time,
		}
	}
	return f, nil
}

// fill does what change found.
func (a *Account) fill(f OrderFilled) error {
	c, err := a.change(&f)
	if err != nil {
		return err
	}
	a.Cash, a.Fees, a.Realised = c.cash, c.fees, c.realised
	a.Trades++
	if !c.closed.IsZero() {
		a.Closings++
		if c.profit.IsPos() {
			a.Wins++
		}
	}
	switch {
	case !c.found:
		c.after.Start = a.returned(f.Symbol)
		a.Positions = slices.Insert(a.Positions, c.at, c.after)
	case c.after.Quantity.IsZero():
		a.leave(c.at, f.Price)
		a.Positions = slices.Delete(a.Positions, c.at, c.at+1)
	default:
		a.Positions[c.at] = c.after
	}
	a.fillOrder(&f)
	return nil
}

// change computes what a fill does.
func (a *Account) change(f *OrderFilled) (c change, err error) {
	if !f.Quantity.IsPos() || !f.Price.IsPos() || f.Fee.IsNeg() {
		return c, fmt.Errorf("fill of %s at %s with a fee of %s is not allowed: quantity and price must be positive", f.Quantity, f.Price, f.Fee)
	}
	quantity := f.Quantity
	if f.Side == Sell {
		quantity = quantity.Neg()
	}
	value, err := notional(f.Price, quantity)
	if err != nil {
		return c, fmt.Errorf("value: %w", err)
	}
	c.at, c.found = a.find(f.Symbol)
	c.after = Position{Symbol: f.Symbol, OpenedAt: f.Time}
	if c.found {
		c.after = a.Positions[c.at]
	}
	c.after.LastPrice = f.Price
	if err := c.move(quantity, value, f); err != nil {
		return c, err
	}
	if c.cash, err = sum(a.Cash, value.Neg(), f.Fee.Neg()); err != nil {
		return c, fmt.Errorf("cash: %w", err)
	}
	if c.fees, err = sum(a.Fees, f.Fee); err != nil {
		return c, fmt.Errorf("fees: %w", err)
	}
	if c.realised, err = sum(a.Realised, c.profit); err != nil {
		return c, fmt.Errorf("realised profit: %w", err)
	}
	return c, nil
}

// move changes the position by a signed quantity of a signed value.
func (c *change) move(quantity, value decimal.Decimal, f *OrderFilled) (err error) {
	before := c.after
	if c.after.Quantity, err = sum(before.Quantity, quantity); err != nil {
		return fmt.Errorf("quantity of %s: %w", f.Symbol, err)
	}
	if before.Quantity.Sign()*quantity.Sign() >= 0 { // opens or adds
		c.after.Cost, err = sum(before.Cost, value)
		return err
	}
	// closes what both have; what is left of the fill opens the other way.
	c.closed, c.cost = quantity.Neg(), decimal.Zero
	closedValue := value
	opens := quantity.CmpAbs(before.Quantity) > 0
	if opens {
		c.closed = before.Quantity
		if closedValue, err = notional(f.Price, before.Quantity.Neg()); err != nil {
			return err
		}
	}
	if c.cost, err = part(before.Cost, c.closed, before.Quantity); err != nil {
		return fmt.Errorf("cost of %s: %w", f.Symbol, err)
	}
	if c.profit, err = difference(closedValue.Neg(), c.cost); err != nil {
		return fmt.Errorf("profit of %s: %w", f.Symbol, err)
	}
	if opens {
		c.after.OpenedAt = f.Time
		c.after.Cost, err = difference(value, closedValue)
		return err
	}
	c.after.Cost, err = difference(before.Cost, c.cost)
	return err
}

// leave remembers a closed position that the trading day began with.
func (a *Account) leave(at int, price decimal.Decimal) {
	if p := a.Positions[at]; !p.Start.IsZero() {
		a.day.left = append(a.day.left, held{p.Symbol, p.Start, price})
	}
}

// returned takes back what leave remembered, for a position that opens again.
func (a *Account) returned(symbol string) decimal.Decimal {
	i := slices.IndexFunc(a.day.left, func(h held) bool { return h.symbol == symbol })
	if i < 0 {
		return decimal.Zero
	}
	start := a.day.left[i].quantity
	a.day.left = slices.Delete(a.day.left, i, i+1)
	return start
}

// fillOrder reduces the open order that was filled.
func (a *Account) fillOrder(f *OrderFilled) {
	i := a.order(f.OrderID)
	if f.OrderID == "" || i < 0 {
		return
	}
	filled, err := sum(a.Orders[i].Filled, f.Quantity)
	if err != nil || !filled.Less(a.Orders[i].Quantity) {
		a.remove(f.OrderID)
		return
	}
	a.Orders[i].Filled = filled
}
