package portfolio

import (
	"slices"
	"sync"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/symbol"
)

// holding is a position's symbol as it was last looked at.
type holding struct {
	slot *conflation.Slot
	seen *conflation.Frame
}

// hold keeps the slots of the positions, in the order of the positions.
func (a *portfolioActor) hold() {
	positions := a.account.Positions
	same := len(a.holdings) == len(positions)
	for i := 0; same && i < len(positions); i++ {
		same = a.holdings[i].slot.Symbol() == positions[i].Symbol
	}
	if same {
		return
	}
	before := a.holdings
	a.holdings = make([]holding, len(positions))
	for i := range positions {
		slot := a.portfolios.deps.Symbols.Acquire(positions[i].Symbol)
		a.holdings[i].slot, positions[i].Symbol = slot, slot.Symbol() // one string for all accounts
	}
	a.release(before)
}

func (a *portfolioActor) release(holdings []holding) {
	for _, h := range holdings {
		a.portfolios.deps.Symbols.Release(h.slot)
	}
}

func (a *portfolioActor) releaseHoldings() {
	a.release(a.holdings)
	a.holdings = nil
}

// pricesMoved reports whether a position's quote is another than the last time,
// and remembers the newest.
func (a *portfolioActor) pricesMoved() bool {
	moved := false
	for i := range a.holdings {
		h := &a.holdings[i]
		newest := h.slot.Newest()
		if newest == h.seen {
			continue
		}
		if !sameValue(symbol.MarkOf(h.seen), symbol.MarkOf(newest)) {
			moved = true
		}
		h.seen = newest
	}
	return moved
}

// sameValue reports whether positions are worth the same by two marks. Bid and ask
// move far more often than prices, and no position is valued by them.
func sameValue(a, b *market.Mark) bool {
	return a != nil && b != nil && a.Price == b.Price && a.PreviousClose == b.PreviousClose && a.State == b.State && a.Time.Equal(b.Time)
}

// mark is ledger.Marks over what pricesMoved saw, so that all positions are
// valued by one look at the market. Symbols that are not held are looked up.
func (a *portfolioActor) mark(name string) (market.Mark, bool) {
	at, held := slices.BinarySearchFunc(a.holdings, name, func(h holding, name string) int {
		switch other := h.slot.Symbol(); {
		case other < name:
			return -1
		case other > name:
			return 1
		}
		return 0
	})
	if !held {
		return a.portfolios.marks(name)
	}
	if m := symbol.MarkOf(a.holdings[at].seen); m != nil {
		return *m, m.Price.IsPos()
	}
	return market.Mark{}, false
}

// valuations are what accounts are valued into; between two looks at the
// market an account holds none.
var valuations = sync.Pool{New: func() any { return new(ledger.Valuation) }}

// value values the account by the newest marks, into v.
func (a *portfolioActor) value(now time.Time, v *ledger.Valuation) {
	a.hold()
	a.pricesMoved()
	a.account.Value(a.mark, now, a.portfolios.deps.Calendar, v)
}

// view is the account for one reader, who keeps it.
func (a *portfolioActor) view() Account {
	now := a.portfolios.deps.Now()
	view := a.shown(now)
	a.value(now, &view.Valuation)
	view.Orders = slices.Clone(view.Orders)
	return view
}

// shown is the account without its valuation; it shares the actor's memory.
func (a *portfolioActor) shown(now time.Time) Account {
	return Account{UserID: a.entry.userID, Version: a.version, Orders: a.account.Orders, Time: now}
}

var _ ledger.Marks = (*portfolioActor)(nil).mark
