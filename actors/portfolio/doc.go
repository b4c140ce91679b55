// Package portfolio is the portfolio actor: one account, a fold over its
// stream of the journal.
//
// It owns cash, positions, orders and their journal version. It is told trades
// (RecordTrade), orders (PlaceOrder, CancelOrder), what the broker did with
// them (Execution) and who watches (Watch, Unwatch). It decides on a copy of
// the account, appends the events, and only when they are on disk makes the
// copy its account, answers, and tells its user's sessions: notices at once,
// valuations as prices move. A notice's offset is the event's version, so who
// was away is told what they missed from the journal itself.
//
// Where the outcome of an append is unknown, or another engine wrote the stream,
// it reads the stream before it decides anything more.
//
// It never waits for a disk: the journal calls back, and reads run on
// goroutines of Portfolios. It never knows a socket, and never touches another
// account.
package portfolio
