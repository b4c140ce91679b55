package portfolio

import (
	"fmt"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
)

// IDConflict refuses a trade or an order whose idempotency key stands for another one
// already: the request is no repetition, and recording it would need a key of its own.
type IDConflict struct {
	Kind  string // trade or order
	ID    string // as the request has it
	Field string // the first one that differs, by its name on the wire
}

func (e *IDConflict) Error() string {
	return fmt.Sprintf("%s %.128s is there already with another %s, and this one was not recorded: "+
		"an id must be an account's only one, so send what is new under a new id", e.Kind, e.ID, e.Field)
}

// field is one of a request, and whether it is what was recorded.
type field struct {
	name string
	same bool
}

func firstDifferent(fields ...field) string {
	for _, f := range fields {
		if !f.same {
			return f.name
		}
	}
	return ""
}

func equal(a, b decimal.Decimal) bool { return a.Cmp(b) == 0 }

// differs returns the field in which a trade is not what an event recorded under its id,
// empty if it is the same. Times do not count: a retry without one has its own.
func (t *Trade) differs(e ledger.Event) string {
	switch e := e.(type) {
	case ledger.OrderFilled:
		return firstDifferent(
			field{"status", !t.Failed}, field{"symbol", t.Symbol == e.Symbol}, field{"side", t.Side == e.Side},
			field{"quantity", equal(t.Quantity, e.Quantity)}, field{"price", equal(t.Price, e.Price)}, field{"fee", equal(t.Fee, e.Fee)},
			field{"orderId", t.OrderID == e.OrderID}, field{"broker", t.Broker == e.Broker},
		)
	case ledger.OrderFailed:
		return firstDifferent(
			field{"status", t.Failed}, field{"symbol", t.Symbol == e.Symbol}, field{"side", t.Side == e.Side},
			field{"quantity", equal(t.Quantity, e.Quantity)}, field{"price", equal(t.Price, e.Price)},
			field{"reason", t.Reason == e.Reason}, field{"code", t.Code == e.Code}, field{"canRetry", t.CanRetry == e.CanRetry},
			field{"orderId", t.OrderID == e.OrderID}, field{"broker", t.Broker == e.Broker},
		)
	}
	return "id"
}

// differs returns the field in which an order is not what an event recorded under its
// clientOrderId, empty if it is the same.
func (m *PlaceOrder) differs(e ledger.Event) string {
	var placed ledger.OrderPlaced
	switch e := e.(type) {
	case ledger.OrderPlaced:
		placed = e
	case ledger.OrderRejected:
		placed = ledger.OrderPlaced{Symbol: e.Symbol, Side: e.Side, Type: e.Type, Quantity: e.Quantity, LimitPrice: e.LimitPrice}
	default:
		return "clientOrderId"
	}
	return firstDifferent(
		field{"symbol", m.Symbol == placed.Symbol}, field{"side", m.Side == placed.Side}, field{"type", m.Type == placed.Type},
		field{"quantity", equal(m.Quantity, placed.Quantity)}, field{"limitPrice", equal(m.LimitPrice, placed.LimitPrice)},
	)
}
