package wire

import (
	"strconv"
	"time"

	"outcry/actors/jsonline"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/transport/websocket"
)

// Notices are the events that tell a user of a fact: what is flat in them, a
// nested copy under another name, a notification for dashboards that show one,
// and the offset by which a browser says where it was.

// Notices returns how many notices an event of the journal makes. portfolio.Encoder.
func (Encoder) Notices(e ledger.Event) int {
	switch e := e.(type) {
	case ledger.OrderFilled:
		if e.Closed != nil {
			return 2
		}
		return 1
	case ledger.OrderFailed, ledger.OrderCancelled, ledger.Withdrawn:
		return 1
	case ledger.Deposited:
		if e.Note == portfolio.OpeningNote {
			return 0
		}
		return 1
	}
	return 0
}

// AppendNotice appends one notice of an event, by its index. portfolio.Encoder.
func (Encoder) AppendNotice(dst []byte, userID string, e ledger.Event, index int, offset portfolio.Offset) []byte {
	switch e := e.(type) {
	case ledger.OrderFilled:
		if index == 1 {
			return appendNotice(dst, "position:closed", "position", offset, closedFields(userID, &e), closedNotification(&e))
		}
		return appendNotice(dst, "trade:executed", "trade", offset, ExecutedFields(userID, &e), executedNotification(&e))
	case ledger.OrderFailed:
		return appendNotice(dst, "trade:failed", "trade", offset, FailedFields(userID, &e), failedNotification(&e))
	case ledger.OrderCancelled:
		return appendNotification(dst, userID, offset, e.Time, cancelledNotification(&e), cancelledFields(&e))
	case ledger.Deposited:
		return appendNotification(dst, userID, offset, e.Time, notification{"Deposit", "Deposited " + e.Amount.String(), "info"}, noFields)
	case ledger.Withdrawn:
		return appendNotification(dst, userID, offset, e.Time, notification{"Withdrawal", "Withdrew " + e.Amount.String(), "info"}, noFields)
	}
	return dst
}

// notification is what a dashboard shows in a corner.
type notification struct{ title, message, kind string }

func (n notification) append(dst []byte) []byte {
	dst = jsonline.AppendText(append(dst, `{"title":`...), n.title)
	dst = jsonline.AppendText(append(dst, `,"message":`...), n.message)
	dst = jsonline.AppendText(append(dst, `,"type":`...), n.kind)
	return append(dst, '}')
}

// fields appends the members of an object, without its braces.
type fields func(dst []byte) []byte

// appendNotice appends a frame with the flat fields, their nested copy, the
// notification and the offset.
func appendNotice(dst []byte, event, nested string, offset portfolio.Offset, flat fields, n notification) []byte {
	start := len(dst)
	dst = append(beginEvent(dst, event), '{')
	from := len(dst)
	dst = flat(dst)
	to := len(dst)
	dst = append(append(append(dst, `,"`...), nested...), `":{`...)
	dst = append(dst, dst[from:to]...)
	dst = n.append(append(dst, `},"notification":`...))
	return endNotice(append(dst, '}'), start, offset)
}

func noFields(dst []byte) []byte { return dst }

// appendNotification appends a notice that is nothing but a notification. data
// is what programs need of it.
func appendNotification(dst []byte, userID string, offset portfolio.Offset, at time.Time, n notification, data fields) []byte {
	start := len(dst)
	dst = beginEvent(dst, "notification")
	object := n.append(nil)
	dst = append(dst, object[:len(object)-1]...)
	dst = data(append(dst, `,"data":{`...))
	dst = jsonline.AppendText(append(dst, `},"userId":`...), userID)
	dst = strconv.AppendInt(append(dst, `,"timestamp":`...), at.UnixMilli(), 10)
	dst = append(append(dst, `,"notification":`...), object...)
	return endNotice(append(dst, '}'), start, offset)
}

func beginEvent(dst []byte, event string) []byte {
	dst = append(websocket.BeginText(dst), messagePrefix)
	return appendEventPrefix(dst, event)
}

// endNotice appends the offset, which socket.io-client remembers where it is
// the last argument and a string.
func endNotice(dst []byte, start int, offset portfolio.Offset) []byte {
	dst = offset.Append(append(dst, `,"`...))
	return websocket.EndText(append(dst, `"]`...), start)
}

