package ledger

import (
	"time"

	"github.com/govalues/decimal"
)

// Event is a fact about an account: Deposited, Withdrawn, OrderPlaced, OrderFilled,
// OrderFailed, OrderCancelled or OrderRejected. Times have milliseconds.
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
	// EntryPrice is the average price of what a closing fill closed, and OpenedAt when
	// its position was opened. Events of earlier versions have both only with Closed.
	EntryPrice decimal.Decimal
	OpenedAt   time.Time
	// Closed is set where the position reached or crossed zero.
	Closed *PositionClosed
	// Opened is the quantity of the position that a fill opened which closed another
	// one, negative for a short position; zero where it crossed no zero.
	Opened decimal.Decimal
}

// ClosedQuantity is the part of a fill that closed a position; it is not negative.
func (e *OrderFilled) ClosedQuantity() decimal.Decimal {
	switch {
	case e.Closed != nil:
		return e.Closed.Last.Quantity.Abs()
	case e.Closing:
		return e.Quantity
	}
	return decimal.Zero
}

// Entry is when and at which average price the position was entered that the fill closed
// all or a part of, or else the fill itself. Of a closing fill of an earlier version that
// ended no position the price follows from its profit, and the time is the fill's.
func (e *OrderFilled) Entry() (at time.Time, price decimal.Decimal) {
	switch {
	case !e.Closing:
		return e.Time, e.Price
	case !e.OpenedAt.IsZero():
		return e.OpenedAt, e.EntryPrice
	}
	made, err := e.Realised.Quo(e.ClosedQuantity())
	if err != nil {
		return e.Time, e.Price // an event without a quantity
	}
	if e.Side == Sell {
		made = made.Neg()
	}
	if price = about(e.Price, made); price.IsNeg() {
		price = decimal.Zero
	}
	return e.Time, price.Round(averageScale).Trim(0)
}

// PositionClosed is the whole life of a position that ended: it is back at zero, or
// crossed it. Events of earlier versions know its last part alone.
type PositionClosed struct {
	ClosedPart
	// Fees of all its fills.
	Fees               decimal.Decimal
	OpenedAt, ClosedAt time.Time
	// Last is the part that the last fill closed.
	Last ClosedPart
}

// ClosedPart is what was closed of a position.
type ClosedPart struct {
	// Quantity is negative for a short position.
	Quantity decimal.Decimal
	// EntryPrice and ExitPrice are averages. Prices are positive on either side of
	// the market.
	EntryPrice, ExitPrice decimal.Decimal
	// PnL is the profit before fees, positive where money was made, long or short.
	// PnLPercent is of the cost: 5 is five in a hundred, with up to 4 decimals.
	PnL, PnLPercent decimal.Decimal
}

// Side is long or short.
func (p *ClosedPart) Side() string { return sideOf(p.Quantity) }

// HoldingPeriod is how long the position was open. Trades that were reported out of
// order make it no less than zero.
func (p *PositionClosed) HoldingPeriod() time.Duration { return max(p.ClosedAt.Sub(p.OpenedAt), 0) }

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
	Symbol     string
	Side       Side
	Quantity   decimal.Decimal // that was not filled
	LimitPrice decimal.Decimal // zero for a market order, and in events of earlier versions
	// Code is a stable name of the reason; empty in events of earlier versions.
	Code   string
	Broker string
}

// CodeExpired is the code of orders that were cancelled because their time was over.
const CodeExpired = "EXPIRED"

// Expired reports whether the order's time was over.
func (e *OrderCancelled) Expired() bool { return e.Code == CodeExpired }

// OrderRejected is an order that was refused: the account or its broker could not take
// it. It changes nothing but the count of such orders.
type OrderRejected struct {
	OrderID, ClientOrderID, Symbol string
	Side                           Side
	Quantity                       decimal.Decimal // as asked for, whatever its sign
	Type                           OrderType
	LimitPrice                     decimal.Decimal // zero for a market order
	Broker                         string
	Code, Reason                   string
	Time                           time.Time
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

// When returns the event's time. Event.
func (e OrderRejected) When() time.Time { return e.Time }

func (Deposited) event()      {}
func (Withdrawn) event()      {}
func (OrderPlaced) event()    {}
func (OrderFilled) event()    {}
func (OrderFailed) event()    {}
func (OrderCancelled) event() {}
func (OrderRejected) event()  {}
