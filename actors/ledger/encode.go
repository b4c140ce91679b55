package ledger

import (
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
)

// formatVersion is that of the events this code writes, and the newest it reads.
const formatVersion = 1

// Types of events in the journal.
const (
	typeDeposited = "deposited"
	typeWithdrawn = "withdrawn"
	typePlaced    = "order_placed"
	typeFilled    = "order_filled"
	typeFailed    = "order_failed"
	typeCancelled = "order_cancelled"
	typeRejected  = "order_rejected"
)

// AppendEvent appends an event as a JSON object of one level. Amounts keep
// every digit, times are Unix milliseconds, and what is empty is left out.
func AppendEvent(dst []byte, e Event) []byte {
	switch e := e.(type) {
	case Deposited:
		w := beginEvent(dst, typeDeposited, e.Time)
		w.amount("amount", e.Amount)
		w.text("note", e.Note)
		return w.end()
	case Withdrawn:
		w := beginEvent(dst, typeWithdrawn, e.Time)
		w.amount("amount", e.Amount)
		w.text("note", e.Note)
		return w.end()
	case OrderPlaced:
		return appendPlaced(dst, &e)
	case OrderFilled:
		return appendFilled(dst, &e)
	case OrderFailed:
		return appendFailed(dst, &e)
	case OrderCancelled:
		w := beginEvent(dst, typeCancelled, e.Time)
		w.text("orderId", e.OrderID)
		w.text("reason", e.Reason)
		if e.Symbol != "" {
			w.text("symbol", e.Symbol)
			w.text("side", e.Side.String())
			w.amount("quantity", e.Quantity)
			w.amount("limitPrice", e.LimitPrice)
		}
		w.text("code", e.Code)
		w.text("broker", e.Broker)
		return w.end()
	case OrderRejected:
		return appendRejected(dst, &e)
	}
	panic("ledger: an event of an unknown type") // Event is sealed
}

func appendPlaced(dst []byte, e *OrderPlaced) []byte {
	w := beginEvent(dst, typePlaced, e.Time)
	w.text("orderId", e.OrderID)
	w.text("clientOrderId", e.ClientOrderID)
	w.text("symbol", e.Symbol)
	w.text("side", e.Side.String())
	w.amount("quantity", e.Quantity)
	w.text("orderType", e.Type.String())
	w.amount("limitPrice", e.LimitPrice)
	w.text("broker", e.Broker)
	return w.end()
}

func appendFilled(dst []byte, e *OrderFilled) []byte {
	w := beginEvent(dst, typeFilled, e.Time)
	w.text("tradeId", e.TradeID)
	w.text("orderId", e.OrderID)
	w.text("symbol", e.Symbol)
	w.text("side", e.Side.String())
	w.amount("quantity", e.Quantity)
	w.amount("price", e.Price)
	w.amount("fee", e.Fee)
	w.text("broker", e.Broker)
	w.flag("closing", e.Closing)
	w.amount("realised", e.Realised)
	w.amount("entryPrice", e.EntryPrice)
	if !e.OpenedAt.IsZero() {
		w.instant("openedAt", e.OpenedAt)
	}
	if c := e.Closed; c != nil {
		w.amount("closedQuantity", c.Last.Quantity)
		w.amount("pnlPercent", c.Last.PnLPercent)
		w.amount("wholeQuantity", c.Quantity)
		w.amount("wholeEntryPrice", c.EntryPrice)
		w.amount("wholeExitPrice", c.ExitPrice)
		w.amount("wholePnl", c.PnL)
		w.amount("wholePnlPercent", c.PnLPercent)
		w.amount("wholeFees", c.Fees)
	}
	w.amount("openedQuantity", e.Opened)
	return w.end()
}

func appendRejected(dst []byte, e *OrderRejected) []byte {
	w := beginEvent(dst, typeRejected, e.Time)
	w.text("orderId", e.OrderID)
	w.text("clientOrderId", e.ClientOrderID)
	w.text("symbol", e.Symbol)
	w.text("side", e.Side.String())
	w.amount("quantity", e.Quantity)
	w.text("orderType", e.Type.String())
	w.amount("limitPrice", e.LimitPrice)
	w.text("code", e.Code)
	w.text("reason", e.Reason)
	w.text("broker", e.Broker)
	return w.end()
}

func appendFailed(dst []byte, e *OrderFailed) []byte {
	w := beginEvent(dst, typeFailed, e.Time)
	w.text("tradeId", e.TradeID)
	w.text("orderId", e.OrderID)
	w.text("symbol", e.Symbol)
	w.text("side", e.Side.String())
	w.amount("quantity", e.Quantity)
	w.amount("price", e.Price)
	w.text("reason", e.Reason)
	w.text("code", e.Code)
	w.flag("canRetry", e.CanRetry)
	w.text("broker", e.Broker)
	return w.end()
}

// writer appends the members of objects.
type writer struct{ dst []byte }

// beginEvent begins the object of an event.
func beginEvent(dst []byte, kind string, at time.Time) writer {
	w := writer{append(dst, `{"type":"`...)}
	w.dst = append(w.dst, kind...)
	w.dst = append(w.dst, `","v":`...)
	w.dst = strconv.AppendInt(w.dst, formatVersion, 10)
	w.instant("time", at)
	return w
}

func (w *writer) begin() { w.dst = append(w.dst, '{') }

func (w *writer) end() []byte {
	w.dst = append(w.dst, '}')
	return w.dst
}

// separate appends the comma between this member and the one before.
func (w *writer) separate() {
	if w.dst[len(w.dst)-1] != '{' {
		w.dst = append(w.dst, ',')
	}
}

func (w *writer) name(name string) {
	w.separate()
	w.dst = append(w.dst, '"')
	w.dst = append(w.dst, name...)
	w.dst = append(w.dst, '"', ':')
}

func (w *writer) text(name, value string) {
	if value != "" {
		w.name(name)
		w.dst = jsonline.AppendText(w.dst, value)
	}
}

func (w *writer) amount(name string, value decimal.Decimal) {
	if value.IsZero() {
		return
	}
	w.name(name)
	appended, err := value.AppendText(w.dst)
	if err != nil {
		panic("ledger: " + err.Error()) // a decimal always has a text
	}
	w.dst = appended
}

func (w *writer) instant(name string, at time.Time) {
	w.name(name)
	w.dst = strconv.AppendInt(w.dst, at.UnixMilli(), 10)
}

func (w *writer) flag(name string, value bool) {
	if value {
		w.name(name)
		w.dst = append(w.dst, "true"...)
	}
}
