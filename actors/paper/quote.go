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
	return q.known() && q.state != market.Stale && q.state != market.Halted
}

// price at which an order of the side can be filled.
func (q quote) price(side ledger.Side) decimal.Decimal {
	if side == ledger.Sell {
		return q.sell
	}
	return q.buy
}

// fills reports whether o is filled at q.
func (q quote) fills(o *order) bool {
	price := q.price(o.side)
	if !q.trades() || !price.IsPos() {
		return false
	}
	if o.market {
		return true
	}
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
