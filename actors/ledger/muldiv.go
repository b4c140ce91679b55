package ledger

import (
	"math"
	"math/bits"

	"github.com/govalues/decimal"
)

// powers of ten that fit into 64 bits.
var powers = [...]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// mulDiv returns x y / z rounded once, half to even, to scale decimals, or false
// where that needs more than 19 digits. z is not zero, scale is not 0.
//
// The decimal library rounds such a product to 19 digits first and to the scale
// after, and 0.0000000149999999999999996 twice rounded is 0.00000002. In 128
// bits it is exact, and four times as fast as its big integers.
func mulDiv(x, y, z decimal.Decimal, scale int) (decimal.Decimal, bool) {
	hi, lo := bits.Mul64(x.Coef(), y.Coef())
	divisor := z.Coef()
	var more bool // of the quotient is lost already
	shift := scale - x.Scale() - y.Scale() + z.Scale()
	if shift < 0 {
		if divisor != 1 {
			hi, lo, more = div128(hi, lo, divisor, more)
		}
		for ; shift < -decimal.MaxPrec; shift += decimal.MaxPrec {
			hi, lo, more = div128(hi, lo, powers[decimal.MaxPrec], more)
		}
		divisor, shift = powers[-shift], 0
	}
	for shift > 0 {
		power := min(shift, decimal.MaxPrec)
		shift -= power
		over, product := bits.Mul64(hi, powers[power])
		var carry uint64
		hi, lo = bits.Mul64(lo, powers[power])
		if hi, carry = bits.Add64(hi, product, 0); over != 0 || carry != 0 {
			return decimal.Zero, false // over 2^128, and z is under 10^19
		}
	}
	if hi >= divisor {
		return decimal.Zero, false
	}
	quotient, rest := bits.Div64(hi, lo, divisor)
	if half := divisor - rest; rest > half || rest == half && (more || quotient&1 == 1) {
		quotient++
	}
	if quotient >= powers[decimal.MaxPrec] {
		return decimal.Zero, false
	}
	return newDecimal(x.IsNeg() != y.IsNeg() != z.IsNeg(), quotient, scale), true
}

// div128 divides 128 bits. more says that the remainder, or that of a division
// before, is not zero.
func div128(hi, lo, divisor uint64, before bool) (quotientHi, quotientLo uint64, more bool) {
	quotientHi, hi = hi/divisor, hi%divisor
	quotientLo, rest := bits.Div64(hi, lo, divisor)
	return quotientHi, quotientLo, before || rest != 0
}

// newDecimal makes a decimal without trailing zeros of a coefficient of up to 19 digits.
func newDecimal(negative bool, coef uint64, scale int) decimal.Decimal {
	for ; scale > 0 && coef%10 == 0; scale-- {
		coef /= 10
	}
	var d decimal.Decimal
	if coef <= math.MaxInt64 {
		d = decimal.MustNew(int64(coef), scale)
	} else { // the library takes a coefficient of 63 bits at a time
		d = decimal.MustNew(int64(coef/10), scale-1)
		last, err := d.AddExact(decimal.MustNew(int64(coef%10), scale), scale)
		if err != nil {
			panic("ledger: " + err.Error()) // coef has 19 digits
		}
		d = last
	}
	if negative {
		return d.Neg()
	}
	return d
}
