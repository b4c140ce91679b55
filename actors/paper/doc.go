// Package paper is the paper broker: it fills orders from the quotes that
// symbols publish, as if all it asks for could be had at them.
//
// It owns the orders that wait for a price, by symbol. Portfolio actors ask it
// (Check) and hand it orders (Submit, Cancel); symbols tell it that there is a
// newer quote. It tells a portfolio.Desk what became of an order: all that was
// left of it filled, failed or cancelled.
//
// It keeps nothing on disk: accounts submit their open orders again. An order
// that was filled and is submitted again before its account knows is filled
// again, at the price of then, under the same TradeID; the account takes the
// first report it gets of an order and ignores the others.
//
// It never blocks, never fills at a stale or halted quote, nor while the market of
// the symbol is closed or before its first price of the session, and never fills a limit
// order at a price worse than its limit.
package paper
