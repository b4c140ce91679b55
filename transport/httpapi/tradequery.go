package httpapi

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"outcry/actors/market"
	"outcry/transport/wire"
)

// Limits of a page of trades.
const (
	defaultPageLimit = 50
	maxPageLimit     = 500
	// maxSortedTrades is how far into an order that is not that of recording one
	// can page: so many trades are kept while all are read.
	maxSortedTrades = 10_000
)

// tradeQuery is which trades of a user are asked for, and in which order.
type tradeQuery struct {
	tradeFilter
	page, limit int // page is from 1
	sortBy      string
	ascending   bool
}

// tradeFilter is which trades count.
type tradeFilter struct {
	symbol string // empty for all
	status string // one of statuses, or empty for all
}

// matches reports whether a trade counts.
func (f tradeFilter) matches(row *tradeRow) bool {
	return (f.symbol == "" || f.symbol == row.symbol) && (f.status == "" || f.status == row.status)
}

// byRecording is the order that needs no sorting. It is that of the trades' times
// unless an executor reports late.
const byRecording = "timestamp"

// tradeOrders compare trades for the other orders. The names from entryTime on are those
// that the platform's history asks for.
var tradeOrders = map[string]func(a, b *tradeRow) int{
	"symbol":     func(a, b *tradeRow) int { return cmp.Compare(a.symbol, b.symbol) },
	"side":       func(a, b *tradeRow) int { return cmp.Compare(a.side, b.side) },
	"status":     func(a, b *tradeRow) int { return cmp.Compare(a.status, b.status) },
	"price":      func(a, b *tradeRow) int { return a.price.Cmp(b.price) },
	"quantity":   func(a, b *tradeRow) int { return a.quantity.Cmp(b.quantity) },
	"profit":     func(a, b *tradeRow) int { return a.profit.Cmp(b.profit) },
	"entryTime":  func(a, b *tradeRow) int { return a.entry.time.Compare(b.entry.time) },
	"entryPrice": func(a, b *tradeRow) int { return a.entry.price.Cmp(b.entry.price) },
	"exitTime":   func(a, b *tradeRow) int { return a.exit.time.Compare(b.exit.time) },
	"exitPrice":  func(a, b *tradeRow) int { return a.exit.price.Cmp(b.exit.price) },
	"profitLoss": func(a, b *tradeRow) int { return a.profit.Cmp(b.profit) },
}

// parseTradeQuery reads the parameters page, limit, sortBy, sortOrder, symbol
// and status. The error is a *wire.FieldError.
func parseTradeQuery(values url.Values) (q tradeQuery, err error) {
	q = tradeQuery{page: 1, limit: defaultPageLimit}
	if q.page, err = positive(values, "page", 1, 1<<31-1); err != nil {
		return q, err
	}
	if q.limit, err = positive(values, "limit", defaultPageLimit, maxPageLimit); err != nil {
		return q, err
	}
	if q.sortBy, err = oneOf(values, "sortBy", slices.Insert(slices.Sorted(maps.Keys(tradeOrders)), 0, byRecording)...); err != nil {
		return q, err
	}
	order, err := oneOf(values, "sortOrder", "desc", "asc")
	if err != nil {
		return q, err
	}
	q.ascending = order == "asc"
	if q.status, err = oneOf(values, "status", slices.Insert(statuses[:], 0, "")...); err != nil {
		return q, err
	}
	if symbol := strings.TrimSpace(values.Get("symbol")); symbol != "" {
		if q.symbol, err = market.NormalSymbol(symbol); err != nil {
			return q, &wire.FieldError{Field: "symbol", Message: "is not allowed: " + err.Error()}
		}
	}
	if q.sorted() && q.page > maxSortedTrades/q.limit {
		return q, &wire.FieldError{Field: "page", Message: fmt.Sprintf(
			"%d is too far: sorted by %s the first %d trades can be read; sorted by %s all can", q.page, q.sortBy, maxSortedTrades, byRecording)}
	}
	return q, nil
}

// sorted reports whether the order is another than that of recording.
func (q *tradeQuery) sorted() bool { return q.sortBy != byRecording }

// first returns how many trades come before the page.
func (q *tradeQuery) first() int { return (q.page - 1) * q.limit }

// positive reads a whole number from 1 to limit.
func positive(values url.Values, name string, absent, limit int) (int, error) {
	text := values.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > limit {
		return 0, &wire.FieldError{Field: name, Message: fmt.Sprintf("%.20q is not allowed: must be between 1 and %d", text, limit)}
	}
	return n, nil
}

// oneOf reads a word; the first is meant where none is given.
func oneOf(values url.Values, name string, words ...string) (string, error) {
	text := values.Get(name)
	switch {
	case text == "":
		return words[0], nil
	case slices.Contains(words, text):
		return text, nil
	}
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	return "", &wire.FieldError{Field: name, Message: fmt.Sprintf("%.20q is not allowed: must be %s", text, orList(words))}
}
