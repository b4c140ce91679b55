package feed

import (
	"bytes"
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// field is one of the fields of a tick line.
type field uint8

const (
	fieldUnknown field = iota // ignored
	fieldSymbol
	fieldPrice
	fieldSize
	fieldBid
	fieldAsk
	fieldTimestamp
	fieldHalted
)

// fields are the names on the wire and the reasons for which bad values are refused.
var fields = [...]struct{ name, reason string }{
	fieldUnknown:   {"", market.ReasonSyntax},
	fieldSymbol:    {"symbol", market.ReasonSymbol},
	fieldPrice:     {"price", market.ReasonPrice},
	fieldSize:      {"size", market.ReasonSize},
	fieldBid:       {"bid", market.ReasonQuote},
	fieldAsk:       {"ask", market.ReasonQuote},
	fieldTimestamp: {"timestamp", market.ReasonSyntax},
	fieldHalted:    {"halted", market.ReasonSyntax},
}

// fieldOf returns the field that a key names.
func fieldOf(key value) field {
	if key.escaped {
		plain, err := key.unescape()
		if err != nil {
			return fieldUnknown
		}
		key.text = []byte(plain)
	}
	switch string(key.text) {
	case "symbol":
		return fieldSymbol
	case "price":
		return fieldPrice
	case "size":
		return fieldSize
	case "bid":
		return fieldBid
	case "ask":
		return fieldAsk
	case "timestamp":
		return fieldTimestamp
	case "halted":
		return fieldHalted
	}
	return fieldUnknown
}

func (f field) name() string   { return fields[f].name }
func (f field) reason() string { return fields[f].reason }
func (f field) required() bool { return f == fieldSymbol || f == fieldPrice }

// numeric fields hold a decimal.
func (f field) numeric() bool { return f >= fieldPrice && f <= fieldTimestamp }

// notFinite are numbers as JavaScript and Python print them and JSON forbids them.
var notFinite = [][]byte{[]byte("NaN"), []byte("Infinity"), []byte("-Infinity")}

// refuse explains why no value could be scanned from text.
func (f field) refuse(text []byte, cause error) error {
	if f == fieldUnknown {
		return cause
	}
	if f.numeric() {
		for _, word := range notFinite {
			if bytes.HasPrefix(text, word) {
				return market.Refuse(f.reason(), "%s %s is not allowed: must be a finite number", f.name(), word)
			}
		}
	}
	return market.Refuse(market.ReasonSyntax, "%s: %s", f.name(), cause)
}

func (f field) wrongKind(v value, want string) error {
	return market.Refuse(f.reason(), "%s is %s: must be %s", f.name(), v.kind, want)
}

// decimal reads a number, or a string that holds one.
func (f field) decimal(v value) (decimal.Decimal, error) {
	switch {
	case v.kind == kindNumber:
	case v.kind != kindString:
		return decimal.Zero, f.wrongKind(v, "a number")
	case len(v.text) == 0 || numberPrefix(v.text) != len(v.text):
		return decimal.Zero, market.Refuse(f.reason(), "%s %q is not allowed: must be a number", f.name(), excerpt(v.text))
	}
	d, ok := parseDecimal(v.text)
	if !ok {
		return decimal.Zero, market.Refuse(f.reason(), "%s %s is not allowed: must have at most %d digits, so that it is exact",
			f.name(), excerpt(v.text), decimal.MaxPrec)
	}
	return d, nil
}

// boolean reads true or false.
func (f field) boolean(v value) (bool, error) {
	if v.kind != kindTrue && v.kind != kindFalse {
		return false, f.wrongKind(v, "true or false")
	}
	return v.kind == kindTrue, nil
}

// millisScale is how many decimals of a millisecond are read: nanoseconds.
const millisScale = 6

// instant reads Unix milliseconds, which may have a fraction.
func (f field) instant(v value) (time.Time, error) {
	d, err := f.decimal(v)
	if err != nil {
		return time.Time{}, err
	}
	whole, nanoseconds, ok := d.Int64(millisScale)
	if !ok || !d.IsPos() {
		return time.Time{}, market.Refuse(f.reason(), "%s %s is not allowed: must be Unix milliseconds", f.name(), excerpt(v.text))
	}
	return time.UnixMilli(whole).Add(time.Duration(nanoseconds)), nil
}

// maxExcerptBytes of a feed's bytes stand in a sentence about them.
const maxExcerptBytes = 40

// excerpt returns the beginning of text.
func excerpt(text []byte) string {
	if len(text) > maxExcerptBytes {
		return string(text[:maxExcerptBytes]) + "..."
	}
	return string(text)
}

// appendDecimal appends a field of a tick line, not its first.
func (f field) appendDecimal(dst []byte, d decimal.Decimal) []byte {
	dst = f.appendName(dst)
	dst, _ = d.AppendText(dst) // never fails
	return dst
}

func (f field) appendMillis(dst []byte, t time.Time) []byte {
	return strconv.AppendInt(f.appendName(dst), t.UnixMilli(), 10)
}

func (f field) appendName(dst []byte) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, f.name()...)
	return append(dst, '"', ':')
}
