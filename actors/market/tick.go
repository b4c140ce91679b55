package market

import (
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Limits of what a tick may say.
const (
	// MaxSymbolBytes bounds the length of a symbol's name.
	MaxSymbolBytes = 32
	// MaxClockSkew is how far a tick's own time may lie ahead of ours. Feeds
	// with clocks further off would freeze their symbols: every honest tick
	// after such a one would be older than the newest.
	MaxClockSkew = 10 * time.Second
)

// Tick is one observation of an instrument, as a feed reports it.
type Tick struct {
	// Symbol is the instrument's name, upper case.
	Symbol string
	// Price of the trade, in the instrument's currency; positive.
	Price decimal.Decimal
	// Size traded, in shares or contracts; zero for a tick that is no trade.
	Size decimal.Decimal
	// Bid and Ask are the best prices quoted, zero where unknown.
	Bid, Ask decimal.Decimal
	// Time is the feed's own time of the observation.
	Time time.Time
	// Halted says that trading in the instrument is suspended.
	Halted bool
}

// Refusal reasons. They are stable codes, used on the wire and as metric labels.
const (
	ReasonSymbol  = "invalid_symbol"
	ReasonPrice   = "invalid_price"
	ReasonSize    = "invalid_size"
	ReasonQuote   = "invalid_bid_ask"
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
	if err := CheckSymbol(t.Symbol); err != nil {
		return err
	}
	if !t.Price.IsPos() {
		return Refuse(ReasonPrice, "price %s of %s is not allowed: must be positive", t.Price, t.Symbol)
	}
	if t.Size.IsNeg() {
		return Refuse(ReasonSize, "size %s of %s is not allowed: must not be negative", t.Size, t.Symbol)
	}
	if t.Bid.IsNeg() || t.Ask.IsNeg() {
		return Refuse(ReasonQuote, "bid %s / ask %s of %s is not allowed: must not be negative", t.Bid, t.Ask, t.Symbol)
	}
	if ahead := t.Time.Sub(now); ahead > MaxClockSkew {
		return Refuse(ReasonFuture, "timestamp of %s lies %s in the future: at most %s is allowed", t.Symbol, ahead.Round(time.Millisecond), MaxClockSkew)
	}
	return nil
}

// CheckSymbol reports why s cannot be a symbol's name, as a *Refusal, or nil.
// Names are 1 to MaxSymbolBytes of A-Z, 0-9 and the punctuation that exchanges
// use (. - _ / : = ^ $ # +); they start with a letter, a digit, ^, $ or #.
func CheckSymbol(s string) error {
	if s == "" {
		return Refuse(ReasonSymbol, "symbol is missing")
	}
	if len(s) > MaxSymbolBytes {
		return Refuse(ReasonSymbol, "symbol %.32q... has %d characters: at most %d are allowed", s, len(s), MaxSymbolBytes)
	}
	for i := range len(s) {
		if !symbolByte(s[i], i == 0) {
			return Refuse(ReasonSymbol, "symbol %q has the character %q at position %d: A-Z, 0-9 and . - _ / : = ^ $ # + are allowed", s, s[i], i+1)
		}
	}
	return nil
}

func symbolByte(c byte, first bool) bool {
	switch {
	case 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '^', c == '$', c == '#':
		return true
	case c == '.', c == '-', c == '_', c == '/', c == ':', c == '=', c == '+':
		return !first
	}
	return false
}
