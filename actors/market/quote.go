package market

import (
	"encoding/json"
	"time"

	"github.com/govalues/decimal"
)

// Quote is what is known of an instrument: its last price, its bid and ask, whether it
// is halted, each by a clock of its own, and the statistics of its newest trading day.
type Quote struct {
	Symbol string
	// Price of the newest trade that may set it; zero before the first.
	Price decimal.Decimal
	// Bid and Ask are the newest known, zero where there is none, and BidSize and
	// AskSize what they are quoted for, zero where not known.
	Bid, Ask, BidSize, AskSize decimal.Decimal
	// Open, High and Low of the trading day, zero before its first trade.
	Open, High, Low decimal.Decimal
	// PreviousClose is the last price of the trading day before, zero where
	// that day was not seen and no feed told it.
	PreviousClose decimal.Decimal
	// Volume is the sum of the sizes of the trading day, and of what a feed's
	// statistics said of it as of VolumeAsOf.
	Volume     decimal.Decimal
	VolumeAsOf time.Time
	// Time is the own time of the trade that set Price, BidTime and AskTime that of
	// bid and ask, StatusTime that of Halted, StatsTime that of the newest statistics.
	Time, BidTime, AskTime, StatusTime, StatsTime time.Time
	// Received is when the engine received the newest trade, bid or ask.
	Received time.Time
	// Ticks counts every line taken since the symbol exists.
	Ticks uint64
	// Halted says that trading is suspended, HaltReason why, where the feed said.
	Halted     bool
	HaltReason string
	// HaltedWithTrade: the halt came in the line of a trade. The next trade ends it,
	// as feeds have it that say "halted" with each price.
	HaltedWithTrade bool

	day    Day
	recent recentVolume
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

// Apply folds t, received at received, into q. A line without a time of its own is
// taken as observed on receipt. It reports whether any event of t became the newest
// of its kind: an older trade of the same day counts in volume, high and low and
// never moves the price back; what is of an earlier day counts nowhere but in Ticks.
func (q *Quote) Apply(t Tick, received time.Time, days Calendar) (newest bool) {
	timed := !t.Time.IsZero()
	if !timed {
		t.Time = received
	}
	q.Symbol = t.Symbol
	q.Ticks++
	if q.Received.IsZero() {
		q.Received = received
	}
	if t.Stats != nil && q.applyStats(t.Stats, t.Time, timed, days) {
		newest = true
	}
	late := t.IsTrade() && t.Time.Before(q.Time)
	if t.IsTrade() && q.applyTrade(&t, received, days) {
		newest = true
	}
	if t.IsQuote() && q.applyBidAsk(&t, received) {
		newest = true
	}
	if t.IsStatus() && !late && q.applyStatus(&t) {
		newest = true
	}
	return newest
}

// applyTrade reports whether the trade is no older than the one that set the price.
func (q *Quote) applyTrade(t *Tick, received time.Time, days Calendar) bool {
	if !q.inDay(t.Time, days) {
		return false
	}
	if !t.Skips.Has(Volume) && t.Time.After(q.VolumeAsOf) {
		q.Volume = addSaturating(q.Volume, t.Size)
		q.recent.add(t.Time, t.Size)
	}
	if !t.Skips.Has(HighLow) {
		q.widen(t.Price, t.Price)
	}
	if t.Time.Before(q.Time) {
		return false
	}
	q.Received = received
	if t.Skips.Has(Last) {
		return true
	}
	if q.Open.IsZero() {
		q.Open = t.Price
	}
	q.Price, q.Time = t.Price, t.Time
	if q.HaltedWithTrade {
		q.Halted, q.HaltReason, q.HaltedWithTrade = false, "", false
	}
	return true
}

// applyBidAsk reports whether a side is no older than the one that was known.
func (q *Quote) applyBidAsk(t *Tick, received time.Time) bool {
	newest := false
	if (!t.Bid.IsZero() || t.NoBid) && !t.Time.Before(q.BidTime) {
		q.Bid, q.BidSize, q.BidTime, newest = t.Bid, t.BidSize, t.Time, true
	}
	if (!t.Ask.IsZero() || t.NoAsk) && !t.Time.Before(q.AskTime) {
		q.Ask, q.AskSize, q.AskTime, newest = t.Ask, t.AskSize, t.Time, true
	}
	if newest {
		q.Received = received
	}
	return newest
}

// applyStatus reports whether the status is no older than the one that was known.
func (q *Quote) applyStatus(t *Tick) bool {
	if t.Time.Before(q.StatusTime) {
		return false
	}
	q.Halted, q.StatusTime, q.HaltedWithTrade = t.Halted, t.Time, t.Halted && t.IsTrade()
	q.HaltReason = ""
	if t.Halted {
		q.HaltReason = t.Reason
	}
	return true
}

// applyStats reports whether the statistics are of the newest day and no older than
// those that were known. The volume of statistics without a time of their own is that
// of everything received before them.
func (q *Quote) applyStats(s *Stats, at time.Time, timed bool, days Calendar) bool {
	if !q.inDay(at, days) || at.Before(q.StatsTime) {
		return false
	}
	q.StatsTime = at
	if s.PreviousClose.IsPos() {
		q.PreviousClose = s.PreviousClose
	}
	if s.Open.IsPos() {
		q.Open = s.Open
	}
	if s.High.IsPos() {
		q.widen(s.High, q.Low)
	}
	if s.Low.IsPos() {
		q.widen(q.High, s.Low)
	}
	if s.HasVolume {
		q.Volume, q.VolumeAsOf = s.Volume, time.Time{}
		if timed {
			q.Volume, q.VolumeAsOf = addSaturating(s.Volume, q.recent.after(at)), at
		} else {
			q.recent.clear()
		}
	}
	return true
}

// widen makes high and low hold two more prices; zero is none.
func (q *Quote) widen(high, low decimal.Decimal) {
	if q.High.Less(high) {
		q.High = high
	}
	if q.Low.IsZero() || low.IsPos() && low.Less(q.Low) {
		q.Low = low
	}
}

// inDay reports whether t is of the newest trading day, which it may begin.
func (q *Quote) inDay(t time.Time, days Calendar) bool {
	if q.day.Contains(t) {
		return true
	}
	if t.Before(q.day.Start) {
		return false
	}
	if q.Price.IsPos() {
		q.PreviousClose = q.Price
	}
	q.Open, q.High, q.Low, q.Volume = decimal.Zero, decimal.Zero, decimal.Zero, decimal.Zero
	q.VolumeAsOf = time.Time{}
	q.recent.clear()
	q.day = days.DayOf(t)
	return true
}

// QuoteTime is the own time of the older one of the bid and ask that are known; zero
// where neither is.
func (q *Quote) QuoteTime() time.Time {
	switch {
	case q.Bid.IsZero() && q.Ask.IsZero():
		return time.Time{}
	case q.Ask.IsZero(), !q.Bid.IsZero() && q.BidTime.Before(q.AskTime):
		return q.BidTime
	}
	return q.AskTime
}

// Change returns how far the price moved from the previous close, absolutely
// and in percent. Where no previous close is known it measures from the day's open.
func (q *Quote) Change() (change, percent decimal.Decimal) {
	base := q.PreviousClose
	if base.IsZero() {
		base = q.Open
	}
	if base.IsZero() || q.Price.IsZero() {
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
