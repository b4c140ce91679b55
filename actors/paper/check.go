package paper

import (
	"fmt"
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
)

// Codes of what the broker refuses, beside ledger.CodeQuantity, and of what is
// not a fill.
const (
	CodeNoSuchSymbol = "NO_SUCH_SYMBOL"
	CodePrice        = "PRICE_NOT_ALLOWED"
	CodeMarketStale  = "MARKET_STALE"
	CodeMarketHalted = "MARKET_HALTED"
	CodeMarketClosed = "MARKET_CLOSED"
	CodeCollar       = "LIMIT_BEYOND_COLLAR"
	CodeCancelled    = "CANCELLED"
)

// moneyScale is the number of decimals of money, as in the ledger: a decimal
// of 19 digits then holds what is below 10^11.
const moneyScale = 8

// rules are Options as numbers.
//
// immutable after construction
type rules struct {
	options                              Options
	quantityStep, maxQuantity, priceStep decimal.Decimal
	feeRate                              decimal.Decimal // of an order's value
	collar                               decimal.Decimal // part of the market's price
}

// rules of valid options.
func (o Options) rules() *rules {
	return &rules{
		options:      o,
		quantityStep: decimal.MustParse(o.QuantityStep),
		maxQuantity:  decimal.MustParse(o.MaxQuantity),
		priceStep:    decimal.MustParse(o.PriceStep),
		feeRate:      decimal.MustNew(int64(o.FeeBasisPoints), 4),
		collar:       collar(o.LimitCollarPercent),
	}
}

// Check says whether the broker would take an order now, and at which price and
// fee its cost is to be estimated: a limit order at its limit, even where it
// would be filled at once for less, a market order at what the market asks or
// bids. Limit orders are taken in a closed, stale or halted market, too, and wait;
// market orders in a closed one, as Options.OutsideHours has it. portfolio.Broker.
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
	m := b.deps.Symbols.Market(o.Symbol)
	phase := m.Hours.At(b.deps.Now())
	q := quoteIn(&mark, phase, b.deps.Now(), rules.options.MaxQuoteAge)
	reference := reference(&mark, q, o.Side)
	if o.Type == ledger.Limit {
		price, rejection = o.LimitPrice, rules.checkLimit(o.Symbol, o.LimitPrice)
		tooLarge = CodePrice
	} else {
		price, rejection = reference, rules.checkMarket(o, q, m, phase)
	}
	if rejection != nil {
		return decimal.Zero, decimal.Zero, rejection
	}
	fee, ok = rules.fee(price, o.Quantity)
	if !ok {
		return decimal.Zero, decimal.Zero, rejectValue(tooLarge, o.Symbol, price, o.Quantity)
	}
	if o.Type == ledger.Limit {
		rejection = rules.checkCollar(o, reference)
	}
	return price, fee, rejection
}

func (r *rules) checkQuantity(symbol string, quantity decimal.Decimal) *ledger.Rejection {
	switch {
	case !quantity.IsPos() || r.maxQuantity.Less(quantity):
		return reject(ledger.CodeQuantity, "a quantity of %s %s is not allowed: must be more than 0 and at most %s", quantity, symbol, r.maxQuantity)
	case !isMultiple(quantity, r.quantityStep):
		return reject(ledger.CodeQuantity, "a quantity of %s %s is not allowed: must be a multiple of %s", quantity, symbol, r.quantityStep)
	}
	return nil
}

// checkMarket says why no market order is taken at q.
func (r *rules) checkMarket(o *ledger.OrderPlaced, q quote, m *market.Market, phase market.Phase) *ledger.Rejection {
	if phase.Open {
		if rejection := q.refusal(o.Symbol, o.Side); rejection != nil {
			return rejection
		}
	}
	switch {
	case !q.waits || r.options.OutsideHours == Queue:
		return nil
	case phase.Open:
		return reject(CodeMarketClosed, "%s has shown no price since its market opened; try again in a moment, or place a limit order, which waits", o.Symbol)
	}
	return rejectClosed(m, phase)
}

