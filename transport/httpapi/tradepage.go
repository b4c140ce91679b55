package httpapi

import (
	"slices"
	"strconv"

	"github.com/govalues/decimal"
)

// tradePage is what is shown of the trades that were seen, which come in the
// order of recording, or its reverse.
type tradePage struct {
	query  tradeQuery
	totals tradeTotals
	seen   int        // trades that match
	rows   []tradeRow // candidates for the page
}

// more reports whether the page needs trades that were not seen yet.
func (p *tradePage) more() bool {
	if end := p.query.first() + p.query.limit; !p.query.sorted() && p.seen >= end {
		return false
	}
	return p.query.first() < p.totals.matching && p.seen < p.totals.matching
}

// see takes the next trade.
func (p *tradePage) see(row *tradeRow) {
	if !p.query.matches(row) {
		return
	}
	p.seen++
	if !p.query.sorted() && p.seen <= p.query.first() {
		return
	}
	p.rows = append(p.rows, *row)
	if keep := p.query.page * p.query.limit; p.query.sorted() && len(p.rows) >= 2*keep {
		p.sort()
		p.rows = p.rows[:keep]
	}
}

// sort puts the candidates in order; equals stay as they were recorded.
func (p *tradePage) sort() {
	compare := tradeOrders[p.query.sortBy]
	slices.SortStableFunc(p.rows, func(a, b tradeRow) int {
		if p.query.ascending {
			return compare(&a, &b)
		}
		return compare(&b, &a)
	})
}

// shown returns the rows of the page.
func (p *tradePage) shown() []tradeRow {
	if !p.query.sorted() {
		return p.rows
	}
	p.sort()
	first := min(p.query.first(), len(p.rows))
	return p.rows[first:min(first+p.query.limit, len(p.rows))]
}

// append appends the answer.
func (p *tradePage) append(dst []byte, userID string) []byte {
	dst = append(dst, `{"success":true,"data":{"trades":[`...)
	for i, row := range p.shown() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = row.append(dst, userID)
	}
	integer := func(name string, n int) { dst = strconv.AppendInt(append(dst, name...), int64(n), 10) }
	amount := func(name string, d decimal.Decimal) { dst = append(append(dst, name...), d.Trim(0).String()...) }
	integer(`],"pagination":{"page":`, p.query.page)
	integer(`,"limit":`, p.query.limit)
	integer(`,"totalItems":`, p.totals.matching)
	integer(`,"totalPages":`, (p.totals.matching+p.query.limit-1)/p.query.limit)
	integer(`},"summary":{"totalTrades":`, p.totals.count.of(statusExecuted)+p.totals.count.of(statusFailed))
	for _, status := range statuses {
		integer(`,"`+status+`":`, p.totals.count.of(status))
	}
	amount(`,"volume":`, p.totals.volume)
	amount(`,"realizedPnL":`, p.totals.realised)
	amount(`,"fees":`, p.totals.fees)
	return append(dst, `}}}`...)
}
