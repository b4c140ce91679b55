package ledger

import (
	"fmt"

	"github.com/govalues/decimal"
)

// Rejection is why an order is not taken, in words for a trader.
type Rejection struct {
	// Code is a stable name of the cause.
	Code string
	// Message is a sentence.
	Message string
}

// Codes of the rejections that the ledger decides on.
const (
	CodeBuyingPower = "INSUFFICIENT_BUYING_POWER"
	CodeQuantity    = "QUANTITY_NOT_ALLOWED"
)

// CheckOrder says whether the account can afford an order that will cost about
// price a piece, and fee. nil means that it can.
func (a *Account) CheckOrder(o OrderPlaced, price, fee decimal.Decimal, marks Marks) *Rejection {
	if !o.Quantity.IsPos() || !price.IsPos() {
		return &Rejection{CodeQuantity, "the quantity must be more than 0"}
	}
	if _, err := notional(price, o.Quantity); err != nil {
		return &Rejection{CodeQuantity, fmt.Sprintf("%s %s is too much for one order", o.Quantity, o.Symbol)}
	}
	needed := about(a.need(o.Symbol, o.Side, o.Quantity, price), fee)
	if !needed.IsPos() {
		return nil // it makes the account's positions smaller
	}
	power := a.buyingPower(marks)
	if power.Less(needed) {
		return &Rejection{CodeBuyingPower, fmt.Sprintf("the order needs %s and the buying power is %s", cents(needed), cents(power))}
	}
	return nil
}

// need is by how much an order makes positions larger, in money at a price.
func (a *Account) need(symbol string, side Side, quantity, price decimal.Decimal) decimal.Decimal {
	if side == Sell {
		quantity = quantity.Neg()
	}
	held := decimal.Zero
	if p, found := a.Position(symbol); found {
		held = p.Quantity
	}
	growth := about(about(held, quantity).Abs(), held.Abs().Neg())
	if !growth.IsPos() {
		return decimal.Zero
	}
	return product(price, growth)
}

// buyingPower is Valuation.BuyingPower.
func (a *Account) buyingPower(marks Marks) decimal.Decimal {
	power := a.Cash
	for i := range a.Positions {
		p := &a.Positions[i]
		if !p.Quantity.IsNeg() {
			continue // what a long position is worth is as much power as it binds
		}
		mark, known := marks(p.Symbol)
		value := p.value(mark, known).MarketValue
		power = about(about(power, value), value)
	}
	power = about(power, a.reserved(marks).Neg())
	if power.IsNeg() {
		return decimal.Zero
	}
	return power
}

// reserved is what the open orders may still need.
func (a *Account) reserved(marks Marks) decimal.Decimal {
	total := decimal.Zero
	for i := range a.Orders {
		o := &a.Orders[i]
		price := o.LimitPrice
		if o.Type == Market {
			if mark, known := marks(o.Symbol); known {
				price = mark.Price
			}
		}
		total = about(total, a.need(o.Symbol, o.Side, about(o.Quantity, o.Filled.Neg()), price))
	}
	return total
}

// cents is an amount as people read it.
func cents(d decimal.Decimal) decimal.Decimal { return d.Round(2).Pad(2) }
