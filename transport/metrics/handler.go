package metrics

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"outcry/transport/httpapi"
)

// maxScrapes is how many are answered at a time; a reading looks at every room, so
// more of them get 503.
const maxScrapes = 4

// NewHandler answers GET /metrics with what read returns, which is called once a
// scrape, from any goroutine.
func NewHandler(o Options, read func() Reading, log zerolog.Logger) http.Handler {
	if !o.Enabled {
		return http.HandlerFunc(httpapi.NotFound)
	}
	registry := newRegistry(read)
	answer := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: maxScrapes, ErrorLog: &scrapeLog{log}})
	return httpapi.Methods{http.MethodGet: guard(o.Token, answer)}
}

// guard lets only those scrape who show the token, if there is one.
func guard(token string, next http.Handler) http.HandlerFunc {
	if token == "" {
		return next.ServeHTTP
	}
	want := sha256.Sum256([]byte(token))
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(shown))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="outcry metrics"`)
			httpapi.WriteProblem(w, http.StatusUnauthorized, "METRICS_TOKEN", "send Authorization: Bearer and the token of the setting metrics.token")
			return
		}
		next.ServeHTTP(w, r)
	}
}

// scrapeLog takes what goes wrong in a scrape. promhttp.Logger.
type scrapeLog struct{ log zerolog.Logger }

// Println logs one problem. promhttp.Logger.
func (l *scrapeLog) Println(v ...any) { l.log.Warn().Interface("problem", v).Msg("scrape failed") }
