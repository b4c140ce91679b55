package portfolio

import (
	"github.com/govalues/decimal"

	"outcry/actors/ledger"
)

// Broker works orders. Its methods are called from portfolio actors: they never
// block. What becomes of an order comes back as an Execution, through a Desk.
type Broker interface {
	// Name is what orders and trades show as their broker.
	Name() string
	// Check says whether the broker would take the order now, and at which price
	// and fee its cost is to be estimated. It starts nothing.
	Check(o *ledger.OrderPlaced) (price, fee decimal.Decimal, rejection *ledger.Rejection)
	// Holds says why an open order cannot be filled yet, whatever the price: nil where
	// nothing keeps it.
	Holds(o *ledger.OrderPlaced) *Hold
	// Submit hands over an open order of a user. An order that the broker has
	// already is left as it is: accounts submit their open orders again when
	// they are loaded.
	Submit(userID string, o ledger.Order)
	// Cancel asks to end an order. An Execution follows: Cancelled, or what came
	// first. An order that the broker does not have is reported as Cancelled.
	Cancel(userID, orderID string)
}

// Desk is where a broker reports. Portfolios is one.
type Desk interface {
	Report(userID string, e *Execution)
}
