package executor

import (
	"bytes"
	"fmt"
	"strconv"
	"sync/atomic"

	"outcry/bench/symbols"
)

// Book is the trades of a set of accounts, numbered from 0. A number says all of
// a trade, so that none has to be kept: it belongs to account number % accounts.
// Each account trades in a few symbols in turn, and buys three times as often as
// it sells.
type Book struct {
	// immutable after construction
	prefix    []byte // of the ids of trades, with the dash that ends it
	users     []string
	symbols   []string // of the run
	positions int      // symbols of an account

	// atomic: written by executors
	next         atomic.Uint64 // the number of the next trade
	acknowledged []atomic.Int64
}

// NewBook returns a book without any trade. Users and trades have the tag in
// their names: with one that is new, so are the accounts.
func NewBook(tag string, accounts, positions int, names *symbols.Names) *Book {
	b := &Book{
		prefix:       []byte(tag + "-"),
		users:        make([]string, accounts),
		symbols:      make([]string, names.Count()),
		positions:    min(positions, names.Count()),
		acknowledged: make([]atomic.Int64, accounts),
	}
	for i := range b.users {
		b.users[i] = fmt.Sprintf("%s-user-%06d", tag, i)
	}
	for i := range b.symbols {
		b.symbols[i] = names.Name(i)
	}
	return b
}

// Accounts returns how many accounts trade.
func (b *Book) Accounts() int { return len(b.users) }

// User returns the name of an account's user.
func (b *Book) User(account int) string { return b.users[account] }

// Taken returns how many trades have been taken to be sent.
func (b *Book) Taken() int64 { return int64(b.next.Load()) }

// Acknowledged returns how many trades of an account the server has called durable.
func (b *Book) Acknowledged(account int) int64 { return b.acknowledged[account].Load() }

// TotalAcknowledged returns that of all accounts.
func (b *Book) TotalAcknowledged() (sum int64) {
	for i := range b.acknowledged {
		sum += b.acknowledged[i].Load()
	}
	return sum
}

// take returns the first of n numbers that nobody else gets.
func (b *Book) take(n int) (first uint64) { return b.next.Add(uint64(n)) - uint64(n) }

// acknowledge counts n trades from a number on.
func (b *Book) acknowledge(first uint64, n int) {
	for k := first; k < first+uint64(n); k++ {
		b.acknowledged[b.account(k)].Add(1)
	}
}

func (b *Book) account(number uint64) int { return int(number % uint64(len(b.users))) }

func (b *Book) appendID(dst []byte, number uint64) []byte {
	return strconv.AppendUint(append(dst, b.prefix...), number, 10)
}

// Number returns which trade an id names; ok is false for one of another book.
func (b *Book) Number(id []byte) (number uint64, ok bool) {
	digits, ok := bytes.CutPrefix(id, b.prefix)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(string(digits), 10, 64)
	return number, err == nil
}

// sellEvery is how many purchases of a symbol one sale ends.
const sellEvery = 4

// appendTrade appends a trade as an executor reports it, without a line break.
func (b *Book) appendTrade(dst []byte, number uint64, milliseconds int64) []byte {
	account := b.account(number)
	nth := number / uint64(len(b.users)) // trade of the account
	symbol := (account*b.positions + int(nth%uint64(b.positions))) % len(b.symbols)
	side := "buy"
	if nth/uint64(b.positions)%sellEvery == sellEvery-1 {
		side = "sell"
	}
	dst = b.appendID(append(dst, `{"id":"`...), number)
	dst = append(append(dst, `","userId":"`...), b.users[account]...)
	dst = append(append(dst, `","symbol":"`...), b.symbols[symbol]...)
	dst = append(append(dst, `","side":"`...), side...)
	dst = append(dst, `","quantity":2,"price":1`...)
	dst = append(dst, byte('0'+number%10), byte('0'+number/10%10), '.', byte('0'+number/100%10), '5')
	dst = append(dst, `,"fee":0.01,"status":"executed","timestamp":`...)
	dst = strconv.AppendInt(dst, milliseconds, 10)
	return append(dst, '}')
}
