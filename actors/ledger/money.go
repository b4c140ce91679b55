package ledger

import (
	"errors"
	"fmt"
	"math"

	"github.com/govalues/decimal"
)

// keptScale is the number of decimals of money: cash, costs, fees and profits are
// rounded to it. With it a decimal of 19 digits holds amounts below 10^11. Quantities
// and prices have the decimals that they were given with.
const keptScale = 8

// ErrTooLarge is that an amount does not fit: nothing is rounded to make it fit.
var ErrTooLarge = errors.New("the amount does not fit: amounts are below 100,000,000,000 and have at most 19 digits")

// keep returns money as accounts keep it, without trailing zeros. What has
// more digits than they keep is an error.
func keep(d decimal.Decimal) (decimal.Decimal, error) {
	if d = d.Trim(0); d.Scale() > keptScale {
		return d, fmt.Errorf("%s is not allowed: must have at most %d decimals", d, keptScale)
	}
	return fit(d)
}

// fit returns a quantity or a fee without trailing zeros. It has whatever decimals a
// decimal holds; what is too large is an error.
func fit(d decimal.Decimal) (decimal.Decimal, error) {
	if d = d.Trim(0); d.Prec()-d.Scale() > decimal.MaxPrec-keptScale {
		return d, fmt.Errorf("%s is not allowed: %w", d, ErrTooLarge)
	}
	return d, nil
}

// notional is what a quantity costs at a price, rounded to what is kept.
func notional(price, quantity decimal.Decimal) (decimal.Decimal, error) {
	value, ok := mulDiv(price, quantity, decimal.One, keptScale)
	if !ok {
		return decimal.Zero, fmt.Errorf("%s x %s: %w", price, quantity, ErrTooLarge)
	}
	return value, nil
}

// part is total x share / whole, rounded to what is kept.
func part(total, share, whole decimal.Decimal) (decimal.Decimal, error) {
	p, ok := mulDiv(total, share, whole, keptScale)
	if !ok {
		return decimal.Zero, fmt.Errorf("%s x %s / %s: %w", total, share, whole, ErrTooLarge)
	}
	return p, nil
}

// sum adds exactly.
func sum(a, b decimal.Decimal) (decimal.Decimal, error) {
	total, err := a.AddExact(b, max(a.Scale(), b.Scale(), keptScale))
	if err != nil {
		return decimal.Zero, fmt.Errorf("%s + %s: %w", a, b, ErrTooLarge)
	}
	return total.Trim(0), nil
}

// difference subtracts exactly.
func difference(a, b decimal.Decimal) (decimal.Decimal, error) { return sum(a, b.Neg()) }

// What follows is for what is shown, not kept.

// most is what an amount shows as that does not fit.
var most = decimal.MustNew(math.MaxInt64, 0)

// about adds; an amount that does not fit shows as the one before it.
func about(a, b decimal.Decimal) decimal.Decimal {
	total, err := a.Add(b)
	if err != nil {
		return a
	}
	return total
}

// less subtracts as about adds.
func less(a, b decimal.Decimal) decimal.Decimal { return about(a, b.Neg()) }

// product is a price times a quantity.
func product(price, quantity decimal.Decimal) decimal.Decimal {
	if p, ok := mulDiv(price, quantity, decimal.One, keptScale); ok {
		return p
	}
	p, err := price.Mul(quantity)
	if err != nil {
		return most.CopySign(quantity)
	}
	return p
}

// percentScale is the number of decimals of a percentage.
const percentScale = 4

// percent is 100 a / |b|, 0 where b is 0: its sign is that of a, so that a
// profit is positive on either side of the market.
func percent(a, b decimal.Decimal) decimal.Decimal {
	if b.IsZero() {
		return decimal.Zero
	}
	p, ok := mulDiv(a, decimal.Hundred, b.Abs(), percentScale)
	if !ok {
		return most.CopySign(a)
	}
	return p
}

// averageScale is the number of decimals of an average price that does not end.
const averageScale = 8

// average is cost / quantity. quantity is not zero.
func average(cost, quantity decimal.Decimal) decimal.Decimal {
	if price, ok := mulDiv(cost, decimal.One, quantity, averageScale); ok {
		return price
	}
	price, err := cost.Quo(quantity)
	if err != nil {
		return most
	}
	return price
}

// blend is the average of two prices, weighted by quantities that are positive, to the
// last digit of a decimal.
func blend(price, quantity, other, added decimal.Decimal) decimal.Decimal {
	move, err := other.Sub(price)
	if err != nil || move.IsZero() {
		return price
	}
	total, err := quantity.Add(added)
	if err == nil {
		move, err = move.Mul(added)
	}
	if err == nil {
		move, err = move.Quo(total)
	}
	if err != nil {
		return price // cannot be: an amount of both fits
	}
	return about(price, move).Trim(0)
}

// endingDigits is more digits than prices have, and fewer than an average that does
// not end: one third has 19.
const endingDigits = 15

// shownPrice is an average price for people: exact where it ends, else with averageScale
// decimals, and more where it is so small that these would be few digits.
func shownPrice(d decimal.Decimal) decimal.Decimal {
	if d = d.Trim(0); d.Prec() <= endingDigits {
		return d
	}
	zeros := d.Scale() - d.Prec() // between the decimal point and the first digit
	return d.Round(averageScale + max(zeros, 0)).Trim(0)
}
