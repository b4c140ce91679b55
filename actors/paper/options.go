package paper

import (
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
)

// Options of the paper broker.
type Options struct {
	// QuantityStep is what quantities are multiples of; 0 takes every quantity.
	QuantityStep string `koanf:"quantity_step" live:"true"`
	// MaxQuantity is the largest quantity of one order.
	MaxQuantity string `koanf:"max_quantity" live:"true"`
	// PriceStep is what limit prices are multiples of; 0 takes every price.
	PriceStep string `koanf:"price_step" live:"true"`
	// FeeBasisPoints is the fee of a fill, in hundredths of a percent of its value.
	// Orders that rest pay what it is when they are filled.
	FeeBasisPoints int `koanf:"fee_basis_points" live:"true"`
	// OutsideHours is what becomes of a market order while the market of its symbol is
	// closed: queue keeps it until the first price after the open, refuse refuses it.
	// Limit orders wait.
	OutsideHours string `koanf:"outside_hours" live:"true" choices:"queue,refuse"`
	// LimitCollarPercent is how far beyond the market a limit may be, a buy's above the ask
	// or a sell's below the bid; what is further is refused as a typing error. 0 refuses none.
	LimitCollarPercent float64 `koanf:"limit_collar_percent" live:"true"`
	// MaxQuoteAge is how old a bid or ask may be, by its own time, for an order to be
	// filled at it. Without one that is young enough, orders are filled at the price of
	// the last trade if that is newer.
	MaxQuoteAge time.Duration `koanf:"max_quote_age" live:"true"`
}

// The choices of Options.OutsideHours.
const (
	Queue  = "queue"
	Refuse = "refuse"
)

// DefaultOptions allow parts of a share and cost nothing.
func DefaultOptions() Options {
	return Options{
		QuantityStep:   "0",
		MaxQuantity:    "1000000",
		PriceStep:      "0",
		FeeBasisPoints: 0,

		OutsideHours:       Queue,
		LimitCollarPercent: 10,
		MaxQuoteAge:        time.Minute,
	}
}

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	step := number(o.QuantityStep)
	check(!step.IsNeg(), "quantity_step: %q is not allowed: must be a number such as 0.0001, or 0 for every quantity", o.QuantityStep)
	most := number(o.MaxQuantity)
	check(most.IsPos() && !most.Less(step), "max_quantity: %q is not allowed: must be a number such as 1000000, and no less than quantity_step", o.MaxQuantity)
	check(!number(o.PriceStep).IsNeg(), "price_step: %q is not allowed: must be a number such as 0.0001, or 0 for every price", o.PriceStep)
	check(o.FeeBasisPoints >= 0 && o.FeeBasisPoints <= 10_000, "fee_basis_points: %d is not allowed: must be between 0 and 10000 (100 %%)", o.FeeBasisPoints)
	check(o.OutsideHours == Queue || o.OutsideHours == Refuse, "outside_hours: %q is not allowed: must be queue or refuse", o.OutsideHours)
	check(o.LimitCollarPercent >= 0 && o.LimitCollarPercent <= maxCollarPercent, "limit_collar_percent: %v is not allowed: must be between 0 (off) and %d", o.LimitCollarPercent, maxCollarPercent)
	check(o.MaxQuoteAge >= time.Second && o.MaxQuoteAge <= 24*time.Hour, "max_quote_age: %s is not allowed: must be between 1s and 24h", o.MaxQuoteAge)
	return errors.Join(errs...)
}

// maxCollarPercent is a limit of eleven times the ask.
const maxCollarPercent = 1000

// number returns the number that s says, or one below zero if a decimal cannot hold it.
func number(s string) decimal.Decimal {
	d, ok := jsonline.ParseDecimal([]byte(s))
	if !ok {
		return decimal.NegOne
	}
	return d
}
