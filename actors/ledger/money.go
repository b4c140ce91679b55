package ledger

import (
	"errors"
	"fmt"

	"github.com/govalues/decimal"
)

// moneyScale is the number of decimals of cash, costs and profits. With it a
// decimal of 19 digits holds amounts below 10^11.
const moneyScale = 8

// ErrTooLarge is that an amount does not fit: nothing is rounded to make it fit.
var ErrTooLarge = errors.New("the amount is too large: amounts are below 100,000,000,000")

// notional is what a quantity costs at a price, rounded to money.
func notional(price, quantity decimal.Decimal) (decimal.Decimal, error) {
	// MulExact keeps moneyScale digits behind the point or says that it cannot.
	product, err := price.MulExact(quantity, moneyScale)
	if err != nil {
		return decimal.Zero, fmt.Errorf("%s x %s: %w", price, quantity, ErrTooLarge)
	}
	return product.Round(moneyScale).Trim(0), nil
}

// part is total x share / whole, rounded to money. |share| is at most |whole|.
func part(total, share, whole decimal.Decimal) (decimal.Decimal, error) {
	if share.Cmp(whole) == 0 {
		return total, nil
	}
	ratio, err := share.Quo(whole)
	if err != nil {
		return decimal.Zero, fmt.Errorf("%s / %s: %w", share, whole, ErrTooLarge)
	}
	product, err := total.Mul(ratio)
	if err != nil {
		return decimal.Zero, fmt.Errorf("%s x %s: %w", total, ratio, ErrTooLarge)
	}
	return product.Round(moneyScale).Trim(0), nil
}

// sum adds amounts exactly.
func sum(a decimal.Decimal, more ...decimal.Decimal) (decimal.Decimal, error) {
	for _, b := range more {
		total, err := a.AddExact(b, max(a.Scale(), b.Scale()))
		if err != nil {
			return decimal.Zero, fmt.Errorf("%s + %s: %w", a, b, ErrTooLarge)
		}
		a = total
	}
	return a.Trim(0), nil
}

// difference subtracts exactly.
func difference(a, b decimal.Decimal) (decimal.Decimal, error) { return sum(a, b.Neg()) }

// about adds for what is shown, not kept: an amount that does not fit shows as
// the one before it.
func about(a, b decimal.Decimal) decimal.Decimal {
	total, err := a.Add(b)
	if err != nil {
		return a
	}
	return total.Trim(0)
}

// percentScale is the number of decimals of a percentage.
const percentScale = 4

// percent is 100 a / b, 0 where b is 0.
func percent(a, b decimal.Decimal) decimal.Decimal {
	if b.IsZero() {
		return decimal.Zero
	}
	ratio, err := a.Quo(b.Abs())
	if err != nil {
		return decimal.Zero
	}
	ratio, err = ratio.Mul(decimal.Hundred)
	if err != nil {
		return decimal.Zero
	}
	return ratio.Round(percentScale).Trim(0)
}

// priceScale is the number of decimals of an average price that is shown.
const priceScale = 6

// average is cost / quantity, 0 where there is no quantity.
func average(cost, quantity decimal.Decimal) decimal.Decimal {
	price, err := cost.Quo(quantity)
	if err != nil {
		return decimal.Zero
	}
	return price.Round(priceScale).Trim(0)
}
