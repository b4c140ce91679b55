package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/jsonline"
	"outcry/actors/market"
	"outcry/transport/auth"
	"outcry/transport/wire"
)

// Market finds what is known of symbols; symbol.Directory does.
type Market interface {
	// Newest returns the newest frame of a symbol, nil where there is none.
	Newest(symbol string) *conflation.Frame
	// Mark returns the newest price of a symbol; false before its first tick.
	Mark(symbol string) (market.Mark, bool)
	// Search returns up to limit symbols whose names contain query.
	Search(query string, limit int) []string
}

// QuoteEncoder appends a quote's frame as an element of an array that begins
// with '['; wire.Encoder does.
type QuoteEncoder interface {
	AppendBatched(dst []byte, f *conflation.Frame, merged uint32, age time.Duration) []byte
}

// QuotesDeps are what Quotes works with.
type QuotesDeps struct {
	Market   Market
	Encoder  QuoteEncoder
	Verifier *auth.Verifier
	Now      func() time.Time
}

// Quotes answers /api/quotes and /api/symbols, for dashboards without a socket.
type Quotes struct {
	deps QuotesDeps // immutable after construction
}

// NewQuotes returns the handlers.
func NewQuotes(deps QuotesDeps) *Quotes { return &Quotes{deps: deps} }

// Limits of a request.
const (
	maxQuotes      = 100
	maxMatches     = 100
	defaultMatches = 20
)

// Newest answers GET /api/quotes?symbols=A,B: {success, quotes: [...], unknown:
// [...]}. A name with a comma comes as &symbol=A%2CB, as often as needed. A quote has the flat fields of watchlist:quote; it stands for one
// tick, since nobody counted those that were not asked for.
func (q *Quotes) Newest(w http.ResponseWriter, r *http.Request) {
	if _, ok := requireUser(w, r, q.deps.Verifier); !ok {
		return
	}
	values := r.URL.Query()
	symbols, err := symbolsOf(values["symbols"], values["symbol"])
	if err != nil {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "symbols", Detail: err.Error()})
		return
	}
	now := q.deps.Now().UnixNano()
	unknown := []byte(`],"unknown":[`)
	dst := []byte(`{"success":true,"quotes":[`)
	for _, symbol := range symbols {
		if frame := q.deps.Market.Newest(symbol); frame != nil {
			dst = q.deps.Encoder.AppendBatched(dst, frame, 1, time.Duration(max(now-frame.Received, 0)))
			continue
		}
		unknown = appendName(unknown, symbol)
	}
	writeEncoded(w, append(append(dst, unknown...), `]}`...))
}

// Search answers GET /api/symbols?query=&limit=: {success, symbols: [{symbol,
// price}]}, those that begin with the query first.
func (q *Quotes) Search(w http.ResponseWriter, r *http.Request) {
	if _, ok := requireUser(w, r, q.deps.Verifier); !ok {
		return
	}
	values := r.URL.Query()
	limit, err := positive(values, "limit", defaultMatches, maxMatches)
	if err != nil {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "limit", Detail: err.Error()})
		return
	}
	dst := []byte(`{"success":true,"symbols":[`)
	query := strings.ToUpper(strings.TrimSpace(values.Get("query")))
	if len(query) > market.MaxSymbolBytes {
		limit = 0 // no symbol is so long
	}
	for _, symbol := range q.deps.Market.Search(query, limit) {
		if dst[len(dst)-1] != '[' {
			dst = append(dst, ',')
		}
		dst = jsonline.AppendText(append(dst, `{"symbol":`...), symbol)
		if mark, known := q.deps.Market.Mark(symbol); known && mark.Price.IsPos() {
			dst = append(append(dst, `,"price":`...), mark.Price.Trim(0).String()...)
		}
		dst = append(dst, '}')
	}
	writeEncoded(w, append(dst, `]}`...))
}

// appendName appends a symbol to an array of them.
func appendName(dst []byte, symbol string) []byte {
	if dst[len(dst)-1] != '[' {
		dst = append(dst, ',')
	}
	return jsonline.AppendText(dst, symbol)
}

// symbolsOf reads the symbols of a request, each once: lists that commas part, and single
// ones, which may have commas in their names.
func symbolsOf(lists, single []string) ([]string, error) {
	names := single
	for _, list := range lists {
		names = slices.AppendSeq(names, strings.SplitSeq(list, ","))
	}
	var symbols []string
	for _, sent := range names {
		name, err := market.NormalSymbol(sent)
		if err != nil {
			return nil, fmt.Errorf("symbols are not allowed: %w", err)
		}
		if slices.Contains(symbols, name) {
			continue
		}
		if symbols = append(symbols, name); len(symbols) > maxQuotes {
			return nil, fmt.Errorf("symbols are not allowed: at most %d in a request", maxQuotes)
		}
	}
	if len(symbols) == 0 {
		return nil, errors.New("symbols are missing: send ?symbols=AAPL,MSFT")
	}
	return symbols, nil
}

var _ QuoteEncoder = wire.Encoder{}
