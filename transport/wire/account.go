package wire

import (
	"strconv"
	"time"

	"outcry/actors/jsonline"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/transport/socketio"
	"outcry/transport/websocket"
)

func appendEventPrefix(dst []byte, event string) []byte {
	return socketio.AppendEventPrefix(dst, event)
}

// AppendUpdate appends portfolio:update: the flat fields, and a nested copy of
// them as some dashboards read it. portfolio.Encoder.
func (Encoder) AppendUpdate(dst []byte, account *portfolio.Account) []byte {
	start := len(dst)
	dst = append(beginEvent(dst, "portfolio:update"), '{')
	from := len(dst)
	dst = appendAccount(dst, account)
	to := len(dst)
	dst = append(dst, `,"portfolio":{`...)
	dst = append(dst, dst[from:to]...)
	return websocket.EndText(append(dst, `}}]`...), start)
}

// AppendDelta appends portfolio:update of what changed: the flat fields without the nested
// copy, delta, the positions and orders that are new or changed, and which went.
// portfolio.Encoder.
func (Encoder) AppendDelta(dst []byte, account *portfolio.Account, d *portfolio.Delta) []byte {
	start := len(dst)
	dst = jsonline.AppendText(append(beginEvent(dst, "portfolio:update"), `{"userId":`...), account.UserID)
	dst = AppendTotals(append(dst, `,"delta":true,`...), &account.Valuation)
	dst = appendPositions(append(dst, noBots+`,"positions":`...), d.Positions)
	dst = appendTexts(append(dst, `,"removedPositions":`...), d.GonePositions)
	dst = AppendOrders(append(dst, `,"orders":`...), d.Orders)
	dst = appendTexts(append(dst, `,"removedOrders":`...), d.GoneOrders)
	return websocket.EndText(append(appendMoment(dst, account), `}]`...), start)
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonline.AppendText(dst, text)
	}
	return append(dst, ']')
}

// AppendUpdated appends portfolio:updated, which has the nested copy alone.
// portfolio.Encoder.
func (Encoder) AppendUpdated(dst []byte, account *portfolio.Account) []byte {
	start := len(dst)
	dst = jsonline.AppendText(append(beginEvent(dst, "portfolio:updated"), `{"userId":`...), account.UserID)
	dst = strconv.AppendInt(append(dst, `,"timestamp":`...), account.Time.UnixMilli(), 10)
	dst = appendAccount(append(dst, `,"portfolio":{`...), account)
	return websocket.EndText(append(dst, `}}]`...), start)
}

// appendAccount appends the fields of portfolio:update and the open orders.
func appendAccount(dst []byte, account *portfolio.Account) []byte {
	dst = jsonline.AppendText(append(dst, `"userId":`...), account.UserID)
	dst = append(dst, ',')
	dst = AppendPortfolioFields(dst, &account.Valuation)
	dst = AppendOrders(append(dst, `,"orders":`...), account.Orders)
	return appendMoment(dst, account)
}

// appendMoment appends of when the account is.
func appendMoment(dst []byte, account *portfolio.Account) []byte {
	dst = strconv.AppendUint(append(dst, `,"version":`...), account.Version, 10)
	return strconv.AppendInt(append(dst, `,"timestamp":`...), account.Time.UnixMilli(), 10)
}

// AppendOrders appends open orders as a JSON array.
func AppendOrders(dst []byte, orders []ledger.Order) []byte {
	dst = append(dst, '[')
	for i := range orders {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendOrder(dst, &orders[i])
	}
	return append(dst, ']')
}

func appendOrder(dst []byte, o *ledger.Order) []byte {
	dst = jsonline.AppendText(append(dst, `{"orderId":`...), o.OrderID)
	if o.ClientOrderID != "" {
		dst = jsonline.AppendText(append(dst, `,"clientOrderId":`...), o.ClientOrderID)
	}
	dst = jsonline.AppendText(append(dst, `,"symbol":`...), o.Symbol)
	dst = jsonline.AppendText(append(dst, `,"side":`...), o.Side.String())
	dst = jsonline.AppendText(append(dst, `,"type":`...), o.Type.String())
	dst = appendNumber(dst, `,"quantity":`, o.Quantity)
	dst = appendNumber(dst, `,"filledQuantity":`, o.Filled)
	if o.LimitPrice.IsPos() {
		dst = appendNumber(dst, `,"limitPrice":`, o.LimitPrice)
	}
	dst = jsonline.AppendText(append(dst, `,"broker":`...), o.Broker)
	dst = append(dst, `,"status":"open","timestamp":`...)
	return append(strconv.AppendInt(dst, o.Time.UnixMilli(), 10), '}')
}

