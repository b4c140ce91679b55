package portfolio

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"outcry/actors/ledger"
	"outcry/persistence"
)

// Codes of rejections that the account itself decides on.
const (
	CodeNotOpen       = "ORDER_NOT_OPEN"
	CodeTooManyOrders = "TOO_MANY_ORDERS"
)

// placeOrder looks whether the order was placed before: a retry must get the
// first outcome even where the account could not afford the order again.
func (a *portfolioActor) placeOrder(m *PlaceOrder) {
	if m.ClientOrderID == "" {
		a.queue = append(a.queue, m)
		return
	}
	a.reads++
	m.asked = a.placed
	stream, journal := StreamOf(a.entry.userID), a.portfolios.deps.Journal
	a.portfolios.readers.Do(func() {
		version, err := journal.Lookup(stream, orderKey(m.ClientOrderID))
		if errors.Is(err, persistence.ErrNotFound) {
			a.post(&orderIsNew{order: m})
			return
		}
		k := &known{command: m, version: version, err: err}
		if err == nil {
			k.event, k.err = readEvent(journal, stream, version)
		}
		a.post(k)
	})
}

// orderIsNew is that the stream does not know an order's key.
type orderIsNew struct {
	order *PlaceOrder
}

// decideOrder checks an order and makes its event, or rejects it.
func (a *portfolioActor) decideOrder(staged *ledger.Account, m *PlaceOrder, now time.Time) ledger.Event {
	if m.orderID == "" {
		m.orderID = a.portfolios.deps.NewID()
	}
	placed := ledger.OrderPlaced{
		OrderID: m.orderID, ClientOrderID: m.ClientOrderID, Symbol: m.Symbol, Side: m.Side,
		Quantity: m.Quantity, Type: m.Type, LimitPrice: m.LimitPrice, Broker: a.portfolios.deps.Broker.Name(), Time: now,
	}
	price, fee, rejection := a.portfolios.deps.Broker.Check(&placed)
	if limit := a.portfolios.options.Load().MaxOpenOrders; rejection == nil && len(staged.Orders) >= limit {
		rejection = &ledger.Rejection{Code: CodeTooManyOrders, Message: fmt.Sprintf("%d orders are open, and no more are allowed: cancel one first", limit)}
	}
	if rejection == nil {
		rejection = staged.CheckOrder(placed, price, fee, a.portfolios.marks)
	}
	if rejection == nil {
		return placed
	}
	if staged.RejectedToday(now) < uint64(a.portfolios.options.Load().RejectionsPerDay) {
		return ledger.OrderRejected{
			OrderID: placed.OrderID, ClientOrderID: placed.ClientOrderID, Symbol: placed.Symbol, Side: placed.Side, Quantity: placed.Quantity,
			Type: placed.Type, LimitPrice: placed.LimitPrice, Broker: placed.Broker, Code: rejection.Code, Reason: rejection.Message, Time: now,
		}
	}
	if m.ClientOrderID != "" && m.asked != a.placed {
		a.placeOrder(m) // it may be that very order which used up the buying power
		return nil
	}
	a.portfolios.stats.rejections.Add(1)
	a.reply(func() { m.Reply(OrderOutcome{Rejected: rejection}, nil) })
	return nil
}

// rejected answers an order whose refusal is recorded.
func (a *portfolioActor) rejected(m *PlaceOrder, e *ledger.OrderRejected) {
	a.portfolios.stats.rejections.Add(1)
	a.placed++ // the key is known from here on
	a.reply(func() { m.Reply(rejectedAs(e), nil) })
}

// rejectedAs is the outcome that a recorded refusal says.
func rejectedAs(e *ledger.OrderRejected) OrderOutcome {
	return OrderOutcome{Rejected: &ledger.Rejection{Code: e.Code, Message: e.Reason}}
}

// accepted hands a durable order to the broker.
func (a *portfolioActor) accepted(m *PlaceOrder, orderID string) {
	a.portfolios.stats.orders.Add(1)
	a.placed++
	outcome := OrderOutcome{OrderID: orderID, Hold: a.holds(orderID)}
	a.reply(func() { m.Reply(outcome, nil) })
	if a.submit(orderID) {
		a.follow(orderID, m.Trace)
	}
}

