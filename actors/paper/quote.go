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
	// asked and bid are when the ask and bid that are too old were given; zero else.
	asked, bid time.Time
	// received is when the engine got the newest price.
	received time.Time
	state    market.State
	// waits: the market is closed, or has shown no price since it opened, so that
	// nothing is filled. opened is when the session under way began, if it has hours.
	waits  bool
	opened time.Time
}

// quoteIn reads a mark at now, in a phase of its market. No ask or bid counts that is
// older than maxAge, or than the session under way.
func quoteIn(m *market.Mark, phase market.Phase, now time.Time, maxAge time.Duration) quote {
	if phase.Open && !phase.Opened.IsZero() {
		maxAge = min(maxAge, now.Sub(phase.Opened))
	}
	q := quoteOf(m, now, maxAge)
	q.opened = phase.Opened
	q.waits = !phase.Open || m != nil && (m.Received.Before(phase.Opened) || newestOf(m).Before(phase.Opened))
	return q
}

// newestOf is the time of the newest trade, ask or bid of a mark.
func newestOf(m *market.Mark) time.Time {
	newest := m.Time
	for _, at := range []time.Time{m.AskTime, m.BidTime} {
		if at.After(newest) {
			newest = at
		}
	}
	return newest
}

// reference is the price by which an order of a side is judged and estimated, also where
// it cannot be filled now: what it would be filled at, else the ask or bid however old,
// else the last trade. It is zero where none is known.
func reference(m *market.Mark, q quote, side ledger.Side) decimal.Decimal {
	quoted := m.Ask
	if side == ledger.Sell {
		quoted = m.Bid
	}
	for _, price := range []decimal.Decimal{q.price(side), quoted} {
		if price.IsPos() {
			return price
		}
	}
	return m.Price
}

// quoteOf reads a mark at now, nil where there is none. No ask or bid counts that is
// older than maxAge.
func quoteOf(m *market.Mark, now time.Time, maxAge time.Duration) quote {
	if m == nil {
		return quote{}
	}
	q := quote{received: m.Received, state: m.State}
	oldest := now.Add(-maxAge)
	q.buy, q.asked = priceOf(m, m.Ask, m.AskTime, oldest, m.Ask.Less(m.Price))
	q.sell, q.bid = priceOf(m, m.Bid, m.BidTime, oldest, m.Price.Less(m.Bid))
	return q
}

// priceOf is what orders can have by one side of the market, which was given at a time:
// that side or, where it is not quoted, the last price. The last price also stands in
// for a side that it has passed in a newer trade: feeds that quote now and then leave
// an ask behind that nobody asks any more. It does not for one that is merely too old
// and newer than the last trade: then neither is known, and tooOld is when it was given.
func priceOf(m *market.Mark, side decimal.Decimal, at, oldest time.Time, passed bool) (price decimal.Decimal, tooOld time.Time) {
	newer := at.After(m.Time) // than the last trade
	switch {
	case side.IsZero(), passed && !newer:
		return m.Price, time.Time{}
	case !at.Before(oldest):
		return side, time.Time{}
	case newer:
		return decimal.Zero, at
	}
	return m.Price, time.Time{}
}

// known reports whether there is or was a price.
func (q quote) known() bool {
	return q.buy.IsPos() || q.sell.IsPos() || !q.asked.IsZero() || !q.bid.IsZero()
}

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

// fillable reports whether an order of a side can be filled at q.
func (q quote) fillable(side ledger.Side) bool { return q.trades() && q.price(side).IsPos() }

// ends reports whether o ends at q: a limit order that q fills, or a market order,
// which is filled or fails. One that was queued before the session began is filled only.
func (q quote) ends(o *order) bool {
	if o.market {
		return q.fillable(o.side) || !q.waits && !o.placed.Before(q.opened)
	}
	if !q.fillable(o.side) {
		return false
	}
	price := q.price(o.side)
	if o.side == ledger.Sell {
		return !price.Less(o.limit)
	}
	return !o.limit.Less(price)
}

// refusal says why q fills no market order of a side; nil if it does.
func (q quote) refusal(symbol string, side ledger.Side) *ledger.Rejection {
	name, given := "ask", q.asked
	if side == ledger.Sell {
		name, given = "bid", q.bid
	}
	switch {
	case !q.known():
		return reject(CodeMarketStale, "%s has no prices yet; try again when its feed is back", symbol)
	case q.state == market.Stale:
		return reject(CodeMarketStale, "prices of %s have stopped since %s UTC; try again when the feed is back", symbol, q.received.UTC().Format(time.DateTime))
	case q.state == market.Halted:
		return reject(CodeMarketHalted, "trading in %s is halted; try again when it resumes, or place a limit order, which waits", symbol)
	case !given.IsZero():
		return reject(CodeMarketStale, "the newest %s of %s is of %s UTC, which is too old to trade at; try again when it is quoted, or place a limit order, which waits", name, symbol, given.UTC().Format(time.DateTime))
	case !q.price(side).IsPos():
		return reject(CodeMarketStale, "%s has no %s and has not traded; place a limit order, which waits", symbol, name)
	}
	return nil
}
