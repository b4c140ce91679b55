package paper

import (
	"fmt"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
)

// Codes of what the broker refuses, beside ledger.CodeQuantity, and of what is
// not a fill.
const (
	CodeNoSuchSymbol = "NO_SUCH_SYMBOL"
	CodePrice        = "PRICE_NOT_ALLOWED"
	CodeMarketStale  = "MARKET_STALE"
	CodeMarketHalted = "MARKET_HALTED"
	CodeCancelled    = "CANCELLED"
)

// moneyScale is the number of decimals of amounts, as in the ledger: a decimal
// of 19 digits then holds what is below 10^11.
const moneyScale = 8

// rules are Options as numbers.
//
// immutable after construction
type rules struct {
	options                              Options
	quantityStep, maxQuantity, priceStep decimal.Decimal
	feeRate                              decimal.Decimal // of an order's value
}

// rules of valid options.
func (o Options) rules() *rules {
	return &rules{
		options:      o,
		quantityStep: decimal.MustParse(o.QuantityStep),
		maxQuantity:  decimal.MustParse(o.MaxQuantity),
		priceStep:    decimal.MustParse(o.PriceStep),
		feeRate:      decimal.MustNew(int64(o.FeeBasisPoints), 4),
	}
}

// Check says whether the broker would take an order now, and at which price and
// fee its cost is to be estimated: a limit order at its limit, even where it
// would be filled at once for less, a market order at what the market asks or
// bids. Limit orders are taken in a stale or halted market, too, and wait.
// portfolio.Broker.
func (b *Broker) Check(o *ledger.OrderPlaced) (price, fee decimal.Decimal, rejection *ledger.Rejection) {
	mark, ok := b.deps.Symbols.Mark(o.Symbol)
	if !ok {
		return decimal.Zero, decimal.Zero, reject(CodeNoSuchSymbol, "there are no prices of %s: check the symbol, or try again once it has traded", o.Symbol)
	}
	rules := b.rules.Load()
	if r := rules.checkQuantity(o.Symbol, o.Quantity); r != nil {
		return decimal.Zero, decimal.Zero, r
	}
	tooLarge := ledger.CodeQuantity
	if o.Type == ledger.Limit {
		price, rejection = o.LimitPrice, rules.checkLimit(o.Symbol, o.LimitPrice)
		tooLarge = CodePrice
	} else {
		q := quoteOf(&mark, b.deps.Now(), rules.options.MaxQuoteAge)
		price, rejection = q.price(o.Side), q.refusal(o.Symbol, o.Side)
	}
	if rejection != nil {
		return decimal.Zero, decimal.Zero, rejection
	}
	fee, ok = rules.fee(price, o.Quantity)
	if !ok {
		return decimal.Zero, decimal.Zero, rejectValue(tooLarge, o.Symbol, price, o.Quantity)
	}
	return price, fee, nil
}

func (r *rules) checkQuantity(symbol string, quantity decimal.Decimal) *ledger.Rejection {
	if !quantity.IsPos() || r.maxQuantity.Less(quantity) || !isMultiple(quantity, r.quantityStep) {
		return reject(ledger.CodeQuantity, "a quantity of %s %s is not allowed: must be a multiple of %s, more than 0 and at most %s", quantity, symbol, r.quantityStep, r.maxQuantity)
	}
	return nil
}

func (r *rules) checkLimit(symbol string, limit decimal.Decimal) *ledger.Rejection {
	if !limit.IsPos() || !isMultiple(limit, r.priceStep) {
		return reject(CodePrice, "a limit of %s for %s is not allowed: must be a multiple of %s and more than 0", limit, symbol, r.priceStep)
	}
	return nil
}

// fee of an order that is filled at price; false if the order is worth more
// than money can say.
func (r *rules) fee(price, quantity decimal.Decimal) (fee decimal.Decimal, ok bool) {
	value, err := price.MulExact(quantity, moneyScale)
	if err != nil {
		return decimal.Zero, false
	}
	if fee, err = value.Round(moneyScale).Mul(r.feeRate); err != nil {
		return decimal.Zero, false
	}
	return fee.Round(moneyScale).Trim(0), true
}

func rejectValue(code, symbol string, price, quantity decimal.Decimal) *ledger.Rejection {
	return reject(code, "%s %s at %s is not allowed: an order must be worth less than 100,000,000,000", quantity, symbol, price)
}

// isMultiple reports whether d is a multiple of step. A d so large that it
// cannot be said is none.
func isMultiple(d, step decimal.Decimal) bool {
	_, rest, err := d.QuoRem(step)
	return err == nil && rest.IsZero()
}

func reject(code, format string, args ...any) *ledger.Rejection {
	return &ledger.Rejection{Code: code, Message: fmt.Sprintf(format, args...)}
}
