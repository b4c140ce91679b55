package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/conflation"
	"outcry/actors/market"
	"outcry/transport/wire"
)

// fakeMarket knows the quotes of some symbols.
type fakeMarket map[string]*conflation.Frame

// quote adds a symbol at a price, received some time before tradeNow.
func (m fakeMarket) quote(symbol, price string, age time.Duration) {
	p := decimal.MustParse(price)
	q := &market.Quote{Symbol: symbol, Price: p, Open: p, High: p, Low: p, Time: tradeNow, Ticks: 9}
	f := &conflation.Frame{Ticks: 9, Received: tradeNow.Add(-age).UnixNano(), Value: &market.Mark{Price: p}}
	f.Bytes = wire.Encoder{}.AppendQuote(nil, q, market.Quiet, &f.Marks)
	m[symbol] = f
}

func (m fakeMarket) Newest(symbol string) *conflation.Frame { return m[symbol] }

func (m fakeMarket) Mark(symbol string) (market.Mark, bool) {
	if f := m[symbol]; f != nil {
		return *f.Value.(*market.Mark), true
	}
	return market.Mark{}, false
}

func (m fakeMarket) Search(query string, limit int) []string {
	var found []string
	for symbol := range m {
		if strings.Contains(symbol, query) {
			found = append(found, symbol)
		}
	}
	slices.Sort(found)
	return found[:min(limit, len(found))]
}

func quotesAPI(t testing.TB) *api {
	m := fakeMarket{}
	m.quote("AAPL", "167.40", 1500*time.Millisecond)
	m.quote("BRK.B", "400", -time.Second) // a clock that went back
	return newAPI(t, func(_ Options, deps AccountDeps, mux *http.ServeMux) {
		quotes := NewQuotes(QuotesDeps{Market: m, Encoder: wire.Encoder{}, Verifier: deps.Verifier, Now: deps.Now})
		mux.Handle("/api/quotes", Methods{http.MethodGet: quotes.Newest})
		mux.Handle("/api/symbols", Methods{http.MethodGet: quotes.Search})
	})
}

func TestQuotesAreThoseOfTheSocket(t *testing.T) {
	a := quotesAPI(t)
	var got map[string]any
	a.get("/api/quotes?symbols=aapl,%20NONE,BRK.B,AAPL&symbols=ZZZ").decode(t, &got)
	quote := func(symbol string, price, age float64) map[string]any {
		return map[string]any{"symbol": symbol, "price": price, "open": price, "high": price, "low": price, "change": 0.0, "changePercent": 0.0,
			"volume": 0.0, "timestamp": float64(tradeNow.UnixMilli()), "merged": 1.0, "state": "quiet", "age": age}
	}
	want := map[string]any{"success": true, "quotes": []any{quote("AAPL", 167.4, 1500), quote("BRK.B", 400, 0)}, "unknown": []any{"NONE", "ZZZ"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if none := a.get("/api/quotes?symbols=NONE"); none.status != 200 || none.body != `{"success":true,"quotes":[],"unknown":["NONE"]}` {
		t.Fatalf("%d %s", none.status, none.body)
	}
}

func TestSymbolsAreFound(t *testing.T) {
	a := quotesAPI(t)
	for query, want := range map[string]string{
		"?query=b":                              `[{"symbol":"BRK.B","price":400}]`,
		"?query=":                               `[{"symbol":"AAPL","price":167.4},{"symbol":"BRK.B","price":400}]`,
		"?limit=1":                              `[{"symbol":"AAPL","price":167.4}]`,
		"?query=%22":                            `[]`,
		"?query=" + strings.Repeat("A", 10_000): `[]`,
	} {
		if got := a.get("/api/symbols" + query); got.status != 200 || got.body != `{"success":true,"symbols":`+want+`}` {
			t.Errorf("%.40s: %d %s", query, got.status, got.body)
		}
	}
}

func TestRequestForQuotesIsBounded(t *testing.T) {
	a := quotesAPI(t)
	many := make([]string, maxQuotes+1)
	for i := range many {
		many[i] = fmt.Sprintf("S%d", i)
	}
	for query, field := range map[string]string{
		"/api/quotes": "symbols", "/api/quotes?symbols=": "symbols", "/api/quotes?symbols=A%3CB": "symbols", "/api/quotes?symbols=" + strings.Join(many, ","): "symbols",
		"/api/symbols?limit=0": "limit", "/api/symbols?limit=101": "limit",
	} {
		if p := a.get(query).problem(t, http.StatusBadRequest, "INVALID_REQUEST"); p.Field != field {
			t.Errorf("%.40s: %+v", query, p)
		}
	}
	for _, path := range []string{"/api/quotes?symbols=AAPL", "/api/symbols"} {
		a.do(http.MethodGet, path, "", "", "").problem(t, http.StatusUnauthorized, "NO_TOKEN")
	}
}
