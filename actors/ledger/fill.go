package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/govalues/decimal"
)

// change is what a fill does to an account, computed before any of it is done.
// Quantities and amounts of short positions are negative.
type change struct {
	at    int  // of the position in Account.Positions
	found bool // there is one
	// quantity and cost of the position once the fill is applied; amount is what
	// the fill itself costs.
	quantity, cost, amount decimal.Decimal

	// ended says that the position was closed, whether or not the same fill
	// opened another on the other side.
	ended              bool
	closed, closedCost decimal.Decimal // the quantity that was closed, and its cost
	profit             decimal.Decimal // of what was closed
	// fee as it is booked, and the part of it for what was closed.
	fee, closedFee decimal.Decimal

	cash, fees, realised decimal.Decimal // of the account, once the fill is applied
}

// Fill returns f with what it does to the account as it is now.
func (a *Account) Fill(f OrderFilled) (OrderFilled, error) {
	f.Closed, f.EntryPrice, f.OpenedAt, f.Opened = nil, decimal.Zero, time.Time{}, decimal.Zero
	var c change
	if err := a.change(&f, &c); err != nil {
		return OrderFilled{}, err
	}
	f.Time = instant(f.Time)
	f.Realised, f.Closing = c.profit, !c.closed.IsZero()
	if !f.Closing {
		return f, nil
	}
	before := &a.Positions[c.at]
	f.EntryPrice, f.OpenedAt = shownPrice(before.Entry), before.OpenedAt
	if c.ended {
		f.Opened = c.quantity
		f.Closed = before.end(&f, &c)
	}
	return f, nil
}

// fill does what change found. What Fill stored in the event is not asked:
// quantity, price and fee say it all.
func (a *Account) fill(f *OrderFilled, days Days) error {
	var c change
	if err := a.change(f, &c); err != nil {
		return err
	}
	a.begin(f.Time, days)
	a.beginOwn(f.Symbol, f.Time, days)
	a.addFlow(f.Symbol, c.amount)
	a.Cash, a.Fees, a.Realised = c.cash, c.fees, c.realised
	a.Trades++
	if !c.closed.IsZero() {
		a.Closings++
		if c.profit.IsPos() {
			a.Wins++
		}
	}
	a.move(f, &c)
	a.fillOrder(f)
	return nil
}

// move changes the position that a fill is about.
func (a *Account) move(f *OrderFilled, c *change) {
	if c.found && !c.ended {
		p := &a.Positions[c.at]
		if c.closed.IsZero() {
			p.Entry = blend(p.Entry, p.Quantity.Abs(), f.Price, f.Quantity)
			p.Life.enter(f.Quantity, f.Price, c.fee)
		} else {
			p.Life.exit(p.Quantity.Abs(), f.Quantity, f.Price, c.profit, c.fee)
		}
		p.Quantity, p.Cost, p.LastPrice = c.quantity, c.cost, f.Price
		p.DayCost = about(p.DayCost, c.amount)
		return
	}
	opened := Position{
		Symbol: f.Symbol, Quantity: c.quantity, Cost: c.cost, LastPrice: f.Price, OpenedAt: instant(f.Time), DayCost: c.cost,
		Day: a.ownDay(f.Symbol), Entry: f.Price,
	}
	opened.Life.enter(c.quantity.Abs(), f.Price, less(c.fee, c.closedFee))
	if !c.found {
		a.Positions = slices.Insert(a.Positions, c.at, opened)
		return
	}
	ended := &a.Positions[c.at]
	if !ended.Start.IsZero() {
		a.day.left = append(a.day.left, held{ended.Symbol, ended.Start, ended.StartPrice, ended.Day})
	}
	if c.quantity.IsZero() {
		a.Positions = slices.Delete(a.Positions, c.at, c.at+1)
		return
	}
	opened.Symbol = ended.Symbol
	*ended = opened
}

// change computes what a fill does.
func (a *Account) change(f *OrderFilled, c *change) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	quantity := f.Quantity
	if f.Side == Sell {
		quantity = quantity.Neg()
	}
	if c.amount, err = notional(f.Price, quantity); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	c.fee = f.Fee.Round(keptScale).Trim(0)
	var before Position
	if c.at, c.found = a.find(f.Symbol); c.found {
		before = a.Positions[c.at]
	}
	if c.quantity, err = sum(before.Quantity, quantity); err != nil {
		return fmt.Errorf("quantity of %s: %w", f.Symbol, err)
	}
	if before.Quantity.Sign()*quantity.Sign() >= 0 {
		c.cost, err = sum(before.Cost, c.amount)
	} else {
		err = c.close(&before, quantity, f.Price)
	}
	if err != nil {
		return fmt.Errorf("cost of %s: %w", f.Symbol, err)
	}
	return c.book(a, f)
}

// close splits a fill against a position into what closes it, all of it or a
// part, and what is left to open the other side.
func (c *change) close(before *Position, quantity, price decimal.Decimal) (err error) {
	paid := c.amount // for what is closed
	c.ended = quantity.CmpAbs(before.Quantity) >= 0
	if c.ended {
		c.closed, c.closedCost = before.Quantity, before.Cost
		if paid, err = notional(price, before.Quantity.Neg()); err != nil {
			return err
		}
		if c.closedFee, err = part(c.fee, before.Quantity.Abs(), quantity.Abs()); err != nil {
			return err
		}
		// What opens costs the rest, so that both parts cost what was paid.
		c.cost, err = difference(c.amount, paid)
	} else {
		c.closed = quantity.Neg()
		if c.closedCost, err = part(before.Cost, c.closed, before.Quantity); err != nil {
			return err
		}
		c.cost, err = difference(before.Cost, c.closedCost)
	}
	if err != nil {
		return err
	}
	c.profit, err = difference(paid.Neg(), c.closedCost)
	return err
}

// book computes the account's cash and the sums that explain it.
func (c *change) book(a *Account, f *OrderFilled) (err error) {
	if c.cash, err = difference(a.Cash, c.amount); err == nil {
		c.cash, err = difference(c.cash, c.fee)
	}
	if err != nil {
		return fmt.Errorf("cash: %w", err)
	}
	if c.fees, err = sum(a.Fees, c.fee); err != nil {
		return fmt.Errorf("fees: %w", err)
	}
	if c.realised, err = sum(a.Realised, c.profit); err != nil {
		return fmt.Errorf("realised profit: %w", err)
	}
	return nil
}

// fillOrder reduces the open order that was filled. An executor may give its
// orders names that the account's own have: the symbol and side tell.
func (a *Account) fillOrder(f *OrderFilled) {
	i := a.order(f.OrderID)
	if i < 0 || a.Orders[i].Symbol != f.Symbol || a.Orders[i].Side != f.Side {
		return
	}
	filled, err := sum(a.Orders[i].Filled, f.Quantity)
	if err != nil || !filled.Less(a.Orders[i].Quantity) {
		a.remove(f.OrderID)
		return
	}
	a.Orders[i].Filled = filled
}