// holds is what keeps an order, if it is open.
func (a *portfolioActor) holds(orderID string) *Hold {
	order, open := a.account.Order(orderID)
	if !open {
		return nil
	}
	return a.portfolios.deps.Broker.Holds(&order.OrderPlaced)
}

// submit gives the broker an order, if it is open.
func (a *portfolioActor) submit(orderID string) bool {
	order, open := a.account.Order(orderID)
	if open {
		a.portfolios.deps.Broker.Submit(a.entry.userID, order)
	}
	return open
}

// resubmit gives the broker the orders that were open when the account was left.
func (a *portfolioActor) resubmit() {
	for _, order := range a.account.Orders {
		a.portfolios.deps.Broker.Submit(a.entry.userID, order)
	}
}

// decideExecution makes the event of what the broker did. An order that is not
// open any more, because the same was reported before, stays as it is.
func (a *portfolioActor) decideExecution(staged *ledger.Account, m *Execution) ledger.Event {
	order, open := staged.Order(m.OrderID)
	if !open {
		a.executed(m)
		return nil
	}
	switch m.Outcome {
	case Cancelled:
		left, err := order.Quantity.Sub(order.Filled)
		if err != nil {
			left = order.Quantity // cannot be: what is filled is less
		}
		return ledger.OrderCancelled{
			OrderID: m.OrderID, Reason: m.Reason, Time: m.Time, Symbol: order.Symbol, Side: order.Side, Quantity: left.Trim(0),
			LimitPrice: order.LimitPrice, Code: m.Code, Broker: order.Broker,
		}
	case Failed:
		return ledger.OrderFailed{
			TradeID: m.TradeID, OrderID: m.OrderID, Symbol: order.Symbol, Side: order.Side, Quantity: order.Quantity, Price: m.Price,
			Reason: m.Reason, Code: m.Code, CanRetry: m.CanRetry, Broker: order.Broker, Time: m.Time,
		}
	}
	filled, err := staged.Fill(ledger.OrderFilled{
		TradeID: m.TradeID, OrderID: m.OrderID, Symbol: order.Symbol, Side: order.Side,
		Quantity: m.Quantity, Price: m.Price, Fee: m.Fee, Broker: order.Broker, Time: m.Time,
	})
	if err != nil {
		return ledger.OrderFailed{
			TradeID: m.TradeID, OrderID: m.OrderID, Symbol: order.Symbol, Side: order.Side, Quantity: order.Quantity, Price: m.Price,
			Reason: fmt.Sprintf("the account cannot take this fill: %v", err), Code: "FILL_REFUSED", Broker: order.Broker, Time: m.Time,
		}
	}
	return filled
}

// cancelOrder asks the broker; what it reports is the answer.
func (a *portfolioActor) cancelOrder(m *CancelOrder) {
	if _, open := a.account.Order(m.OrderID); !open {
		a.reply(func() { m.Reply(notOpen(m.OrderID), nil) })
		return
	}
	a.cancels = append(a.cancels, m)
	a.portfolios.deps.Broker.Cancel(a.entry.userID, m.OrderID)
}

func notOpen(orderID string) OrderOutcome {
	return OrderOutcome{OrderID: orderID, Rejected: &ledger.Rejection{
		Code: CodeNotOpen, Message: fmt.Sprintf("there is no open order %.64s: it was filled or cancelled already, or never placed", orderID)}}
}

// executed answers those who asked to cancel an order that has ended.
func (a *portfolioActor) executed(m *Execution) { a.ended(m.OrderID, m.Outcome == Cancelled) }

// ended is executed of an order, with whether it was cancelled.
func (a *portfolioActor) ended(orderID string, cancelled bool) {
	if _, open := a.account.Order(orderID); open {
		return // filled in part
	}
	delete(a.followed, orderID)
	a.cancels = slices.DeleteFunc(a.cancels, func(c *CancelOrder) bool {
		if c.OrderID != orderID {
			return false
		}
		outcome := notOpen(orderID)
		if cancelled {
			outcome.Rejected = nil
		}
		a.reply(func() { c.Reply(outcome, nil) })
		return true
	})
}
