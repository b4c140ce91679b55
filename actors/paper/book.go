package paper

import (
	"cmp"
	"container/heap"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
)

// order is an open order in its book.
type order struct {
	// immutable after construction
	key      orderKey
	symbol   string
	side     ledger.Side
	quantity decimal.Decimal // what is left to execute
	market   bool            // takes any price
	limit    decimal.Decimal // of an order that is not market
	placed   time.Time       // by its account
	arrival  uint64          // orders those that were placed at the same time

	position int // in its side, owned by the book
}

// orderKey is an order among those of all users.
type orderKey struct{ userID, orderID string }

// newOrder reads an order as its account keeps it; false where nothing of it is
// left to execute.
func newOrder(key orderKey, o *ledger.Order, arrival uint64) (*order, bool) {
	left, err := o.Quantity.Sub(o.Filled)
	if err != nil || !left.IsPos() {
		return nil, false
	}
	return &order{
		key: key, symbol: o.Symbol, side: o.Side, quantity: left,
		market: o.Type == ledger.Market, limit: o.LimitPrice,
		placed: o.Time, arrival: arrival,
	}, true
}

// book keeps the orders of one symbol in price-time priority. The zero value
// is empty.
type book struct {
	buys, sells side
}

// side is a heap of orders: the first in priority stands at index 0, and each
// knows its index, so that any can be taken out.
type side []*order

func (b *book) sideOf(o *order) *side {
	if o.side == ledger.Sell {
		return &b.sells
	}
	return &b.buys
}

// insert adds an order that is in no book.
func (b *book) insert(o *order) { heap.Push(b.sideOf(o), o) }

// remove takes out an order of this book.
func (b *book) remove(o *order) { heap.Remove(b.sideOf(o), o.position) }

func (b *book) isEmpty() bool { return len(b.buys) == 0 && len(b.sells) == 0 }

// next returns the first order, buys before sells, that ends at q. It returns
// nil if all of them go on resting, and leaves the order in the book.
func (b *book) next(q quote) *order {
	for _, s := range [...]side{b.buys, b.sells} {
		if len(s) > 0 && q.ends(s[0]) {
			return s[0]
		}
	}
	return nil
}

// compare is negative if o comes before other of the same side: market orders,
// then better limits, then those that were placed earlier.
func (o *order) compare(other *order) int {
	if o.market != other.market {
		if o.market {
			return -1
		}
		return 1
	}
	better := o.limit.Cmp(other.limit)
	if o.side == ledger.Buy {
		better = -better
	}
	return cmp.Or(better, o.placed.Compare(other.placed), cmp.Compare(o.arrival, other.arrival))
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (s side) Len() int           { return len(s) }
func (s side) Less(i, j int) bool { return s[i].compare(s[j]) < 0 }

func (s side) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].position, s[j].position = i, j
}

// Push appends.
func (s *side) Push(x any) {
	o := x.(*order)
	o.position = len(*s)
	*s = append(*s, o)
}

// Pop takes the last.
func (s *side) Pop() any {
	last := len(*s) - 1
	o := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return o
}
