package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
)

// askEngine sends a request of ann and returns the answer.
func askEngine(t *testing.T, e *Engine, method, path string, role auth.Role, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, e.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+tokenOf(t, "ann", role))
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}

// tickLines sends lines of ticks and fails the test if one is refused.
func tickLines(t *testing.T, e *Engine, lines ...string) {
	t.Helper()
	status, body := askEngine(t, e, http.MethodPost, "/api/ticks", auth.Feed, strings.Join(lines, "\n"))
	var answer httpapi.TicksAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || answer.Rejected > 0 {
		t.Fatalf("%d %s %v", status, body, err)
	}
}

// quoteOf is the quote that dashboards are shown; nil where there is none.
func quoteOf(t *testing.T, e *Engine, symbol string) map[string]any {
	t.Helper()
	status, body := askEngine(t, e, http.MethodGet, "/api/quotes?symbol="+url.QueryEscape(symbol), auth.Trader, "")
	var answer struct{ Quotes []map[string]any }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s %v", status, body, err)
	}
	if len(answer.Quotes) == 0 {
		return nil
	}
	return answer.Quotes[0]
}

// awaitQuote waits until fields of a symbol's quote have values.
func awaitQuote(t *testing.T, e *Engine, symbol string, want map[string]any) map[string]any {
	t.Helper()
	var got map[string]any
	defer func() {
		if t.Failed() {
			t.Logf("the quote is %v", got)
		}
	}()
	actortest.Eventually(t, fmt.Sprintf("%s to be %v", symbol, want), func() bool {
		got = quoteOf(t, e, symbol)
		for key, value := range want {
			if fmt.Sprint(got[key]) != fmt.Sprint(value) {
				return false
			}
		}
		return got != nil
	})
	return got
}

func TestARealFeedDoesNotFreezePrices(t *testing.T) {
	e := serve(t, nil)
	at := time.Now().Add(-time.Second).UnixMilli()
	tickLines(t, e,
		fmt.Sprintf(`{"symbol":"A","price":100,"size":1,"timestamp":%d}`, at),
		fmt.Sprintf(`{"symbol":"A","bid":100.9,"ask":101.1,"bidSize":300,"askSize":200,"timestamp":%d}`, at+200),
		fmt.Sprintf(`{"symbol":"A","price":101,"size":2,"timestamp":%d}`, at+150),
		fmt.Sprintf(`{"symbol":"A","price":50,"size":3,"sets":"volume","timestamp":%d}`, at+300),
		fmt.Sprintf(`{"symbol":"A","previousClose":99,"dayVolume":1000,"timestamp":%d}`, at+100),
	)
	awaitQuote(t, e, "A", map[string]any{
		"price": 101, "bid": 100.9, "ask": 101.1, "bidSize": 300, "askSize": 200, "low": 100, "volume": 1005,
		"previousClose": 99, "change": 2, "state": "live",
	})
	tickLines(t, e, `{"symbol":"NEW","bid":9,"ask":11}`, `{"symbol":"A","halted":true,"reason":"news"}`)
	if q := awaitQuote(t, e, "NEW", map[string]any{"bid": 9, "ask": 11}); q["price"] != nil || q["open"] != nil {
		t.Errorf("a symbol that never traded: %v", q)
	}
	awaitQuote(t, e, "A", map[string]any{"state": "halted", "haltReason": "news", "price": 101})
}

func TestSymbolsOfAnyExchangeReachEverySide(t *testing.T) {
	e := serve(t, nil)
	for _, symbol := range []string{"M&M", "NIFTY 50", "AAPL  251219C00200000", "贵州茅台", "{A|B}~%", "A,B"} {
		name, err := json.Marshal(symbol)
		if err != nil {
			t.Fatal(err)
		}
		tickLines(t, e, fmt.Sprintf(`{"symbol":%s,"price":10,"size":1}`, name))
		actortest.Eventually(t, "a quote of "+symbol, func() bool { return quoteOf(t, e, symbol) != nil })
		if q := quoteOf(t, e, symbol); q["symbol"] != symbol {
			t.Errorf("%q is shown as %v", symbol, q["symbol"])
		}
		trade := fmt.Sprintf(`{"id":%s,"userId":"ann","symbol":%s,"side":"buy","quantity":1,"price":10,"status":"executed"}`, name, name)
		if status, body := askEngine(t, e, http.MethodPost, "/api/trades", auth.Executor, trade); status != http.StatusOK {
			t.Errorf("a trade of %q: %d %s", symbol, status, body)
		}
		order := fmt.Sprintf(`{"symbol":%s,"side":"buy","quantity":1,"type":"limit","limitPrice":1}`, name)
		if status, body := askEngine(t, e, http.MethodPost, "/api/orders", auth.Trader, order); status != http.StatusOK {
			t.Errorf("an order of %q: %d %s", symbol, status, body)
		}
		for _, path := range []string{"/api/portfolio", "/api/orders", "/api/trades?symbol=" + url.QueryEscape(symbol), "/api/symbols?query=" + url.QueryEscape(symbol)} {
			status, body := askEngine(t, e, http.MethodGet, path, auth.Trader, "")
			var answer any
			if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || !mentions(answer, symbol) {
				t.Errorf("%s does not have %q: %d %s", path, symbol, status, body)
			}
		}
	}
	status, body := askEngine(t, e, http.MethodPost, "/api/ticks", auth.Feed, `{"symbol":"贵州<","price":1}`)
	if status != http.StatusOK || !strings.Contains(body, `the character '\u003c' (U+003C) at position 3`) && !strings.Contains(body, `the character '<' (U+003C) at position 3`) {
		t.Errorf("%d %s", status, body)
	}
}

// mentions reports whether a JSON value has a text in it.
func mentions(value any, text string) bool {
	switch v := value.(type) {
	case string:
		return v == text
	case []any:
		return slices.ContainsFunc(v, func(element any) bool { return mentions(element, text) })
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), func(element any) bool { return mentions(element, text) })
	}
	return false
}
