package market

import (
	"encoding/json"
	"time"

	"github.com/govalues/decimal"
)

// Quote is what is known of an instrument: its newest tick and the statistics
// of the trading day that tick belongs to.
type Quote struct {
	Symbol string
	// Price of the newest tick; zero before the first.
	Price decimal.Decimal
	// Bid and Ask are the newest known, zero where none was ever given.
	Bid, Ask decimal.Decimal
	// Open, High and Low of the trading day.
	Open, High, Low decimal.Decimal
	// PreviousClose is the last price of the trading day before, zero where
	// that day was not seen.
	PreviousClose decimal.Decimal
	// Volume is the sum of the sizes of the trading day.
	Volume decimal.Decimal
	// Time is the newest tick's own time.
	Time time.Time
	// Received is when the engine received the newest tick.
	Received time.Time
	// Ticks counts every tick taken since the symbol exists.
	Ticks uint64
	// Halted says that trading is suspended.
	Halted bool

	day Day
}

// quoteFields has the fields of a Quote without its methods.
type quoteFields Quote

// savedQuote is a Quote as JSON, by which it goes from one process to the next.
type savedQuote struct {
	quoteFields
	Day Day
}

// MarshalJSON writes all of the quote, also the trading day that it belongs to.
func (q Quote) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedQuote{quoteFields(q), q.day})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (q *Quote) UnmarshalJSON(data []byte) error {
	var saved savedQuote
	if err := json.Unmarshal(data, &saved); err != nil {
		return err
	}
	*q = Quote(saved.quoteFields)
	q.day = saved.Day
	return nil
}

// Apply folds t, received at received, into q. A tick without a time of its
// own is taken as observed on receipt. It reports whether t became the newest:
// an older one of the same day counts in volume, high and low and never moves
// the price back; one of an earlier day counts nowhere but in Ticks.
func (q *Quote) Apply(t Tick, received time.Time, days Calendar) (newest bool) {
	if t.Time.IsZero() {
		t.Time = received
	}
	q.Symbol = t.Symbol
	q.Ticks++
	late := t.Time.Before(q.Time)
	switch {
	case q.day.Contains(t.Time):
	case late:
		return false
	default:
		q.openDay(t, days.DayOf(t.Time))
	}
	q.Volume = addSaturating(q.Volume, t.Size)
	q.High, q.Low = maxPrice(q.High, t.Price), minPrice(q.Low, t.Price)
	if late {
		return false
	}
	q.Price, q.Time, q.Received, q.Halted = t.Price, t.Time, received, t.Halted
	if !t.Bid.IsZero() {
		q.Bid = t.Bid
	}
	if !t.Ask.IsZero() {
		q.Ask = t.Ask
	}
	return true
}

func (q *Quote) openDay(first Tick, day Day) {
	q.PreviousClose = q.Price
	q.Open, q.High, q.Low = first.Price, first.Price, first.Price
	q.Volume = decimal.Zero
	q.day = day
}

// Change returns how far the price moved from the previous close, absolutely
// and in percent. Where no previous close is known it measures from the day's open.
func (q *Quote) Change() (change, percent decimal.Decimal) {
	base := q.PreviousClose
	if base.IsZero() {
		base = q.Open
	}
	if base.IsZero() {
		return decimal.Zero, decimal.Zero
	}
	change, err := q.Price.Sub(base)
	if err != nil {
		return decimal.Zero, decimal.Zero
	}
	ratio, err := change.Quo(base)
	if err != nil {
		return change, decimal.Zero
	}
	percent, err = ratio.Mul(decimal.Hundred)
	if err != nil {
		return change, decimal.Zero
	}
	return change, percent.Round(percentScale)
}

// percentScale is the number of decimals of a change in percent.
const percentScale = 4

// addSaturating keeps the sum it has when the next one would need more than
// the 19 digits of a decimal: a hostile size must not stop a symbol.
func addSaturating(sum, d decimal.Decimal) decimal.Decimal {
	next, err := sum.Add(d)
	if err != nil {
		return sum
	}
	return next
}

func maxPrice(a, b decimal.Decimal) decimal.Decimal {
	if a.Less(b) {
		return b
	}
	return a
}

func minPrice(a, b decimal.Decimal) decimal.Decimal {
	if b.Less(a) {
		return b
	}
	return a
}
