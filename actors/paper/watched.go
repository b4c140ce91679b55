package paper

import (
	"sync/atomic"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/symbol"
)

// watched is a symbol while there are orders in it.
type watched struct {
	// immutable after construction
	slot   *conflation.Slot
	tell   func(message any) // posts to the broker's actor
	quoted *quoted           // the message, the same every time

	// atomic: set by the symbol actor, cleared by the broker's actor
	told atomic.Bool

	// owned by the broker's actor
	book book
}

// watch begins to listen to a slot: what it publishes from here on is told.
func watch(slot *conflation.Slot, tell func(message any)) *watched {
	w := &watched{slot: slot, tell: tell}
	w.quoted = &quoted{watched: w}
	slot.Listen(w)
	return w
}

// Published posts one message for all quotes until the actor looks.
// conflation.Listener.
func (w *watched) Published() {
	if !w.told.Swap(true) {
		w.tell(w.quoted)
	}
}

// quote is the newest that the symbol published, as orders can have it at now.
func (w *watched) quote(now time.Time, maxAge time.Duration) quote {
	return quoteOf(symbol.MarkOf(w.slot.Newest()), now, maxAge)
}
