package transport

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"testing"

	"outcry/transport/auth"
)

func TestPagesOfAllowedOriginsMayReadAnswersWithCredentials(t *testing.T) {
	served := newCORS(auth.NewOrigins(false, "https://dash.example")).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	for name, c := range map[string]struct {
		origin, method, ask string // ask: what a preflight asks for
		status              int
		allowed             bool
		headers             string // that it asks for, authorization by default
	}{
		"allowed":               {"https://dash.example", "GET", "", 418, true, ""},
		"our own":               {"https://api.example", "GET", "", 418, true, ""},
		"foreign":               {"https://evil.example", "GET", "", 418, false, ""},
		"no page":               {"", "GET", "", 418, false, ""},
		"a file":                {"null", "GET", "", 418, false, ""},
		"same name, other port": {"https://dash.example:444", "GET", "", 418, false, ""},
		"name as a prefix":      {"https://dash.example.evil.example", "GET", "", 418, false, ""},
		"preflight":             {"https://dash.example", "OPTIONS", "DELETE", 204, true, ""},
		"traced preflight":      {"https://dash.example", "OPTIONS", "POST", 204, true, "content-type,traceparent,tracestate"},
		"preflight of anything": {"https://dash.example", "OPTIONS", "GET", 204, true, "x-own"},
		"foreign preflight":     {"https://evil.example", "OPTIONS", "DELETE", 204, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "https://api.example/api/portfolio", nil)
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.ask != "" {
				r.Header.Set("Access-Control-Request-Method", c.ask)
				r.Header.Set("Access-Control-Request-Headers", cmp.Or(c.headers, "authorization"))
			}
			w := httptest.NewRecorder()
			served.ServeHTTP(w, r)
			want, credentials := "", ""
			if c.allowed {
				want, credentials = c.origin, "true"
			}
			h := w.Header()
			if w.Code != c.status || h.Get("Access-Control-Allow-Origin") != want || h.Get("Access-Control-Allow-Credentials") != credentials {
				t.Errorf("%d %v", w.Code, h)
			}
			if c.allowed && c.ask != "" && (h.Get("Access-Control-Allow-Methods") != c.ask || h.Get("Access-Control-Allow-Headers") != cmp.Or(c.headers, "authorization")) {
				t.Errorf("%v", h)
			}
		})
	}
}
