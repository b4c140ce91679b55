package httpapi

import (
	"net/http"

	"outcry/actors/portfolio"
)

// Tracer follows requests.
type Tracer interface {
	// Begin begins a request's trace: as a part of what the header says that it
	// belongs to (W3C Trace Context), or of its own where header is nil. The trace may
	// follow nothing.
	Begin(name string, header http.Header) portfolio.Trace
}

// maxFollowed is how many trades of one request are followed each by itself: a
// request may have many thousands.
const maxFollowed = 16

// begin follows a request if anybody does.
func (d *AccountDeps) begin(name string, header http.Header) portfolio.Trace {
	if d.Tracer == nil {
		return portfolio.Trace{}
	}
	return d.Tracer.Begin(name, header)
}

// follow follows the first of the trades as parts of their request.
func (r *recording) follow(request portfolio.Trace) {
	for i, t := range r.trades {
		t.message.Trace = portfolio.Trace{}
		if i < maxFollowed && request.Follows() {
			t.message.Trace = request.Begin(portfolio.PartRecordTrade)
			t.message.Trace.Note("outcry.trade.id", t.message.Trade.ID)
			t.message.Trace.Note("outcry.symbol", t.message.Trade.Symbol)
		}
	}
}
