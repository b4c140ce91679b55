package wire

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
)

// Limits of what accounts take, in bytes of texts and digits of amounts.
const (
	MaxIDBytes     = 128
	MaxReasonBytes = 1024

	// So many digits are what the ledger keeps, to the last decimal: a decimal
	// has 19 in all.
	MaxWholeDigits = 11
	MaxDecimals    = 8
)

var errEmpty = errors.New("is empty")

// CheckText reports why a text cannot be a name or a sentence.
func CheckText(text []byte, limit int) error {
	if len(text) == 0 {
		return errEmpty
	}
	if len(text) > limit {
		return fmt.Errorf("%.32q... has %d bytes: at most %d are allowed", text, len(text), limit)
	}
	for rest := text; len(rest) > 0; {
		r, size := rune(rest[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(rest)
		}
		if r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) {
			return fmt.Errorf("%q is not allowed: must be text without control characters", jsonline.Excerpt(text))
		}
		rest = rest[size:]
	}
	return nil
}

// CheckAmount reports why an account cannot have an amount.
func CheckAmount(d decimal.Decimal, positive bool) error {
	switch {
	case positive && !d.IsPos():
		return fmt.Errorf("%s is not allowed: must be positive", d)
	case d.IsNeg():
		return fmt.Errorf("%s is not allowed: must not be negative", d)
	}
	return checkDigits(d)
}

// checkDigits reports that an amount has more digits than an account keeps.
func checkDigits(d decimal.Decimal) error {
	if d.Prec()-d.Scale() > MaxWholeDigits || d.Scale() > MaxDecimals && d.MinScale() > MaxDecimals {
		return fmt.Errorf("%s is not allowed: must have at most %d digits before and %d behind the decimal point", d, MaxWholeDigits, MaxDecimals)
	}
	return nil
}
