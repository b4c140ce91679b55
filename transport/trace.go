package transport

import (
	"net/http"

	"outcry/actors/portfolio"
)

// Tracer follows browsers' requests.
type Tracer interface {
	// Begin begins a request's trace, which may follow nothing. header is nil: a
	// browser does not decide on what we follow.
	Begin(name string, header http.Header) portfolio.Trace
}

// Follow has the orders of browsers followed. It is called before the first of
// them connects.
func (g *Gateway) Follow(t Tracer) { g.tracer = t }
