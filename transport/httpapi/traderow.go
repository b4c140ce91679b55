package httpapi

import (
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/transport/wire"
)

// tradeRow is one row of the history: a trade, or an order that came to none.
type tradeRow struct {
	fields                  func(userID string, dst []byte) []byte // of the event itself
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
		row.fields = func(userID string, dst []byte) []byte { return wire.FailedFields(userID, &e)(dst) }
		return row
	case ledger.OrderCancelled:
		status := statusCancelled
		if e.Expired() {
			status = statusExpired
		}
		row := orderRow(e.Symbol, status, e.Side, e.Quantity, e.LimitPrice, e.Time)
		row.fields = func(userID string, dst []byte) []byte { return wire.CancelledFields(userID, &e)(dst) }
		return row
	case ledger.OrderRejected:
		row := orderRow(e.Symbol, statusRejected, e.Side, e.Quantity, e.LimitPrice, e.Time)
		row.fields = func(userID string, dst []byte) []byte { return wire.RejectedFields(userID, &e)(dst) }
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
	row.fields = func(userID string, dst []byte) []byte { return wire.ExecutedFields(userID, e)(dst) }
	row.profit, row.fee = e.Realised, e.Fee
	if value, err := e.Quantity.Mul(e.Price); err == nil {
		row.volume = value.Round(wire.MoneyDecimals)
	}
	if e.Closing {
		row.entry, row.exit = entryOf(e), leg{e.Time, e.Price}
	}
	return row
}

// entryOf is where what a closing trade closed was opened. An event of an earlier version
// may know no more of it than the profit, from which the price follows.
func entryOf(e *ledger.OrderFilled) leg {
	if !e.OpenedAt.IsZero() {
		return leg{e.OpenedAt, e.EntryPrice}
	}
	made, err := e.Realised.Quo(e.ClosedQuantity())
	if err == nil && e.Side == ledger.Sell {
		made = made.Neg()
	}
	price := e.Price
	if err == nil {
		price, err = e.Price.Add(made)
	}
	if err != nil || price.IsNeg() {
		price = decimal.Zero
	}
	return leg{e.Time, price.Round(wire.MoneyDecimals)}
}

// append appends the row as an object: what the event says, and by the names of the
// platform's history entryTime, entryPrice and profitLoss, which are always numbers, and
// exitTime and exitPrice of a trade that closed something.
func (t *tradeRow) append(dst []byte, userID string) []byte {
	amount := func(name string, d decimal.Decimal) { dst = append(append(dst, name...), d.Trim(0).String()...) }
	instant := func(name string, at time.Time) { dst = strconv.AppendInt(append(dst, name...), at.UnixMilli(), 10) }
	dst = t.fields(userID, append(dst, '{'))
	instant(`,"entryTime":`, t.entry.time)
	amount(`,"entryPrice":`, t.entry.price)
	amount(`,"profitLoss":`, t.profit)
	if !t.exit.time.IsZero() {
		instant(`,"exitTime":`, t.exit.time)
		amount(`,"exitPrice":`, t.exit.price)
	}
	return append(dst, '}')
}
