package paper

import (
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/market"
)

// quote is what the orders of a symbol can have now. The zero value is that of
// a symbol without prices.
type quote struct {
	// buy and sell are the prices at which one can; zero where nothing is known.
	buy, sell decimal.Decimal
	// received is when the engine got the newest price.
	received time.Time
	state    market.State
	// waits: the market is closed, or has shown no price since it opened, so that
	// nothing is filled. opened is when the session under way began, if it has hours.
	waits  bool
	opened time.Time
}

// quoteIn reads a mark in a phase of its market.
func quoteIn(m *market.Mark, phase market.Phase) quote {
	q := quoteOf(m)
	q.opened = phase.Opened
	q.waits = !phase.Open || m != nil && (m.Received.Before(phase.Opened) || m.Time.Before(phase.Opened))
	return q
}

// quoteOf reads a mark, nil where there is none. Where a side is not quoted
// the last price stands in for it, and also where the market traded through it:
// a feed that quotes now and then leaves an ask behind that nobody asks any more.
func quoteOf(m *market.Mark) quote {
	if m == nil {
		return quote{}
	}
	q := quote{buy: m.Price, sell: m.Price, received: m.Received, state: m.State}
	if m.Ask.IsPos() && !m.Ask.Less(m.Price) {
		q.buy = m.Ask
	}
	if m.Bid.IsPos() && !m.Price.Less(m.Bid) {
		q.sell = m.Bid
	}
	return q
}

func (q quote) known() bool { return q.buy.IsPos() }

// trades reports whether anything can be filled at q.
func (q quote) trades() bool {
	return !q.waits && q.known() && q.state != market.Stale && q.state != market.Halted
}

// price at which an order of the side can be filled.
func (q quote) price(side ledger.Side) decimal.Decimal {
	if side == ledger.Sell {
		return q.sell
	}
	return q.buy
}

// ends reports whether o ends at q: a limit order that q fills, or a market order,
// which is filled or fails. One that was queued before the session began is filled only.
func (q quote) ends(o *order) bool {
	if !q.trades() {
		return o.market && !q.waits && !o.placed.Before(q.opened)
	}
	if o.market {
		return true
	}
	if o.side == ledger.Sell {
		return !q.sell.Less(o.limit)
	}
	return !o.limit.Less(q.buy)
}

// refusal says why q fills no market order; nil if it does.
func (q quote) refusal(symbol string) *ledger.Rejection {
	switch {
	case !q.known():
		return reject(CodeMarketStale, "%s has no prices yet; try again when its feed is back", symbol)
	case q.state == market.Stale:
		return reject(CodeMarketStale, "prices of %s have stopped since %s UTC; try again when the feed is back", symbol, q.received.UTC().Format(time.DateTime))
	case q.state == market.Halted:
		return reject(CodeMarketHalted, "trading in %s is halted; try again when it resumes, or place a limit order, which waits", symbol)
	}
	return nil
}
