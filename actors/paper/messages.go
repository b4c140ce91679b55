package paper

import "outcry/actors/ledger"

// submit hands over an open order. Sent by Broker.Submit; answered by an
// Execution when the order ends.
type submit struct {
	userID string
	order  ledger.Order
}

// cancel asks to end an order. Sent by Broker.Cancel; answered by an Execution.
type cancel struct {
	key orderKey
}

// quoted says that a symbol has a newer quote. Sent by its slot, once until it
// is handled, however many quotes there were.
type quoted struct {
	watched *watched
}
