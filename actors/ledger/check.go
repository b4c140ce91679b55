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
	CodePrice       = "PRICE_NOT_ALLOWED"
)

// CheckOrder says whether the account can afford an order that will cost about
// price a piece, and fee. nil means that it can. What makes no position larger
// is always taken: who has spent everything must be able to sell.
func (a *Account) CheckOrder(o OrderPlaced, price, fee decimal.Decimal, marks Marks) *Rejection {
	if !o.Quantity.IsPos() {
		return &Rejection{CodeQuantity, fmt.Sprintf("a quantity of %s %s is not allowed: must be more than 0", o.Quantity, o.Symbol)}
	}
	if !price.IsPos() {
		return &Rejection{CodePrice, fmt.Sprintf("a price of %s for %s is not allowed: must be more than 0", price, o.Symbol)}
	}
	if _, err := fit(o.Quantity); err != nil {
		return &Rejection{CodeQuantity, fmt.Sprintf("a quantity of %s: %v", o.Symbol, err)}
	}
	if _, err := notional(price, o.Quantity); err != nil {
		return &Rejection{CodeQuantity, fmt.Sprintf("%s %s is too much for one order", o.Quantity, o.Symbol)}
	}
	r := reservation{account: a}
	reserved := r.ofOrders(marks)
	growth := r.growth(o.Symbol, o.Side, o.Quantity)
	if growth.IsZero() {
		return nil
	}
	needed := about(product(price, growth), fee)
	power := a.buyingPower(a.shorts(marks), reserved)
	if power.Less(needed) {
		// Rounded so that the one that is less is never shown as enough.
		return &Rejection{CodeBuyingPower, fmt.Sprintf("the order needs %s and the buying power is %s", needed.Ceil(2).Pad(2), power.Floor(2).Pad(2))}
	}
	return nil
}

// shorts is what the short positions are worth for the buying power; it is negative.
func (a *Account) shorts(marks Marks) decimal.Decimal {
	total := decimal.Zero
	for i := range a.Positions {
		if p := &a.Positions[i]; p.Quantity.IsNeg() {
			price, _, known := p.price(marks)
			total = about(total, p.owed(price, known))
		}
	}
	return total
}

// buyingPower is Valuation.BuyingPower: the total value less the value of every
// position, long or short. What a long position is worth is as much value as it
// binds; a short one brought cash, owes it, and binds as much again.
func (a *Account) buyingPower(shorts, reserved decimal.Decimal) decimal.Decimal {
	power := less(about(about(a.Cash, shorts), shorts), reserved)
	if power.IsNeg() {
		return decimal.Zero
	}
	return power
}

// usualPositions is for how many positions a reservation needs no memory of the heap.
const usualPositions = 16

// reservation counts by how much orders would make positions larger if all of
// one side were filled, and none of the other.
type reservation struct {
	account *Account
	// Of each position, how much may be ordered against it before the other side
	// is larger: twice its quantity. Counted when first needed, in few if that has
	// room for all.
	few  [usualPositions]decimal.Decimal
	many []decimal.Decimal
	made bool
}

// free is what few and many are about.
func (r *reservation) free() []decimal.Decimal {
	positions := r.account.Positions
	free := r.many
	if len(positions) <= len(r.few) {
		free = r.few[:len(positions)]
	} else if !r.made {
		r.many = make([]decimal.Decimal, len(positions))
		free = r.many
	}
	for i := 0; !r.made && i < len(positions); i++ {
		q := positions[i].Quantity.Abs()
		free[i] = about(q, q)
	}
	r.made = true
	return free
}

// ofOrders is what the open orders may still need, fees apart: a limit order at
// its limit, a market order at its symbol's mark and, where none is known, all the cash.
func (r *reservation) ofOrders(marks Marks) decimal.Decimal {
	total := decimal.Zero
	for i := range r.account.Orders {
		o := &r.account.Orders[i]
		growth := r.growth(o.Symbol, o.Side, less(o.Quantity, o.Filled))
		if growth.IsZero() {
			continue
		}
		price := o.LimitPrice
		if o.Type == Market {
			mark, known := marks(o.Symbol)
			if !known {
				total = about(total, r.account.Cash)
				continue
			}
			price = mark.Price
		}
		total = about(total, product(price, growth))
	}
	return total
}

// growth is by how much an order makes positions larger, after those before it.
func (r *reservation) growth(symbol string, side Side, quantity decimal.Decimal) decimal.Decimal {
	i, found := r.account.find(symbol)
	if !found || r.account.Positions[i].Quantity.IsNeg() == (side == Sell) {
		return quantity
	}
	free := r.free()
	used := quantity
	if free[i].Less(used) {
		used = free[i]
	}
	free[i] = less(free[i], used)
	return less(quantity, used)
}
