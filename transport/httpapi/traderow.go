package httpapi

import (
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/transport/wire"
)

// tradeRow is one row of the history: a trade, or an order that came to none.
type tradeRow struct {
	fields                  func(userID string) func(dst []byte) []byte
	symbol, status          string
	side                    ledger.Side
	quantity, price, profit decimal.Decimal
	volume, fee             decimal.Decimal // of an executed trade
	time                    time.Time
	// entry is what was opened, or what a closing trade closed, and exit its close.
	entry, exit leg
}

// leg is one end of a position. The time of an exit that there is not is zero.
type leg struct {
	time  time.Time
	price decimal.Decimal
}

// The outcomes of a row, by which the history can be filtered.
const (
	statusExecuted  = "executed"
	statusFailed    = "failed"
	statusCancelled = "cancelled"
	statusExpired   = "expired"
	statusRejected  = "rejected"
)

var statuses = [...]string{statusExecuted, statusFailed, statusCancelled, statusExpired, statusRejected}

// rowOf returns the row that an event makes, nil where it makes none.
func rowOf(event ledger.Event) *tradeRow {
	switch e := event.(type) {
	case ledger.OrderFilled:
		return filledRow(&e)
	case ledger.OrderFailed:
		row := orderRow(e.Symbol, statusFailed, e.Side, e.Quantity, e.Price, e.Time)
		row.fields = func(userID string) func([]byte) []byte { return wire.FailedFields(userID, &e) }
		return row
	case ledger.OrderCancelled:
		status := statusCancelled
		if e.Expired() {
			status = statusExpired
		}
		row := orderRow(e.Symbol, status, e.Side, e.Quantity, e.LimitPrice, e.Time)
		row.fields = func(userID string) func([]byte) []byte { return wire.CancelledFields(userID, &e) }
		return row
	case ledger.OrderRejected:
		row := orderRow(e.Symbol, statusRejected, e.Side, e.Quantity, e.LimitPrice, e.Time)
		row.fields = func(userID string) func([]byte) []byte { return wire.RejectedFields(userID, &e) }
		return row
	}
	return nil
}

// orderRow is of an order that moved nothing.
func orderRow(symbol, status string, side ledger.Side, quantity, price decimal.Decimal, at time.Time) *tradeRow {
	return &tradeRow{symbol: symbol, status: status, side: side, quantity: quantity, price: price, time: at, entry: leg{at, price}}
}

func filledRow(e *ledger.OrderFilled) *tradeRow {
	row := orderRow(e.Symbol, statusExecuted, e.Side, e.Quantity, e.Price, e.Time)
	row.fields = func(userID string) func([]byte) []byte { return wire.ExecutedFields(userID, e) }
	row.profit, row.fee = e.Realised, e.Fee
	if value, err := e.Quantity.Mul(e.Price); err == nil {
		row.volume = value.Round(wire.MoneyDecimals)
	}
	if e.Closing {
		row.entry.time, row.entry.price = e.Entry()
		row.exit = leg{e.Time, e.Price}
	}
	return row
}

// append appends the row as an object.
func (t *tradeRow) append(dst []byte, userID string) []byte {
	return append(t.fields(userID)(append(dst, '{')), '}')
}
