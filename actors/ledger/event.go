package ledger

import (
	"time"

	"github.com/govalues/decimal"
)

// Event is a fact about an account: Deposited, Withdrawn, OrderPlaced,
// OrderFilled, OrderFailed or OrderCancelled. Times have milliseconds.
type Event interface {
	// When is the event's own time.
	When() time.Time
	event()
}

// Deposited is cash that came in.
type Deposited struct {
	Amount decimal.Decimal
	Note   string
	Time   time.Time
}

// Withdrawn is cash that left.
type Withdrawn struct {
	Amount decimal.Decimal
	Note   string
	Time   time.Time
}

// OrderPlaced is an order that was accepted.
type OrderPlaced struct {
	OrderID, ClientOrderID, Symbol string
	Side                           Side
	Quantity                       decimal.Decimal
	Type                           OrderType
	LimitPrice                     decimal.Decimal // zero for a market order
	Broker                         string
	Time                           time.Time
}

// OrderFilled is a trade: an order, or a part of one, that was executed. The
// order need not be one of the account's own.
type OrderFilled struct {
	TradeID, OrderID, Symbol string
	Side                     Side
	Quantity, Price, Fee     decimal.Decimal
	Broker                   string
	Time                     time.Time

	// What the fill did to the account, as Account.Fill found it. It is part of
	// the event, so that a notice can be made from the event alone.

	// Realised is the profit of the part that closed a position, before fees.
	Realised decimal.Decimal
	// Closing says that some of the quantity closed a position.
	Closing bool
	// Closed is set where the position reached or crossed zero.
	Closed *PositionClosed
}

// PositionClosed is a position that ended: it is back at zero, or crossed it.
type PositionClosed struct {
	// Quantity that the last fill closed, negative for a short position.
	Quantity decimal.Decimal
	// EntryPrice is its average cost, ExitPrice what the last fill paid. Prices
	// are positive on either side of the market.
	EntryPrice, ExitPrice decimal.Decimal
	// PnL is the profit of the last fill before its fee, positive where money was
	// made, long or short. PnLPercent is of the cost of what it closed: 5 is five in
	// a hundred, with up to 4 decimals.
	PnL, PnLPercent    decimal.Decimal
	OpenedAt, ClosedAt time.Time
}

// OrderFailed is a trade that did not come about.
type OrderFailed struct {
	TradeID, OrderID, Symbol string
	Side                     Side
	Quantity                 decimal.Decimal
	Price                    decimal.Decimal // zero where unknown
	Reason, Code             string
	CanRetry                 bool
	Broker                   string
	Time                     time.Time
}

// OrderCancelled is an order that ended before it was filled.
type OrderCancelled struct {
	OrderID, Reason string
	Time            time.Time

	// What the order was, so that a notice can be made from the event alone. The
	// symbol is empty where the order is not known.
	Symbol   string
	Side     Side
	Quantity decimal.Decimal // that was not filled
}

// When returns the event's time. Event.
func (e Deposited) When() time.Time { return e.Time }

// When returns the event's time. Event.
func (e Withdrawn) When() time.Time { return e.Time }

// When returns the event's time. Event.
func (e OrderPlaced) When() time.Time { return e.Time }

// When returns the event's time. Event.
func (e OrderFilled) When() time.Time { return e.Time }

// When returns the event's time. Event.
func (e OrderFailed) When() time.Time { return e.Time }

// When returns the event's time. Event.
func (e OrderCancelled) When() time.Time { return e.Time }

func (Deposited) event()      {}
func (Withdrawn) event()      {}
func (OrderPlaced) event()    {}
func (OrderFilled) event()    {}
func (OrderFailed) event()    {}
func (OrderCancelled) event() {}