// BeginSync starts state.sync: the account, then the array of its quotes, each
// of which AppendBatched appends. session.Encoder.
func (Encoder) BeginSync(dst []byte, account *portfolio.Account) []byte {
	dst = appendAccount(append(beginEvent(dst, "state.sync"), `{"portfolio":{`...), account)
	dst = AppendPositions(append(dst, `},"positions":`...), &account.Valuation)
	dst = AppendOrders(append(dst, `,"orders":`...), account.Orders)
	return append(dst, `,"quotes":[`...)
}

// EndSync completes the packet that BeginSync started at start. session.Encoder.
func (Encoder) EndSync(dst []byte, start int, now time.Time) []byte {
	dst = strconv.AppendInt(append(dst, `],"timestamp":`...), now.UnixMilli(), 10)
	return websocket.EndText(append(dst, `}]`...), start)
}

type accountSubscribed struct {
	Success   bool   `json:"success"`
	UserID    string `json:"userId"`
	Timestamp int64  `json:"timestamp"`
}

type accountConfirmed struct {
	Type string `json:"type"`
}

// AppendAccountConfirmation appends subscribed:portfolio or subscribed:trades
// and subscription:confirmed, or their opposites. session.Encoder.
func (Encoder) AppendAccountConfirmation(dst []byte, kind session.AccountKind, on bool, userID string, now time.Time) []byte {
	name := "portfolio"
	if kind == session.TradeNotices {
		name = "trades"
	}
	done, confirmation := "subscribed:", "subscription:confirmed"
	if !on {
		done, confirmation = "unsubscribed:", "unsubscription:confirmed"
	}
	dst = appendEvent(dst, done+name, accountSubscribed{true, userID, now.UnixMilli()})
	return appendEvent(dst, confirmation, accountConfirmed{name})
}

type ackOrder struct {
	Success bool   `json:"success"`
	Status  string `json:"status"`
	OrderID string `json:"orderId,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Code    string `json:"code,omitempty"`
	Held
}

// Held are the fields of an answer to an order that is accepted and waits for its market;
// all of them are left out for others.
type Held struct {
	// Queued is a market order that is filled at the first price after the open.
	Queued bool `json:"queued,omitempty"`
	// OpensAt is when the market opens, in Unix milliseconds.
	OpensAt *int64 `json:"opensAt,omitempty"`
	Message string `json:"message,omitempty"`
}

// HeldBy are the fields of a hold, nil for none.
func HeldBy(h *portfolio.Hold) Held {
	if h == nil {
		return Held{}
	}
	return Held{Queued: h.Queued, OpensAt: unixMilli(h.Until), Message: h.Message()}
}

// AppendAckOrder answers an order that was accepted, and maybe held, or cancelled.
// session.Encoder.
func (Encoder) AppendAckOrder(dst []byte, id int64, orderID string, cancelled bool, hold *portfolio.Hold) []byte {
	status := "accepted"
	if cancelled {
		status = "cancelled"
	}
	return appendAck(dst, id, ackOrder{Success: true, Status: status, OrderID: orderID, Held: HeldBy(hold)})
}

// AppendAckRejected answers an order that was not. session.Encoder.
func (Encoder) AppendAckRejected(dst []byte, id int64, orderID, code, reason string) []byte {
	return appendAck(dst, id, ackOrder{Status: "rejected", OrderID: orderID, Code: code, Reason: reason})
}

type ackSymbols struct {
	Success bool     `json:"success"`
	Symbols []string `json:"symbols"`
}

// AppendAckSymbols answers a watchlist request. session.Encoder.
func (Encoder) AppendAckSymbols(dst []byte, id int64, symbols []string) []byte {
	if symbols == nil {
		symbols = []string{}
	}
	return appendAck(dst, id, ackSymbols{Success: true, Symbols: symbols})
}
