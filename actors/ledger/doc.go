// Package ledger is the money of an account: pure functions over events.
//
// It owns what a deposit, an order and a fill do to cash, positions and profit
// (Account.Apply), what an account is worth by the marks of its positions
// (Account.Value), what it can afford (Account.CheckOrder), and how events and
// accounts are written down (AppendEvent, AppendAccount). Portfolio actors tell
// it events in the order of their journal.
//
// Amounts and quantities have at most 8 decimals and are below 10^11. They are
// rounded, once and half to even, only where a price meets a quantity and where a
// part of a cost leaves with a part of a position. It never keeps time, locks,
// does I/O, or rounds silently: what does not fit is an error.
package ledger
