package paper

import (
	"sync/atomic"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/market"
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
	hour hour
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

// quote is the newest that the symbol published, as orders can have it in its market at
// now.
func (w *watched) quote(m *market.Market, now time.Time, maxAge time.Duration) quote {
	return quoteIn(symbol.MarkOf(w.slot.Newest()), w.hour.at(m, now), now, maxAge)
}

// hour remembers the phase of a market until it ends, as a busy symbol asks for it at
// every quote.
type hour struct {
	market *market.Market // as the settings of then had it
	phase  market.Phase
	from   time.Time
}

func (h *hour) at(m *market.Market, now time.Time) market.Phase {
	ends := h.phase.NextOpen
	if h.phase.Open {
		ends = h.phase.NextClose
	}
	if h.market != m || now.Before(h.from) || !ends.IsZero() && !now.Before(ends) {
		*h = hour{market: m, phase: m.Hours.At(now), from: now}
	}
	return h.phase
}
