package httpapi

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"outcry/actors/ledger"
	"outcry/persistence"
	"outcry/transport/wire"
)

// Events reads the streams of a journal; persistence.Journal does. It may block.
type Events interface {
	Read(stream string, after uint64) iter.Seq2[persistence.Record, error]
	ReadBack(stream string, before uint64) iter.Seq2[persistence.Record, error]
}

// TradeHistoryDeps are what TradeHistory works with, besides AccountDeps.
type TradeHistoryDeps struct {
	Events Events
	// StreamOf names the stream of a user's account.
	StreamOf func(userID string) string
}

// TradeHistory answers GET /api/trades from the journal itself, so that it
// knows every trade there ever was. It reads on the request's goroutine: for the
// summary what is new since it was last asked for, and for the page the events
// up to its end, or all of them where the order is not that of recording.
type TradeHistory struct {
	// immutable after construction
	account AccountDeps
	deps    TradeHistoryDeps
	options *LiveOptions
	reading chan struct{} // has room for those that read at a time
	summed  *summedTrades
}

// maxReading is how many histories are read at a time: what a processor needs
// for quotes is not for people who page through the past.
const maxReading = 2

// NewTradeHistory returns the handler.
func NewTradeHistory(o *LiveOptions, deps TradeHistoryDeps, account AccountDeps) *TradeHistory {
	return &TradeHistory{account: account, deps: deps, options: o, reading: make(chan struct{}, maxReading), summed: newSummedTrades()}
}

// ServeHTTP answers with a page of trades, newest first by default:
//
//	{success, data: {trades: [...], pagination: {page, limit, totalItems, totalPages}, summary: {...}}}
//
// A trade has the flat fields of trade:executed or trade:failed, an order that was
// cancelled, expired or rejected those of wire.CancelledFields or wire.RejectedFields.
// The summary is of all that match symbol and status; totalTrades are those that were
// executed or failed.
func (h *TradeHistory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	userID, ok := requireUser(w, r, h.account.Verifier)
	if !ok {
		return
	}
	query, err := parseTradeQuery(r.URL.Query())
	var invalid *wire.FieldError
	if errors.As(err, &invalid) {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: invalid.Field, Detail: invalid.Error()})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.options.Options().RequestTimeout)
	defer cancel()
	page, err := h.read(ctx, userID, query)
	if err != nil {
		h.account.fail(w, userID, err)
		return
	}
	writeEncoded(w, page.append(nil, userID))
}

// read collects the page from a user's events.
func (h *TradeHistory) read(ctx context.Context, userID string, q tradeQuery) (*tradePage, error) {
	select {
	case h.reading <- struct{}{}:
		defer func() { <-h.reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	page := &tradePage{query: q}
	var err error
	if page.totals, err = h.totals(ctx, userID, q.tradeFilter); err != nil || !page.more() {
		return page, err
	}
	stream := h.deps.StreamOf(userID)
	records := h.deps.Events.ReadBack(stream, 0)
	if q.ascending {
		records = h.deps.Events.Read(stream, 0)
	}
	err = eachTrade(ctx, userID, records, func(_ uint64, row *tradeRow) bool {
		if row != nil {
			page.see(row)
		}
		return page.more()
	})
	return page, err
}

// totals sums up a user's trades from where they were summed up the last time.
// When ctx ends before that is done, the next time goes on from there.
func (h *TradeHistory) totals(ctx context.Context, userID string, filter tradeFilter) (tradeTotals, error) {
	totals := h.summed.of(userID, filter)
	err := eachTrade(ctx, userID, h.deps.Events.Read(h.deps.StreamOf(userID), totals.version), func(version uint64, row *tradeRow) bool {
		if row != nil && filter.matches(row) {
			totals.add(row)
		}
		totals.version = version
		return true
	})
	h.summed.keep(userID, filter, totals)
	return totals, err
}

// eachTrade shows the events of a user until see has enough: their versions,
// and the trade where an event is one.
func eachTrade(ctx context.Context, userID string, records iter.Seq2[persistence.Record, error], see func(version uint64, row *tradeRow) (more bool)) error {
	for record, err := range records {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("read trades of %s: %w", userID, err)
		}
		event, err := ledger.ParseEvent(record.Data)
		if err != nil {
			return fmt.Errorf("read event %d of %s: %w", record.Version, userID, err)
		}
		if !see(record.Version, rowOf(event)) {
			break
		}
	}
	return nil
}
