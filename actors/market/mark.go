package market

import (
	"time"

	"github.com/govalues/decimal"
)

// Mark is what positions in an instrument are valued by: the quote as it was
// last shown to the instrument's subscribers. It is immutable.
type Mark struct {
	// Price of the newest trade; zero where bid, ask or statistics alone are known.
	Price decimal.Decimal
	// Bid and Ask are zero where there is none.
	Bid, Ask decimal.Decimal
	// PreviousClose is what the day's change is measured from: the last price of
	// the trading day before or, where that day was not seen, the day's open.
	PreviousClose decimal.Decimal
	// Time is the newest trade's own time, BidTime and AskTime those of bid and ask.
	Time, BidTime, AskTime time.Time
	// Received is when the engine received the newest of them.
	Received time.Time
	// State says how far the price can be trusted.
	State State
}

// MarkAt returns the quote as a mark in the given state.
func (q *Quote) MarkAt(state State) Mark {
	m := Mark{
		Price: q.Price, Bid: q.Bid, Ask: q.Ask, PreviousClose: q.PreviousClose,
		Time: q.Time, BidTime: q.BidTime, AskTime: q.AskTime, Received: q.Received, State: state,
	}
	if m.PreviousClose.IsZero() {
		m.PreviousClose = q.Open
	}
	return m
}
