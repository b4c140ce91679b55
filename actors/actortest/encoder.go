package actortest

import (
	"fmt"
	"strings"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/actors/session"
)

// Encoder writes what a session sends as lines of text. It implements
// symbol.Encoder, portfolio.Encoder and session.Encoder.
type Encoder struct{}

// AppendQuote writes "SYMBOL price volume state".
func (Encoder) AppendQuote(dst []byte, q *market.Quote, state market.State, _ *[8]uint16) []byte {
	return fmt.Appendf(dst, "%s %s %s %s", q.Symbol, q.Price, q.Volume, state)
}

var dialectNames = map[session.Dialects]string{
	session.WatchlistQuote: "quote",
	session.QuoteUpdate:    "update",
	session.MarketQuote:    "market",
}

// AppendFrame writes "quote SYMBOL price volume state merged=N age=D".
func (Encoder) AppendFrame(dst []byte, f *conflation.Frame, dialect session.Dialects, merged uint32, age time.Duration) []byte {
	return fmt.Appendf(dst, "%s %s merged=%d age=%s\n", dialectNames[dialect], f.Bytes, merged, age)
}

// BeginBatch starts the line of a batch.
func (Encoder) BeginBatch(dst []byte) []byte { return append(dst, "batch"...) }

// AppendBatched writes "[SYMBOL price volume state merged=N]".
func (Encoder) AppendBatched(dst []byte, f *conflation.Frame, merged uint32, _ time.Duration) []byte {
	return fmt.Appendf(dst, " [%s merged=%d]", f.Bytes, merged)
}

// EndBatch ends the line.
func (Encoder) EndBatch(dst []byte, _ int) []byte { return append(dst, '\n') }

// AppendWelcome writes "welcome user socket".
func (Encoder) AppendWelcome(dst []byte, userID, socketID string, _ time.Time) []byte {
	return fmt.Appendf(dst, "welcome %s %s\n", userID, socketID)
}

// AppendConfirmation writes "subscribed A,B" or "unsubscribed A,B".
func (Encoder) AppendConfirmation(dst []byte, on bool, symbols []string, _ string, _ time.Time) []byte {
	word := "subscribed"
	if !on {
		word = "unsubscribed"
	}
	return fmt.Appendf(dst, "%s %s\n", word, strings.Join(symbols, ","))
}

// AppendShutdown writes "shutdown".
func (Encoder) AppendShutdown(dst []byte, _ time.Duration, _ time.Time) []byte {
	return append(dst, "shutdown\n"...)
}

// AppendMarketStatus writes "market open feed".
func (Encoder) AppendMarketStatus(dst []byte, m session.MarketStatus, _ time.Time) []byte {
	return fmt.Appendf(dst, "market %t %s\n", m.Open, m.Feed)
}

// AppendPong writes "pong timestamp".
func (Encoder) AppendPong(dst []byte, clientTimestamp string, _ time.Time) []byte {
	return fmt.Appendf(dst, "pong %s\n", clientTimestamp)
}

// AppendError writes "error event code message".
func (Encoder) AppendError(dst []byte, event string, code session.Code, message string) []byte {
	return fmt.Appendf(dst, "error %s %s %s\n", event, code, message)
}

// AppendAck writes "ack id".
func (Encoder) AppendAck(dst []byte, id int64) []byte { return fmt.Appendf(dst, "ack %d\n", id) }

// AppendAckPong writes "ack id pong user".
func (Encoder) AppendAckPong(dst []byte, id int64, userID string, _ time.Time) []byte {
	return fmt.Appendf(dst, "ack %d pong %s\n", id, userID)
}

// AppendAckError writes "nack id code message".
func (Encoder) AppendAckError(dst []byte, id int64, code session.Code, message string) []byte {
	return fmt.Appendf(dst, "nack %d %s %s\n", id, code, message)
}

// AppendAccountConfirmation writes "subscribed portfolio" or "unsubscribed trades".
func (Encoder) AppendAccountConfirmation(dst []byte, kind session.AccountKind, on bool, _ string, _ time.Time) []byte {
	word, name := "subscribed", "portfolio"
	if !on {
		word = "unsubscribed"
	}
	if kind == session.TradeNotices {
		name = "trades"
	}
	return fmt.Appendf(dst, "%s %s\n", word, name)
}

