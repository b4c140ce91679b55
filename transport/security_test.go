package transport

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answered is what secure makes of a request; reached tells whether a route saw it.
func answered(change func(r *http.Request)) (w *httptest.ResponseRecorder, reached bool) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	change(r)
	w = httptest.NewRecorder()
	secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached = true
		w.WriteHeader(http.StatusTeapot)
	})).ServeHTTP(w, r)
	return w, reached
}

func TestEveryAnswerIsForOurOwnPagesAlone(t *testing.T) {
	w, _ := answered(func(*http.Request) {})
	for name, want := range map[string]string{
		"X-Content-Type-Options":    "nosniff",
		"X-Frame-Options":           "DENY",
		"X-XSS-Protection":          "0",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=31536000",
		"X-Powered-By":              "",
		"Server":                    "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	policy := map[string]string{}
	for _, directive := range strings.Split(w.Header().Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		policy[name] = sources
	}
	for name, want := range map[string]string{
		"default-src": "'self'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self' ws: wss:",
		"img-src": "'self' data: https://cdn.discordapp.com", "object-src": "'none'", "base-uri": "'none'",
		"frame-ancestors": "'none'", "form-action": "'self'",
	} {
		if policy[name] != want {
			t.Errorf("%s: %q, want %q", name, policy[name], want)
		}
	}
}

func TestRequestsThatOthersMayFrameOtherwiseEndTheirConnection(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *http.Request)
		closed bool
	}{
		"plain":    {func(*http.Request) {}, false},
		"length":   {func(r *http.Request) { r.ContentLength = 5 }, false},
		"chunks":   {func(r *http.Request) { r.ContentLength, r.TransferEncoding = -1, []string{"chunked"} }, true},
		"HTTP/1.0": {func(r *http.Request) { r.ProtoMinor = 0 }, true},
	} {
		w, reached := answered(c.change)
		if got := w.Header().Get("Connection") == "close"; got != c.closed || !reached {
			t.Errorf("%s: closes %v, reaches its route %v", name, got, reached)
		}
	}
}

func TestWhatCanBeReadInTwoWaysReachesNoRoute(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *http.Request)
		status int
		says   string
	}{
		"two credentials":   {func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer a", "Bearer b"} }, 400, "the header Authorization comes more than once"},
		"two equal origins": {func(r *http.Request) { r.Header["Origin"] = []string{"http://a", "http://a"} }, 400, "the header Origin comes more than once"},
		"gzip":              {func(r *http.Request) { r.Header["Content-Encoding"] = []string{"gzip"} }, 415, `Content-Encoding "gzip" is not supported`},
		"gzip behind plain": {func(r *http.Request) { r.Header["Content-Encoding"] = []string{"Identity", "br"} }, 415, "send the body as it is"},
		"HTTP/2":            {func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, 505, "use HTTP/1.1"},
	} {
		w, reached := answered(c.change)
		var problem struct{ Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || reached || w.Code != c.status || !strings.Contains(problem.Detail, c.says) {
			t.Errorf("%s: reached %v, %d %s %v", name, reached, w.Code, w.Body, err)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: refused without the headers of security", name)
		}
	}
	if _, reached := answered(func(r *http.Request) { r.Header["Content-Encoding"] = []string{"", "Identity"} }); !reached {
		t.Error("a body that is as it is is refused")
	}
	if w, reached := answered(func(r *http.Request) { r.Header["Cookie"] = []string{"a=b", "c=d"} }); !reached || w.Code != http.StatusTeapot {
		t.Error("two Cookie headers, which HTTP/2 proxies make of one, are refused")
	}
}
