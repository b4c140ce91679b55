package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
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
	status, body := askEngine(t, e, http.MethodGet, "/api/quotes?symbols="+url.QueryEscape(symbol), auth.Trader, "")
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
