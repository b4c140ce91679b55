package httpapi

import (
	"slices"
	"strconv"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/transport/wire"
)

// tradeRow is one trade: filled, or failed where that is set.
type tradeRow struct {
	filled ledger.OrderFilled
	failed *ledger.OrderFailed
}

func (t *tradeRow) symbol() string {
	if t.failed != nil {
		return t.failed.Symbol
	}
	return t.filled.Symbol
}

func (t *tradeRow) price() decimal.Decimal {
	if t.failed != nil {
		return t.failed.Price
	}
	return t.filled.Price
}

func (t *tradeRow) quantity() decimal.Decimal {
	if t.failed != nil {
		return t.failed.Quantity
	}
	return t.filled.Quantity
}

func (t *tradeRow) status() string {
	if t.failed != nil {
		return "failed"
	}
	return "executed"
}

// tradePage is what is shown of the trades that were seen, which come in the
// order of recording, or its reverse.
type tradePage struct {
	query tradeQuery
	rows  []tradeRow // candidates for the page

	matching, failed          int
	volume, realised, charged decimal.Decimal
}

// see takes the next event of the account.
func (p *tradePage) see(event ledger.Event) {
	var row tradeRow
	switch e := event.(type) {
	case ledger.OrderFilled:
		row.filled = e
	case ledger.OrderFailed:
		row.failed = &e
	default:
		return
	}
	if !p.query.matches(&row) {
		return
	}
	p.matching++
	if row.failed != nil {
		p.failed++
	} else {
		p.sum(&row.filled)
	}
	first := (p.query.page - 1) * p.query.limit
	if !p.query.sorted() && (p.matching <= first || p.matching > first+p.query.limit) {
		return
	}
	p.rows = append(p.rows, row)
	if keep := p.query.page * p.query.limit; p.query.sorted() && len(p.rows) >= 2*keep {
		p.sort()
		p.rows = p.rows[:keep]
	}
}

// sum adds a fill to the summary. A sum that has no room stays as it is.
func (p *tradePage) sum(f *ledger.OrderFilled) {
	value, err := f.Quantity.Mul(f.Price)
	if err == nil {
		p.volume = added(p.volume, value.Round(maxDecimals))
	}
	p.realised = added(p.realised, f.Realised)
	p.charged = added(p.charged, f.Fee)
}

func added(sum, d decimal.Decimal) decimal.Decimal {
	if next, err := sum.Add(d); err == nil {
		return next
	}
	return sum
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
	first := min((p.query.page-1)*p.query.limit, len(p.rows))
	return p.rows[first:min(first+p.query.limit, len(p.rows))]
}

// append appends the answer.
func (p *tradePage) append(dst []byte, userID string) []byte {
	dst = append(dst, `{"success":true,"data":{"trades":[`...)
	for i, row := range p.shown() {
		if i > 0 {
			dst = append(dst, ',')
		}
		fields := wire.ExecutedFields(userID, &row.filled)
		if row.failed != nil {
			fields = wire.FailedFields(userID, row.failed)
		}
		dst = append(fields(append(dst, '{')), '}')
	}
	integer := func(name string, n int) { dst = strconv.AppendInt(append(dst, name...), int64(n), 10) }
	amount := func(name string, d decimal.Decimal) { dst = append(append(dst, name...), d.Trim(0).String()...) }
	integer(`],"pagination":{"page":`, p.query.page)
	integer(`,"limit":`, p.query.limit)
	integer(`,"totalItems":`, p.matching)
	integer(`,"totalPages":`, (p.matching+p.query.limit-1)/p.query.limit)
	integer(`},"summary":{"totalTrades":`, p.matching)
	integer(`,"executed":`, p.matching-p.failed)
	integer(`,"failed":`, p.failed)
	amount(`,"volume":`, p.volume)
	amount(`,"realizedPnL":`, p.realised)
	amount(`,"fees":`, p.charged)
	return append(dst, `}}}`...)
}