func rejectClosed(m *market.Market, phase market.Phase) *ledger.Rejection {
	return reject(CodeMarketClosed, "the market %s is closed until %s UTC; try again then, or place a limit order, which waits", m.Name, phase.NextOpen.UTC().Format(time.DateTime))
}

func (r *rules) checkLimit(symbol string, limit decimal.Decimal) *ledger.Rejection {
	switch {
	case !limit.IsPos():
		return reject(CodePrice, "a limit of %s for %s is not allowed: must be more than 0", limit, symbol)
	case !isMultiple(limit, r.priceStep):
		return reject(CodePrice, "a limit of %s for %s is not allowed: must be a multiple of %s", limit, symbol, r.priceStep)
	}
	return nil
}

// checkCollar refuses a limit so far beyond the market that it is a typing error: it
// would bind the money of all that it allows, and be filled at whatever is asked.
func (r *rules) checkCollar(o *ledger.OrderPlaced, reference decimal.Decimal) *ledger.Rejection {
	if r.collar.IsZero() || !reference.IsPos() {
		return nil
	}
	margin, err := reference.Mul(r.collar)
	if err != nil {
		return nil // a price of more digits than any order can be worth
	}
	percent := decimal.MustParse(strconv.FormatFloat(r.options.LimitCollarPercent, 'f', -1, 64))
	if o.Side == ledger.Sell {
		least, err := reference.Sub(margin)
		if err != nil || !o.LimitPrice.Less(least) {
			return nil
		}
		return reject(CodeCollar, "a limit of %s to sell %s is more than %s %% below the bid of %s: at least %s is allowed",
			o.LimitPrice, o.Symbol, percent, reference, least.Ceil(moneyScale).Trim(0))
	}
	most, err := reference.Add(margin)
	if err != nil || !most.Less(o.LimitPrice) {
		return nil
	}
	return reject(CodeCollar, "a limit of %s to buy %s is more than %s %% above the ask of %s: at most %s is allowed",
		o.LimitPrice, o.Symbol, percent, reference, most.Floor(moneyScale).Trim(0))
}

// collar is a percentage as a part of one.
func collar(percent float64) decimal.Decimal {
	d, err := decimal.NewFromFloat64(percent)
	if err == nil {
		d, err = d.Quo(decimal.Hundred)
	}
	if err != nil {
		return decimal.Zero // which Options.Validate does not let pass
	}
	return d
}

// Holds says why an open order waits: nil where it does not, or only for its price.
// portfolio.Broker.
func (b *Broker) Holds(o *ledger.OrderPlaced) *portfolio.Hold {
	m := b.deps.Symbols.Market(o.Symbol)
	phase := m.Hours.At(b.deps.Now())
	mark, ok := b.deps.Symbols.Mark(o.Symbol)
	if phase.Open && (!ok || !quoteIn(&mark, phase, b.deps.Now(), b.rules.Load().options.MaxQuoteAge).waits) {
		return nil
	}
	hold := &portfolio.Hold{Queued: o.Type == ledger.Market, Market: m.Name}
	if !phase.Open {
		hold.Until = phase.NextOpen
	}
	return hold
}

// fee of an order that is filled at price; false if the order is worth more
// than money can say.
func (r *rules) fee(price, quantity decimal.Decimal) (fee decimal.Decimal, ok bool) {
	value, err := price.Mul(quantity)
	if err != nil || value.Prec()-value.Scale() > decimal.MaxPrec-moneyScale {
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

// isMultiple reports whether d is a multiple of step, which all are of 0. A d so large
// that it cannot be said is none.
func isMultiple(d, step decimal.Decimal) bool {
	if step.IsZero() {
		return true
	}
	_, rest, err := d.QuoRem(step)
	return err == nil && rest.IsZero()
}

func reject(code, format string, args ...any) *ledger.Rejection {
	return &ledger.Rejection{Code: code, Message: fmt.Sprintf(format, args...)}
}
