package paper

import (
	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/ledger"
	"outcry/actors/portfolio"
)

// orders are what of the broker outlives a restart of its actor: every order
// that has not been reported yet.
//
// owned by the broker's actor, whichever incarnation
type orders struct {
	byKey    map[orderKey]*order
	watched  map[string]*watched // by symbol; each has at least one order
	arrivals uint64
}

func newOrders() *orders {
	return &orders{byKey: make(map[orderKey]*order), watched: make(map[string]*watched)}
}

// brokerActor works the orders. Its fields are its own.
//
// An order enters its book before anything is done with it and leaves it after
// its end was reported. So a panic in between costs no order: it ends at the
// next quote, or once more, which its account ignores.
type brokerActor struct {
	broker *Broker // immutable after construction
	orders *orders
}

// Receive handles one message. actor.Actor.
func (a *brokerActor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *submit:
		a.submit(m)
	case *cancel:
		a.cancel(m.key)
	case *quoted:
		m.watched.told.Store(false) // first: a quote from here on is told again
		a.match(m.watched)
	case *actor.Stopped:
		close(a.broker.stopped)
	}
}

// submit takes an order in and fills it if it can be filled at once.
func (a *brokerActor) submit(m *submit) {
	key := orderKey{userID: m.userID, orderID: m.order.OrderID}
	if a.orders.byKey[key] != nil {
		return
	}
	a.orders.arrivals++
	o, open := newOrder(key, &m.order, a.orders.arrivals)
	if !open {
		return
	}
	w := a.orders.watched[o.symbol]
	if w == nil {
		w = watch(a.broker.deps.Symbols.Acquire(o.symbol), a.broker.tell)
		a.orders.watched[o.symbol] = w
	}
	a.orders.byKey[key] = o
	w.book.insert(o)
	a.broker.count()
	if r := a.tooLate(o); r != nil {
		a.end(w, o, failure(r, true))
	}
	a.match(w)
}

// tooLate says why a market order that was accepted while the market was open must not
// wait for the next session, where such orders are refused.
func (a *brokerActor) tooLate(o *order) *ledger.Rejection {
	if !o.market || a.broker.rules.Load().options.OutsideHours != Refuse {
		return nil
	}
	m := a.broker.deps.Symbols.Market(o.symbol)
	if phase := m.Hours.At(a.broker.deps.Now()); !phase.Open && m.Hours.At(o.placed).Open {
		return rejectClosed(m, phase)
	}
	return nil
}

// cancel ends an order. One that is not here was reported before, or never
// came: its account knows which.
func (a *brokerActor) cancel(key orderKey) {
	a.broker.desk.Report(key.userID, &portfolio.Execution{
		OrderID: key.orderID, Outcome: portfolio.Cancelled, TradeID: tradeID(key),
		Code: CodeCancelled, Reason: "cancelled on request", Time: a.broker.deps.Now(),
	})
	a.broker.cancels.Add(1)
	if o := a.orders.byKey[key]; o != nil {
		w := a.orders.watched[o.symbol]
		a.forget(w, o)
		a.unwatchIfEmpty(w)
	}
}

// match ends the orders of a symbol that its newest quote ends.
func (a *brokerActor) match(w *watched) {
	q := w.quote(a.broker.deps.Symbols.Market(w.slot.Symbol()), a.broker.deps.Now(), a.broker.rules.Load().options.MaxQuoteAge)
	for o := w.book.next(q); o != nil; o = w.book.next(q) {
		a.end(w, o, a.execution(o, q))
	}
	a.unwatchIfEmpty(w)
}

// end reports what became of an order, and drops it.
func (a *brokerActor) end(w *watched, o *order, e *portfolio.Execution) {
	e.OrderID, e.TradeID, e.Quantity, e.Time = o.key.orderID, tradeID(o.key), o.quantity, a.broker.deps.Now()
	a.broker.desk.Report(o.key.userID, e)
	if e.Outcome == portfolio.Filled {
		a.broker.fills.Add(1)
	} else {
		a.broker.failures.Add(1)
	}
	a.forget(w, o)
}

func (a *brokerActor) execution(o *order, q quote) *portfolio.Execution {
	if r := q.refusal(o.symbol, o.side); r != nil {
		return failure(r, true)
	}
	price := q.price(o.side)
	fee, ok := a.broker.rules.Load().fee(price, o.quantity)
	if !ok {
		return failure(rejectValue(ledger.CodeQuantity, o.symbol, price, o.quantity), false)
	}
	return &portfolio.Execution{Outcome: portfolio.Filled, Price: price, Fee: fee}
}

func failure(r *ledger.Rejection, canRetry bool) *portfolio.Execution {
	return &portfolio.Execution{Outcome: portfolio.Failed, Code: r.Code, Reason: r.Message, CanRetry: canRetry}
}

// forget drops an order that was reported.
func (a *brokerActor) forget(w *watched, o *order) {
	w.book.remove(o)
	delete(a.orders.byKey, o.key)
	a.broker.count()
}

// unwatchIfEmpty lets go of a symbol without orders. Its slot may tell of one
// more quote, which finds the book empty.
func (a *brokerActor) unwatchIfEmpty(w *watched) {
	name := w.slot.Symbol()
	if !w.book.isEmpty() || a.orders.watched[name] != w {
		return
	}
	delete(a.orders.watched, name)
	w.slot.Unlisten(w)
	a.broker.deps.Symbols.Release(w.slot)
	a.broker.count()
}

// tradeID names what becomes of an order. There is one execution of an order,
// so it is the same whenever the order is submitted again.
func tradeID(key orderKey) string { return key.orderID + "-1" }
