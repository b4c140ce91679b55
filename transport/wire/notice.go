package wire

import (
	"strconv"
	"time"

	"github.com/govalues/decimal"

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
		switch {
		case e.Closed == nil:
			return 1
		case e.Opened.IsZero():
			return 2
		}
		return 3
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
		switch index {
		case 1:
			return appendNotice(dst, "position:closed", "position", offset, closedFields(userID, &e), closedNotification(&e))
		case 2:
			return appendNotice(dst, "position:opened", "position", offset, openedFields(userID, &e), openedNotification(&e))
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
		if !e.Opened.IsZero() {
			dst = appendNumber(dst, `,"closedQuantity":`, e.ClosedQuantity())
			dst = appendNumber(dst, `,"openedQuantity":`, e.Opened.Abs())
		}
		dst = appendTradeTail(append(dst, `,"status":"executed"`...), userID, e.Broker, e.Time)
		at, price := e.Entry()
		dst = appendPlatform(dst, at, price, e.Realised)
		if e.Closing {
			dst = strconv.AppendInt(append(dst, `,"exitTime":`...), e.Time.UnixMilli(), 10)
			dst = appendNumber(dst, `,"exitPrice":`, e.Price)
		}
		return dst
	}
}

// appendPlatform appends what pages of the platform read of a row of its history, by their
// names. All three are always there: pages show them without a look at what they are.
func appendPlatform(dst []byte, entered time.Time, entryPrice, profit decimal.Decimal) []byte {
	dst = strconv.AppendInt(append(dst, `,"entryTime":`...), entered.UnixMilli(), 10)
	dst = appendNumber(dst, `,"entryPrice":`, entryPrice)
	return appendNumber(dst, `,"profitLoss":`, profit)
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
		dst = appendTradeTail(append(dst, `,"status":"failed"`...), userID, e.Broker, e.Time)
		return appendPlatform(dst, e.Time, e.Price, decimal.Zero)
	}
}

// CancelledFields are the flat fields of an order that was cancelled or whose time was over,
// as the history has it.
func CancelledFields(userID string, e *ledger.OrderCancelled) func(dst []byte) []byte {
	return func(dst []byte) []byte {
		dst = appendTradeHead(dst, e.OrderID, e.OrderID, e.Symbol, e.Side)
		dst = appendNumber(dst, `,"quantity":`, e.Quantity)
		status := "cancelled"
		if e.Expired() {
			status = "expired"
		}
		return appendOrderEnd(dst, e.LimitPrice, e.Reason, e.Code, status, userID, e.Broker, e.Time)
	}
}

// RejectedFields are the flat fields of an order that was refused, as the history has it.
func RejectedFields(userID string, e *ledger.OrderRejected) func(dst []byte) []byte {
	return func(dst []byte) []byte {
		dst = appendTradeHead(dst, e.OrderID, e.OrderID, e.Symbol, e.Side)
		if e.ClientOrderID != "" {
			dst = jsonline.AppendText(append(dst, `,"clientOrderId":`...), e.ClientOrderID)
		}
		dst = appendNumber(dst, `,"quantity":`, e.Quantity)
		dst = append(append(append(dst, `,"type":"`...), e.Type.String()...), '"')
		return appendOrderEnd(dst, e.LimitPrice, e.Reason, e.Code, "rejected", userID, e.Broker, e.Time)
	}
}

func appendOrderEnd(dst []byte, limit decimal.Decimal, reason, code, status, userID, broker string, at time.Time) []byte {
	if !limit.IsZero() {
		dst = appendNumber(dst, `,"limitPrice":`, limit)
	}
	dst = jsonline.AppendText(append(dst, `,"reason":`...), reason)
	dst = jsonline.AppendText(append(dst, `,"code":`...), code)
	dst = append(append(append(dst, `,"status":"`...), status...), '"')
	dst = appendTradeTail(dst, userID, broker, at)
	return appendPlatform(dst, at, limit, decimal.Zero)
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

// closedFields tell the whole life of a position, and the part of the last fill in lastFill.
func closedFields(userID string, e *ledger.OrderFilled) fields {
	return func(dst []byte) []byte {
		c := e.Closed
		dst = jsonline.AppendText(append(dst, `"symbol":`...), e.Symbol)
		dst = append(append(append(dst, `,"side":"`...), c.Side()...), `",`...)
		dst = appendClosedPart(dst, &c.ClosedPart)
		dst = appendNumber(dst, `,"fees":`, c.Fees)
		dst = strconv.AppendInt(append(dst, `,"openedAt":`...), c.OpenedAt.UnixMilli(), 10)
		dst = strconv.AppendInt(append(dst, `,"closedAt":`...), c.ClosedAt.UnixMilli(), 10)
		dst = strconv.AppendInt(append(dst, `,"holdingPeriod":`...), c.HoldingPeriod().Milliseconds(), 10)
		dst = jsonline.AppendText(append(dst, `,"lastFill":{"id":`...), e.TradeID)
		dst = append(appendClosedPart(append(dst, ','), &c.Last), '}')
		dst = jsonline.AppendText(append(dst, `,"userId":`...), userID)
		return strconv.AppendInt(append(dst, `,"timestamp":`...), e.Time.UnixMilli(), 10)
	}
}

func appendClosedPart(dst []byte, p *ledger.ClosedPart) []byte {
	dst = appendNumber(dst, `"quantity":`, p.Quantity)
	dst = appendNumber(dst, `,"entryPrice":`, p.EntryPrice)
	dst = appendNumber(dst, `,"exitPrice":`, p.ExitPrice)
	dst = appendNumber(dst, `,"pnl":`, p.PnL)
	return appendNumber(dst, `,"pnlPercent":`, p.PnLPercent)
}

// openedFields are of the position that a fill opened which closed another one.
func openedFields(userID string, e *ledger.OrderFilled) fields {
	return func(dst []byte) []byte {
		part := ledger.ClosedPart{Quantity: e.Opened}
		dst = jsonline.AppendText(append(dst, `"symbol":`...), e.Symbol)
		dst = append(append(append(dst, `,"side":"`...), part.Side()...), '"')
		dst = appendNumber(dst, `,"quantity":`, e.Opened)
		dst = appendNumber(dst, `,"entryPrice":`, e.Price)
		dst = strconv.AppendInt(append(dst, `,"openedAt":`...), e.Time.UnixMilli(), 10)
		dst = jsonline.AppendText(append(dst, `,"tradeId":`...), e.TradeID)
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

func openedNotification(e *ledger.OrderFilled) notification {
	part := ledger.ClosedPart{Quantity: e.Opened}
	return notification{"Position opened", e.Symbol + ": " + part.Side() + " " + e.Opened.Abs().String() + " at " + e.Price.String(), "info"}
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
