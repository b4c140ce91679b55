package httpapi

import (
	"slices"
	"sync"

	"github.com/govalues/decimal"
)

// tradeTotals sum up the trades of a user that match a filter, up to a version
// of their stream.
type tradeTotals struct {
	version                uint64
	matching               int
	count                  tradeCounts
	volume, realised, fees decimal.Decimal
}

// add counts one more trade. A sum that has no room for it stays as it is.
func (t *tradeTotals) add(row *tradeRow) {
	t.matching++
	t.count.add(row.status)
	t.volume = added(t.volume, row.volume)
	t.realised = added(t.realised, row.profit)
	t.fees = added(t.fees, row.fee)
}

// tradeCounts are numbers of rows by their status, in the order of statuses.
type tradeCounts [len(statuses)]int

func (c *tradeCounts) add(status string) { c[slices.Index(statuses[:], status)]++ }

func (c *tradeCounts) of(status string) int { return c[slices.Index(statuses[:], status)] }

func added(sum, d decimal.Decimal) decimal.Decimal {
	if next, err := sum.Add(d); err == nil {
		return next
	}
	return sum
}

// summedTrades remembers totals: events never change, so that only what is new
// has to be added. Without it every page of a long history would read all of it.
type summedTrades struct {
	mu     sync.Mutex // guards totals
	totals map[summedKey]tradeTotals
}

type summedKey struct {
	userID string
	filter tradeFilter
}

// maxSummed bounds what is remembered; beyond it starts anew.
const maxSummed = 4096

func newSummedTrades() *summedTrades {
	return &summedTrades{totals: make(map[summedKey]tradeTotals)}
}

// of returns what was kept last.
func (s *summedTrades) of(userID string, filter tradeFilter) tradeTotals {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.totals[summedKey{userID, filter}]
}

// keep remembers totals unless newer ones are there.
func (s *summedTrades) keep(userID string, filter tradeFilter, totals tradeTotals) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := summedKey{userID, filter}
	if len(s.totals) >= maxSummed {
		clear(s.totals)
	}
	if totals.version > s.totals[key].version {
		s.totals[key] = totals
	}
}
