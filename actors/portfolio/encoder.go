package portfolio

import "outcry/actors/ledger"

// Encoder writes what an account's browsers are told, as complete frames.
type Encoder interface {
	// Notices returns how many notices an event makes.
	Notices(e ledger.Event) int
	// AppendNotice appends one of them, by its index from 0. offset is sent along.
	AppendNotice(dst []byte, userID string, e ledger.Event, index int, offset Offset) []byte
	// AppendUpdate appends portfolio:update, and AppendUpdated portfolio:updated.
	AppendUpdate(dst []byte, account *Account) []byte
	AppendUpdated(dst []byte, account *Account) []byte
	// AppendDelta appends portfolio:update with what is in d of positions and orders.
	AppendDelta(dst []byte, account *Account, d *Delta) []byte
}
