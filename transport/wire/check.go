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

	// MaxWholeDigits are what the ledger keeps before the decimal point. Quantities and
	// prices have whatever decimals a decimal of 19 digits holds, money MoneyDecimals.
	MaxWholeDigits = 11
	MoneyDecimals  = 8
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

// CheckDigits reports that an amount has more digits than an account keeps.
func CheckDigits(d decimal.Decimal) error {
	if d.Prec()-d.Scale() > MaxWholeDigits {
		return fmt.Errorf("%s is not allowed: must have at most %d digits before the decimal point", d, MaxWholeDigits)
	}
	return nil
}
