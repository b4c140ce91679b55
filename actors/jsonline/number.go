package jsonline

import (
	"bytes"
	"math"

	"github.com/govalues/decimal"
)

// maxNumberBytes bounds a number's text. A decimal has 19 digits; the rest is
// room for zeros and an exponent.
const maxNumberBytes = 64

// ParseDecimal returns the exact value of a number in JSON's grammar, or false
// where a decimal cannot hold every digit of it.
func ParseDecimal(number []byte) (decimal.Decimal, bool) {
	if len(number) > maxNumberBytes {
		return decimal.Zero, false
	}
	d, err := decimal.Parse(string(number))
	if err != nil {
		return decimal.Zero, false
	}
	// Rounding changes the significant digits, always: it moves a number by less
	// than a factor of ten, and the same digits elsewhere would be such a factor.
	if !fits(number) && significant(number) != withoutZeros(d.Coef()) {
		return decimal.Zero, false
	}
	return d, true
}

// fits reports whether a number is so short that a decimal surely holds it. An
// exponent hides digits.
func fits(number []byte) bool {
	return len(number) <= decimal.MaxPrec && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0
}

// withoutZeros returns coef without trailing zeros.
func withoutZeros(coef uint64) uint64 {
	for coef != 0 && coef%10 == 0 {
		coef /= 10
	}
	return coef
}

// significant returns the digits of a number's mantissa without leading and
// trailing zeros, or a number larger than any coefficient where they are too many.
func significant(number []byte) uint64 {
	var all, upToLast uint64
	for _, c := range number {
		switch {
		case c == 'e' || c == 'E':
			return upToLast
		case !isDigit(c):
			continue
		}
		if all > (math.MaxUint64-9)/10 {
			if c != '0' {
				return math.MaxUint64
			}
			continue
		}
		if all = all*10 + uint64(c-'0'); c != '0' {
			upToLast = all
		}
	}
	return upToLast
}

// IsNumber reports whether the whole of text is a number in JSON's grammar.
func IsNumber(text []byte) bool { return len(text) > 0 && numberPrefix(text) == len(text) }

// numberPrefix returns the length of the number that text begins with, in the
// grammar of RFC 8259 section 6, or 0.
func numberPrefix(text []byte) int {
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	whole := digits(text, i)
	if whole == i || text[i] == '0' && whole > i+1 {
		return 0
	}
	i = whole
	if i < len(text) && text[i] == '.' {
		end := digits(text, i+1)
		if end == i+1 {
			return 0
		}
		i = end
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		start := i + 1
		if start < len(text) && (text[start] == '+' || text[start] == '-') {
			start++
		}
		end := digits(text, start)
		if end == start {
			return 0
		}
		i = end
	}
	return i
}

// digits returns where the digits that begin at i end.
func digits(text []byte, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
