package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHealthIsUnavailableOnlyWhenUnhealthy(t *testing.T) {
	for status, want := range map[string]int{"healthy": 200, "degraded": 200, "unhealthy": 503} {
		recorder := httptest.NewRecorder()
		health := NewHealth(func() Health {
			return Health{Status: status, Version: "1", Uptime: 1.5, WebSocket: WebSocketHealth{Connections: 3, UniqueUsers: 2}}
		})
		health.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", nil))
		if recorder.Code != want {
			t.Errorf("%s: %d, want %d", status, recorder.Code, want)
		}
		var got Health
		if err := json.Unmarshal(recorder.Body.Bytes(), &got); err != nil || got.Status != status || got.WebSocket.Connections != 3 {
			t.Errorf("%s: %v", recorder.Body, err)
		}
		if h := recorder.Header(); h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", h)
		}
	}
}

func TestUnknownPathIsAProblem(t *testing.T) {
	recorder := httptest.NewRecorder()
	NotFound(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/nowhere", nil))
	if recorder.Code != http.StatusNotFound || recorder.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %v", recorder.Code, recorder.Header())
	}
	if !strings.Contains(recorder.Body.String(), "/nowhere") {
		t.Fatal(recorder.Body)
	}
}

func TestOptionsOutOfBoundsAreNamed(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Fatal(err)
	}
	err := Options{MaxTickLineBytes: 1, FeedIdleTimeout: time.Millisecond, MaxTradeLineBytes: 1 << 30}.Validate()
	for _, key := range []string{"max_tick_line_bytes: 1 ", "feed_idle_timeout: 1ms ", "max_trade_line_bytes: 1073741824 ", "max_trades_per_request: 0 ", "max_trades_bytes: 0 ", "request_timeout: 0s "} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
}
