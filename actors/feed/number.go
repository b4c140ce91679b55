package feed

import (
	"bytes"

	"github.com/govalues/decimal"
)

// maxNumberBytes bounds a number's text. A decimal has 19 digits; the rest is
// room for zeros and an exponent.
const maxNumberBytes = 64

// parseDecimal returns the exact value of a number in JSON's grammar, or false
// where a decimal cannot hold every digit of it.
func parseDecimal(number []byte) (decimal.Decimal, bool) {
	if len(number) > maxNumberBytes {
		return decimal.Zero, false
	}
	d, err := decimal.Parse(string(number))
	if err != nil {
		return decimal.Zero, false
	}
	// Rounding leaves fewer significant digits than there were, always: the
	// last one written is not a zero, and it is gone.
	if !fits(number) && significantText(number) != significant(d.Coef()) {
		return decimal.Zero, false
	}
	return d, true
}

// fits reports whether a number is so short that a decimal surely holds it. An
// exponent hides digits.
func fits(number []byte) bool {
	return len(number) <= decimal.MaxPrec && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0
}

// significant returns the number of digits of coef without trailing zeros.
func significant(coef uint64) int {
	if coef == 0 {
		return 0
	}
	for coef%10 == 0 {
		coef /= 10
	}
	n := 0
	for ; coef > 0; coef /= 10 {
		n++
	}
	return n
}

// significantText returns the number of digits of a number's mantissa without
// leading and trailing zeros.
func significantText(number []byte) int {
	n, last := 0, 0
	for _, c := range number {
		switch {
		case c == 'e' || c == 'E':
			return last
		case !isDigit(c), c == '0' && n == 0:
			continue
		}
		n++
		if c != '0' {
			last = n
		}
	}
	return last
}

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
