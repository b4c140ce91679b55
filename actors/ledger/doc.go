// Package ledger is the money of an account: pure functions over events.
//
// It owns what a deposit, an order and a fill do to cash, positions and profit
// (Account.Apply), what an account is worth by the marks of its positions
// (Account.Value), what it can afford (Account.CheckOrder), and how events and
// accounts are written down (AppendEvent, AppendAccount). Portfolio actors tell
// it events in the order of their journal.
//
// Quantities and prices have whatever decimals a decimal of 19 digits holds, money has
// at most 8, and all are below 10^11. Money is rounded, once and half to even, only
// where a price meets a quantity, where a part of a cost leaves with a part of a
// position, and in a fee. It never keeps time, locks, does I/O, or rounds silently:
// what does not fit is an error.
package ledger