// ExecutedFields are the flat fields of trade:executed.
func ExecutedFields(userID string, e *ledger.OrderFilled) func(dst []byte) []byte {
	return func(dst []byte) []byte {
		dst = appendTradeHead(dst, e.TradeID, e.OrderID, e.Symbol, e.Side)
		dst = appendNumber(dst, `,"quantity":`, e.Quantity)
		dst = appendNumber(dst, `,"price":`, e.Price)
		dst = appendNumber(dst, `,"fee":`, e.Fee)
		if e.Closing {
			dst = appendNumber(dst, `,"profit":`, e.Realised)
		}
		return appendTradeTail(append(dst, `,"status":"executed"`...), userID, e.Broker, e.Time)
	}
}

// FailedFields are the flat fields of trade:failed.
func FailedFields(userID string, e *ledger.OrderFailed) func(dst []byte) []byte {
	return func(dst []byte) []byte {
		dst = appendTradeHead(dst, e.TradeID, e.OrderID, e.Symbol, e.Side)
		dst = appendNumber(dst, `,"quantity":`, e.Quantity)
		if e.Price.IsPos() {
			dst = appendNumber(dst, `,"price":`, e.Price)
		}
		dst = jsonline.AppendText(append(dst, `,"reason":`...), e.Reason)
		dst = jsonline.AppendText(append(dst, `,"error":`...), e.Reason)
		dst = jsonline.AppendText(append(dst, `,"code":`...), e.Code)
		dst = strconv.AppendBool(append(dst, `,"canRetry":`...), e.CanRetry)
		return appendTradeTail(append(dst, `,"status":"failed"`...), userID, e.Broker, e.Time)
	}
}

func appendTradeHead(dst []byte, id, orderID, symbol string, side ledger.Side) []byte {
	dst = jsonline.AppendText(append(dst, `"id":`...), id)
	dst = jsonline.AppendText(append(dst, `,"orderId":`...), orderID)
	dst = jsonline.AppendText(append(dst, `,"symbol":`...), symbol)
	return append(append(append(dst, `,"side":"`...), side.String()...), '"')
}

func appendTradeTail(dst []byte, userID, broker string, at time.Time) []byte {
	dst = jsonline.AppendText(append(dst, `,"broker":`...), broker)
	dst = jsonline.AppendText(append(dst, `,"userId":`...), userID)
	return strconv.AppendInt(append(dst, `,"timestamp":`...), at.UnixMilli(), 10)
}

func closedFields(userID string, e *ledger.OrderFilled) fields {
	return func(dst []byte) []byte {
		c := e.Closed
		dst = jsonline.AppendText(append(dst, `"symbol":`...), e.Symbol)
		dst = appendNumber(dst, `,"quantity":`, c.Quantity)
		dst = appendNumber(dst, `,"entryPrice":`, c.EntryPrice)
		dst = appendNumber(dst, `,"exitPrice":`, c.ExitPrice)
		dst = appendNumber(dst, `,"pnl":`, c.PnL)
		dst = appendNumber(dst, `,"pnlPercent":`, c.PnLPercent)
		dst = strconv.AppendInt(append(dst, `,"holdingPeriod":`...), c.ClosedAt.Sub(c.OpenedAt).Milliseconds(), 10)
		dst = jsonline.AppendText(append(dst, `,"userId":`...), userID)
		return strconv.AppendInt(append(dst, `,"timestamp":`...), e.Time.UnixMilli(), 10)
	}
}

func executedNotification(e *ledger.OrderFilled) notification {
	verb := "Bought "
	if e.Side == ledger.Sell {
		verb = "Sold "
	}
	return notification{"Trade executed", verb + e.Quantity.String() + " " + e.Symbol + " at " + e.Price.String(), "success"}
}

func failedNotification(e *ledger.OrderFailed) notification {
	return notification{"Trade failed", e.Symbol + ": " + e.Reason, "error"}
}

func closedNotification(e *ledger.OrderFilled) notification {
	kind, word := "success", "profit "
	if e.Closed.PnL.IsNeg() {
		kind, word = "warning", "loss "
	}
	return notification{"Position closed", e.Symbol + ": " + word + e.Closed.PnL.Abs().String(), kind}
}

func cancelledFields(e *ledger.OrderCancelled) fields {
	return func(dst []byte) []byte { return jsonline.AppendText(append(dst, `"orderId":`...), e.OrderID) }
}

func cancelledNotification(e *ledger.OrderCancelled) notification {
	message := "Order " + e.OrderID + " was cancelled"
	if e.Symbol != "" {
		message = "Order to " + e.Side.String() + " " + e.Quantity.String() + " " + e.Symbol + " was cancelled"
	}
	if e.Reason != "" {
		message += ": " + e.Reason
	}
	return notification{"Order cancelled", message, "info"}
}
