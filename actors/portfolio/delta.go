package portfolio

import (
	"slices"

	"outcry/actors/ledger"
)

// Delta is what of an account is another than a session was sent last.
type Delta struct {
	// Positions and Orders are new or have changed; the former are in the order of their
	// symbols.
	Positions []ledger.PositionValue
	Orders    []ledger.Order
	// GonePositions are symbols, GoneOrders the ids of orders that are not open any more.
	GonePositions, GoneOrders []string
}

// changes remember by which valuation each position and order became what it is, for
// sessions that are sent deltas. Valuations are numbered from 1.
//
// owned by the portfolio actor
type changes struct {
	number    uint64 // of the newest valuation
	since     uint64 // what went is known for deltas since this valuation
	positions []changedPosition
	orders    map[string]changedOrder // by their ids
	gone      []gone
}

type changedPosition struct {
	value ledger.PositionValue
	at    uint64
}

type changedOrder struct {
	order    ledger.Order
	at, seen uint64
}

// gone is a position or an order that is there no more.
type gone struct {
	id    string // the symbol of a position
	order bool
	at    uint64
}

// maxGone bounds what is remembered for a session that does not read. It gets the whole
// account instead.
const maxGone = 1000

// note takes the next valuation. What went is remembered for sessions that were sent
// valuation oldest or a later one.
func (c *changes) note(account *Account, oldest uint64) {
	c.number++
	c.gone = slices.DeleteFunc(c.gone, func(g gone) bool { return g.at <= oldest })
	c.notePositions(account.Valuation.Positions)
	c.noteOrders(account.Orders)
	if len(c.gone) > maxGone {
		c.gone, c.since = nil, c.number
	}
}

func (c *changes) notePositions(now []ledger.PositionValue) {
	before := c.positions
	if !slices.EqualFunc(before, now, func(b changedPosition, n ledger.PositionValue) bool { return b.value.Symbol == n.Symbol }) {
		before = c.arrange(now)
	}
	for i := range now {
		if before[i].value != now[i] {
			before[i] = changedPosition{now[i], c.number}
		}
	}
}

// arrange makes room for the positions of now, which are others than before, and returns
// it. Both are in the order of their symbols.
func (c *changes) arrange(now []ledger.PositionValue) []changedPosition {
	before, at := c.positions, 0
	c.positions = make([]changedPosition, len(now))
	for i := range now {
		for at < len(before) && before[at].value.Symbol < now[i].Symbol {
			c.went(before[at].value.Symbol, false)
			at++
		}
		if at < len(before) && before[at].value.Symbol == now[i].Symbol {
			c.positions[i] = before[at]
			at++
		} else {
			c.cameBack(now[i].Symbol, false)
		}
	}
	for ; at < len(before); at++ {
		c.went(before[at].value.Symbol, false)
	}
	return c.positions
}

func (c *changes) noteOrders(now []ledger.Order) {
	if c.orders == nil {
		c.orders = make(map[string]changedOrder, len(now))
	}
	for _, order := range now {
		known, was := c.orders[order.OrderID]
		switch {
		case !was:
			c.cameBack(order.OrderID, true)
			known = changedOrder{order: order, at: c.number}
		case known.order != order:
			known = changedOrder{order: order, at: c.number}
		}
		known.seen = c.number
		c.orders[order.OrderID] = known
	}
	if len(c.orders) == len(now) {
		return
	}
	for id, known := range c.orders {
		if known.seen != c.number {
			delete(c.orders, id)
			c.went(id, true)
		}
	}
}

func (c *changes) went(id string, order bool) { c.gone = append(c.gone, gone{id, order, c.number}) }

// cameBack forgets that something went which is there again.
func (c *changes) cameBack(id string, order bool) {
	c.gone = slices.DeleteFunc(c.gone, func(g gone) bool { return g.order == order && g.id == id })
}

// knows reports whether there is a delta to a valuation.
func (c *changes) knows(base uint64) bool { return base > 0 && base >= c.since }

// delta is the newest valuation, of an account with these orders, less what it shares
// with another.
func (c *changes) delta(base uint64, orders []ledger.Order) *Delta {
	d := &Delta{}
	for i := range c.positions {
		if c.positions[i].at > base {
			d.Positions = append(d.Positions, c.positions[i].value)
		}
	}
	for _, order := range orders {
		if c.orders[order.OrderID].at > base {
			d.Orders = append(d.Orders, order)
		}
	}
	for _, g := range c.gone {
		switch {
		case g.at <= base:
		case g.order:
			d.GoneOrders = append(d.GoneOrders, g.id)
		default:
			d.GonePositions = append(d.GonePositions, g.id)
		}
	}
	return d
}