// BeginSync starts the line "sync user version total positions:".
func (Encoder) BeginSync(dst []byte, a *portfolio.Account) []byte {
	return fmt.Appendf(dst, "sync %s %d %s %d:", a.UserID, a.Version, a.Valuation.TotalValue, len(a.Valuation.Positions))
}

// EndSync ends the line.
func (Encoder) EndSync(dst []byte, _ int, _ time.Time) []byte { return append(dst, '\n') }

// AppendAckOrder writes "ack id accepted order" or "ack id cancelled order".
func (Encoder) AppendAckOrder(dst []byte, id int64, orderID string, cancelled bool, _ *portfolio.Hold) []byte {
	if cancelled {
		return fmt.Appendf(dst, "ack %d cancelled %s\n", id, orderID)
	}
	return fmt.Appendf(dst, "ack %d accepted %s\n", id, orderID)
}

// AppendAckRejected writes "nack id code reason".
func (Encoder) AppendAckRejected(dst []byte, id int64, _, code, reason string) []byte {
	return fmt.Appendf(dst, "nack %d %s %s\n", id, code, reason)
}

// AppendAckSymbols writes "ack id [A B]".
func (Encoder) AppendAckSymbols(dst []byte, id int64, symbols []string) []byte {
	return fmt.Appendf(dst, "ack %d %v\n", id, symbols)
}

// Notices makes one notice of each event that an account is told, a second one of a
// fill that closes a position, and a third where it opens another. portfolio.Encoder.
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
	case ledger.OrderFailed, ledger.OrderCancelled:
		return 1
	}
	return 0
}

// AppendNotice writes "executed trade @offset", "closed symbol @offset", "opened symbol @offset",
// "failed trade reason @offset" or "cancelled order @offset".
func (Encoder) AppendNotice(dst []byte, _ string, e ledger.Event, index int, offset portfolio.Offset) []byte {
	switch e := e.(type) {
	case ledger.OrderFilled:
		switch index {
		case 1:
			return fmt.Appendf(dst, "closed %s @%s\n", e.Symbol, offset)
		case 2:
			return fmt.Appendf(dst, "opened %s @%s\n", e.Symbol, offset)
		}
		return fmt.Appendf(dst, "executed %s @%s\n", e.TradeID, offset)
	case ledger.OrderFailed:
		return fmt.Appendf(dst, "failed %s %s @%s\n", e.TradeID, e.Reason, offset)
	case ledger.OrderCancelled:
		return fmt.Appendf(dst, "cancelled %s @%s\n", e.OrderID, offset)
	}
	return dst
}

// AppendUpdate writes "portfolio user version total".
func (Encoder) AppendUpdate(dst []byte, a *portfolio.Account) []byte {
	return fmt.Appendf(dst, "portfolio %s %d %s\n", a.UserID, a.Version, a.Valuation.TotalValue)
}

// AppendDelta writes "delta user version total [SYMBOL quantity ...] [order ...] -[SYMBOL ...] -[order ...]".
func (Encoder) AppendDelta(dst []byte, a *portfolio.Account, d *portfolio.Delta) []byte {
	var positions, orders []string
	for i := range d.Positions {
		positions = append(positions, d.Positions[i].Symbol+" "+d.Positions[i].Quantity.String())
	}
	for i := range d.Orders {
		orders = append(orders, d.Orders[i].OrderID)
	}
	return fmt.Appendf(dst, "delta %s %d %s %v %v -%v -%v\n", a.UserID, a.Version, a.Valuation.TotalValue, positions, orders, d.GonePositions, d.GoneOrders)
}

// AppendUpdated writes "updated user version total".
func (Encoder) AppendUpdated(dst []byte, a *portfolio.Account) []byte {
	return fmt.Appendf(dst, "updated %s %d %s\n", a.UserID, a.Version, a.Valuation.TotalValue)
}
