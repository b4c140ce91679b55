package ledger

import (
	"errors"
	"fmt"
	"math"

	"github.com/govalues/decimal"
)

// keptScale is the most decimals that quantities, cash, costs and profits have.
// With it a decimal of 19 digits holds amounts below 10^11.
const keptScale = 8

// ErrTooLarge is that an amount does not fit: nothing is rounded to make it fit.
var ErrTooLarge = errors.New("the amount is too large: amounts are below 100,000,000,000")

// keep returns an amount as accounts keep it, without trailing zeros. What has
// more digits than they keep is an error.
func keep(d decimal.Decimal) (decimal.Decimal, error) {
	d = d.Trim(0)
	switch {
	case d.Scale() > keptScale:
		return d, fmt.Errorf("%s is not allowed: must have at most %d decimals", d, keptScale)
	case d.Prec()-d.Scale() > decimal.MaxPrec-keptScale:
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

// sum adds amounts exactly.
func sum(a, b decimal.Decimal) (decimal.Decimal, error) {
	total, err := a.AddExact(b, keptScale)
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

// averageScale is the number of decimals of an average price: as many as prices have.
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
