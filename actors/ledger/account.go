package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// Account is what an account's events fold to. The zero value is one without
// any. Its fields are to be read, and changed by Apply alone.
//
// At any time Cash = NetDeposits + Realised - Fees - the costs of Positions.
type Account struct {
	Cash decimal.Decimal
	// Realised profit of all closing fills, before fees.
	Realised    decimal.Decimal
	Fees        decimal.Decimal
	NetDeposits decimal.Decimal

	Positions []Position // open, by symbol
	Orders    []Order    // open, in the order of their placing

	// Trades counts fills, Failed those that failed, Closings the fills that
	// closed something and Wins those of them with a profit.
	Trades, Failed, Closings, Wins uint64

	day day
}

// Position is an open holding in one symbol.
type Position struct {
	Symbol string
	// Quantity is negative for a short position.
	Quantity decimal.Decimal
	// Cost is what the quantity cost; negative, what it brought, for a short
	// position. Cost / Quantity is the average entry price.
	Cost decimal.Decimal
	// LastPrice is that of the last fill: the mark where no quote is known.
	LastPrice decimal.Decimal
	OpenedAt  time.Time
	// Start is the quantity that was held when the trading day began.
	Start decimal.Decimal
}

// Order is an open order.
type Order struct {
	OrderPlaced
	// Filled is the part of the quantity that was executed.
	Filled decimal.Decimal
}

// day is the trading day of the newest event.
type day struct {
	span market.Day
	// cash and deposits are those at the day's start.
	cash, deposits decimal.Decimal
	// left are the positions of the day's start that were closed since.
	left []held
}

// held is a quantity of a symbol, and the last price it was seen at.
type held struct {
	symbol          string
	quantity, price decimal.Decimal
}

// Clone returns a copy that shares nothing that changes.
func (a *Account) Clone() *Account {
	c := *a
	c.Positions = slices.Clone(a.Positions)
	c.Orders = slices.Clone(a.Orders)
	c.day.left = slices.Clone(a.day.left)
	return &c
}

// Position returns the open position in a symbol.
func (a *Account) Position(symbol string) (Position, bool) {
	if i, found := a.find(symbol); found {
		return a.Positions[i], true
	}
	return Position{}, false
}

// find returns where the position in a symbol is or would be.
func (a *Account) find(symbol string) (int, bool) {
	return slices.BinarySearchFunc(a.Positions, symbol, func(p Position, symbol string) int { return strings.Compare(p.Symbol, symbol) })
}

// Order returns the open order with an id.
func (a *Account) Order(id string) (Order, bool) {
	if i := a.order(id); i >= 0 {
		return a.Orders[i], true
	}
	return Order{}, false
}

func (a *Account) order(id string) int {
	return slices.IndexFunc(a.Orders, func(o Order) bool { return o.OrderID == id })
}

// Apply makes an event part of the account. After an error it is as before.
func (a *Account) Apply(e Event, days market.Calendar) error {
	if at := e.When(); !a.day.span.Contains(at) && !at.Before(a.day.span.End) {
		before := a.day
		restore := a.roll(days.DayOf(at))
		if err := a.apply(e); err != nil {
			restore()
			a.day = before
			return err
		}
		return nil
	}
	return a.apply(e)
}

// roll begins a trading day. The function it returns undoes what it did to the positions.
func (a *Account) roll(span market.Day) (restore func()) {
	starts := make([]decimal.Decimal, len(a.Positions))
	for i := range a.Positions {
		p := &a.Positions[i]
		starts[i], p.Start = p.Start, p.Quantity
	}
	a.day = day{span: span, cash: a.Cash, deposits: a.NetDeposits}
	return func() {
		for i := range starts {
			a.Positions[i].Start = starts[i]
		}
	}
}

func (a *Account) apply(e Event) error {
	switch e := e.(type) {
	case Deposited:
		return a.deposit(e.Amount)
	case Withdrawn:
		return a.deposit(e.Amount.Neg())
	case OrderPlaced:
		return a.place(e)
	case OrderFilled:
		return a.fill(e)
	case OrderFailed:
		a.Failed++
		a.remove(e.OrderID)
	case OrderCancelled:
		a.remove(e.OrderID)
	default:
		return fmt.Errorf("ledger: unknown event %T", e)
	}
	return nil
}

// deposit adds cash, or takes it out.
func (a *Account) deposit(amount decimal.Decimal) error {
	cash, err := sum(a.Cash, amount)
	if err != nil {
		return fmt.Errorf("cash: %w", err)
	}
	deposits, err := sum(a.NetDeposits, amount)
	if err != nil {
		return fmt.Errorf("deposits: %w", err)
	}
	a.Cash, a.NetDeposits = cash, deposits
	return nil
}

func (a *Account) place(e OrderPlaced) error {
	if a.order(e.OrderID) >= 0 {
		return fmt.Errorf("order %.64s is open already", e.OrderID)
	}
	a.Orders = append(a.Orders, Order{OrderPlaced: e})
	return nil
}

// remove takes an order off the open ones. Executors report on orders that
// were never ours.
func (a *Account) remove(orderID string) {
	if i := a.order(orderID); orderID != "" && i >= 0 {
		a.Orders = slices.Delete(a.Orders, i, i+1)
	}
}
