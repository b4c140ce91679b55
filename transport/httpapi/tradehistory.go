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
// knows every trade there ever was. It reads all of a user's events each time,
// on the request's goroutine, and keeps no more of them than it may show.
type TradeHistory struct {
	// immutable after construction
	account AccountDeps
	deps    TradeHistoryDeps
	options Options
	reading chan struct{} // has room for those that read at a time
}

// maxReading is how many histories are read at a time: what a processor needs
// for quotes is not for people who page through the past.
const maxReading = 2

// NewTradeHistory returns the handler.
func NewTradeHistory(o Options, deps TradeHistoryDeps, account AccountDeps) *TradeHistory {
	return &TradeHistory{account: account, deps: deps, options: o, reading: make(chan struct{}, maxReading)}
}

// ServeHTTP answers with a page of trades, newest first by default:
//
//	{success, data: {trades: [...], pagination: {page, limit, totalItems, totalPages}, summary: {...}}}
//
// A trade has the flat fields of trade:executed or trade:failed. The summary is
// of all trades that match symbol and status.
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
	ctx, cancel := context.WithTimeout(r.Context(), h.options.RequestTimeout)
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
	stream := h.deps.StreamOf(userID)
	records := h.deps.Events.ReadBack(stream, 0)
	if q.ascending {
		records = h.deps.Events.Read(stream, 0)
	}
	page := &tradePage{query: q}
	for record, err := range records {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("read trades of %s: %w", userID, err)
		}
		event, err := ledger.ParseEvent(record.Data)
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", record.Version, userID, err)
		}
		page.see(event)
	}
	return page, nil
}
