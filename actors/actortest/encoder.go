package actortest

import (
	"fmt"
	"strings"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/market"
	"outcry/actors/session"
)

// Encoder writes what a session sends as lines of text. It implements
// symbol.Encoder and session.Encoder.
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
func (Encoder) AppendAckPong(dst []byte, id int64, userID string) []byte {
	return fmt.Appendf(dst, "ack %d pong %s\n", id, userID)
}

// AppendAckError writes "nack id code message".
func (Encoder) AppendAckError(dst []byte, id int64, code session.Code, message string) []byte {
	return fmt.Appendf(dst, "nack %d %s %s\n", id, code, message)
}
