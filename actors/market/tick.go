package market

import (
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Limits of what a tick may say.
const (
	// MaxReasonBytes bounds the reason of a halt.
	MaxReasonBytes = 64
	// MaxClockSkew is how far a tick's own time may lie ahead of ours. Feeds
	// with clocks further off would freeze their symbols: every honest tick
	// after such a one would be older than the newest.
	MaxClockSkew = 10 * time.Second
)

// Tick is one line of a feed: up to four events of a market that happened at one
// time. Each kind has a clock of its own, so that a late trade does not move bid
// and ask, nor a newer bid the price.
type Tick struct {
	// Symbol is the instrument's name, upper case; empty in a status of all
	// instruments of the feed.
	Symbol string
	// Price of a trade, in the instrument's currency; zero where the line has none.
	Price decimal.Decimal
	// Size traded, in shares or contracts; zero where it is not known.
	Size decimal.Decimal
	// Skips are the figures that the trade may not set.
	Skips Figures
	// Bid and Ask are the best prices quoted, zero where the line does not say,
	// and BidSize and AskSize what they are quoted for, zero where not known.
	Bid, Ask, BidSize, AskSize decimal.Decimal
	// NoBid and NoAsk say that there is no bid or ask now.
	NoBid, NoAsk bool
	// Time is the feed's own time of the events; zero where it gave none.
	Time time.Time
	// Halted says that trading is suspended, Resumed that it is not. Without either
	// the line is no status.
	Halted, Resumed bool
	// Reason of a halt, in the feed's words.
	Reason string
	// Stats are the trading day's statistics as of Time; nil where the line has none.
	Stats *Stats
}

// Stats are statistics of a trading day, as a venue keeps them. Zero is not known.
type Stats struct {
	PreviousClose, Open, High, Low decimal.Decimal
	// Volume of the day so far, if HasVolume.
	Volume    decimal.Decimal
	HasVolume bool
}

// Figures are those that a trade sets, as a set.
type Figures uint8

// The figures of a quote that a trade sets. Venues report trades that may not set all
// of them, such as odd lots and corrections (conditions of the trade).
const (
	Last    Figures = 1 << iota // the price, and what follows from it
	HighLow                     // of the trading day
	Volume                      // of the trading day
)

// Has reports whether f has all of other.
func (f Figures) Has(other Figures) bool { return f&other == other }

// IsTrade reports whether the line has a trade.
func (t *Tick) IsTrade() bool { return !t.Price.IsZero() }

// IsQuote reports whether the line has a bid or an ask, or says that there is none.
func (t *Tick) IsQuote() bool { return !t.Bid.IsZero() || !t.Ask.IsZero() || t.NoBid || t.NoAsk }

// IsStatus reports whether the line says that trading is halted or not.
func (t *Tick) IsStatus() bool { return t.Halted || t.Resumed }

// OfFeed reports whether the line is a status of all instruments of its feed.
func (t *Tick) OfFeed() bool {
	return t.Symbol == "" && t.IsStatus() && !t.IsTrade() && !t.IsQuote() && t.Stats == nil
}

// Refusal reasons. They are stable codes, used on the wire and as metric labels.
const (
	ReasonSymbol  = "invalid_symbol"
	ReasonPrice   = "invalid_price"
	ReasonSize    = "invalid_size"
	ReasonQuote   = "invalid_bid_ask"
	ReasonStats   = "invalid_statistics"
	ReasonTime    = "invalid_timestamp"
	ReasonFuture  = "future_timestamp"
	ReasonSyntax  = "invalid_syntax"
	ReasonSymbols = "too_many_symbols"
)

// Refusal says why a tick was not taken.
type Refusal struct {
	// Reason is one of the Reason constants.
	Reason string
	// Message is a sentence for the person who runs the feed.
	Message string
}

func (r *Refusal) Error() string { return r.Message }

// Refuse builds a Refusal with a formatted sentence.
func Refuse(reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// ReasonOf returns the reason of a Refusal anywhere in err, or "" if there is none.
func ReasonOf(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

// Validate reports why t cannot be a tick received at now, as a *Refusal, or
// nil. A zero Time means that the feed gave none and is not a fault.
func (t *Tick) Validate(now time.Time) error {
	if !t.OfFeed() {
		if err := CheckSymbol(t.Symbol); err != nil {
			return err
		}
	}
	if t.Price.IsNeg() || !t.IsTrade() && !t.IsQuote() && !t.IsStatus() && t.Stats == nil {
		return Refuse(ReasonPrice, "price %s of %s is not allowed: must be positive", t.Price, t.Symbol)
	}
	if t.Size.IsNeg() {
		return Refuse(ReasonSize, "size %s of %s is not allowed: must not be negative", t.Size, t.Symbol)
	}
	if t.Bid.IsNeg() || t.Ask.IsNeg() {
		return Refuse(ReasonQuote, "bid %s / ask %s of %s is not allowed: must not be negative", t.Bid, t.Ask, t.Symbol)
	}
	if t.BidSize.IsNeg() || t.AskSize.IsNeg() {
		return Refuse(ReasonQuote, "bidSize %s / askSize %s of %s is not allowed: must not be negative", t.BidSize, t.AskSize, t.Symbol)
	}
	if s := t.Stats; s != nil && (s.PreviousClose.IsNeg() || s.Open.IsNeg() || s.High.IsNeg() || s.Low.IsNeg() || s.Volume.IsNeg()) {
		return Refuse(ReasonStats, "previousClose %s, open %s, high %s, low %s, dayVolume %s of %s are not allowed: must not be negative",
			s.PreviousClose, s.Open, s.High, s.Low, s.Volume, t.Symbol)
	}
	if !t.Time.IsZero() && t.Time.Before(firstInstant) {
		return Refuse(ReasonTime, "timestamp of %s is %s: must be from 1971 on", t.Symbol, t.Time.UTC().Format(time.RFC3339))
	}
	if err := CheckCome(t.Time, now); err != nil {
		return Refuse(ReasonFuture, "timestamp of %s %s", t.Symbol, err)
	}
	return nil
}

// firstInstant is the earliest time of a tick. What is earlier is a time in another
// unit, or none.
var firstInstant = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)

// CheckCome reports why at cannot be the time of something that was reported at now,
// nil if it can. The error goes on where a name begins a sentence.
func CheckCome(at, now time.Time) error {
	ahead := at.Sub(now)
	switch {
	case ahead <= MaxClockSkew:
		return nil
	case ahead < time.Hour:
		return fmt.Errorf("lies %s in the future: at most %s is allowed", ahead.Round(time.Millisecond), MaxClockSkew)
	}
	return fmt.Errorf("is %s UTC, which is in the future: at most %s ahead is allowed", at.UTC().Format(time.DateTime), MaxClockSkew)
}
