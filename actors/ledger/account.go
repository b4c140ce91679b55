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
	// closed something and Wins those of them with a profit. Rejected counts orders
	// that were refused, as far as that was recorded.
	Trades, Failed, Closings, Wins, Rejected uint64

	day day

	lifeless bool // of a checkpoint of an earlier version
}

// Position is an open holding in one symbol, from when it leaves zero until it
// is back there or crosses to the other side.
type Position struct {
	Symbol string
	// Quantity is negative for a short position.
	Quantity decimal.Decimal
	// Cost is what the quantity cost; negative, what it brought, for a short position.
	Cost decimal.Decimal
	// Entry is the average price of the quantity. Cost / Quantity is the same but for the
	// rounding of Cost, which matters where a quantity is small.
	Entry decimal.Decimal
	Life  Life
	// LastPrice is that of the last fill: the mark where no quote is known.
	LastPrice decimal.Decimal
	OpenedAt  time.Time
	// Start is the quantity that was held when the trading day began, and
	// StartPrice the last price then.
	Start, StartPrice decimal.Decimal
	// DayCost is what the day's fills cost, less what they brought.
	DayCost decimal.Decimal
	// Day is the trading day of the symbol's market, of its newest fill, where that has
	// other days than the account; zero where it has not.
	Day market.Day
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
	// rejected counts the orders that were refused since.
	rejected uint64
	// left are the positions of the day's start that were closed since. A symbol
	// is there at most once: what opens after is not of the day's start.
	left []held
	// flows are of symbols with days of their own, by symbol.
	flows []flow
}

// held is a quantity of a symbol that the day began with, and its last price then.
type held struct {
	symbol          string
	quantity, price decimal.Decimal
	span            market.Day // where the symbol has days of its own
}

// Clone returns a copy that shares nothing that changes.
func (a *Account) Clone() *Account {
	c := *a
	c.Positions = slices.Clone(a.Positions)
	c.Orders = slices.Clone(a.Orders)
	c.day.left = slices.Clone(a.day.left)
	c.day.flows = slices.Clone(a.day.flows)
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
//
// An event belongs to the trading day in which it is recorded: one that is late
// changes the day that is under way, as it changes its cash. days are the same each time.
func (a *Account) Apply(e Event, days Days) error {
	switch e := e.(type) {
	case Deposited:
		return a.deposit(e, days)
	case Withdrawn:
		return a.withdraw(e, days)
	case OrderPlaced:
		return a.place(e, days)
	case OrderFilled:
		return a.fill(&e, days)
	case OrderFailed:
		if err := e.check(); err != nil {
			return err
		}
		a.begin(e.Time, days)
		a.Failed++
		a.remove(e.OrderID)
	case OrderCancelled:
		if err := e.check(); err != nil {
			return err
		}
		a.begin(e.Time, days)
		a.remove(e.OrderID)
	case OrderRejected:
		if err := e.check(); err != nil {
			return err
		}
		a.begin(e.Time, days)
		a.Rejected++
		a.day.rejected++
	default:
		return fmt.Errorf("ledger: unknown event %T", e)
	}
	return nil
}

// RejectedToday counts the orders that were refused, and recorded, in the trading day
// that is under way at now.
func (a *Account) RejectedToday(now time.Time) uint64 {
	if now.Before(a.day.span.End) {
		return a.day.rejected
	}
	return 0
}

// begin begins the trading day of an event, if that is a new one. It is called
// once the event is sure to be applied.
func (a *Account) begin(at time.Time, days Days) {
	if at.Before(a.day.span.End) {
		return
	}
	for i := range a.Positions {
		if p := &a.Positions[i]; p.Day.End.IsZero() {
			p.beginDay()
		}
	}
	a.day = a.day.next(at, days.DayOf(at), a.Cash, a.NetDeposits)
}

func (a *Account) deposit(e Deposited, days Days) error {
	if err := e.check(); err != nil {
		return err
	}
	return a.addCash(e.Amount, e.Time, days)
}

func (a *Account) withdraw(e Withdrawn, days Days) error {
	if err := e.check(); err != nil {
		return err
	}
	return a.addCash(e.Amount.Neg(), e.Time, days)
}

func (a *Account) addCash(amount decimal.Decimal, at time.Time, days Days) error {
	cash, err := sum(a.Cash, amount)
	if err != nil {
		return fmt.Errorf("cash: %w", err)
	}
	deposits, err := sum(a.NetDeposits, amount)
	if err != nil {
		return fmt.Errorf("deposits: %w", err)
	}
	a.begin(at, days)
	a.Cash, a.NetDeposits = cash, deposits
	return nil
}

func (a *Account) place(e OrderPlaced, days Days) error {
	if err := e.check(); err != nil {
		return err
	}
	if a.order(e.OrderID) >= 0 {
		return fmt.Errorf("order %.64s is open already", e.OrderID)
	}
	a.begin(e.Time, days)
	e.Time = instant(e.Time)
	a.Orders = append(a.Orders, Order{OrderPlaced: e})
	return nil
}

// instant is a time as events keep it, so that an account is the same whether
// its events were just made or read from the journal.
func instant(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()) }

// remove takes an order off the open ones. Executors report on orders that
// were never ours.
func (a *Account) remove(orderID string) {
	if i := a.order(orderID); i >= 0 {
		a.Orders = slices.Delete(a.Orders, i, i+1)
	}
}
