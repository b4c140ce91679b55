package metrics

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"outcry/actors/feed"
	"outcry/actors/latency"
	"outcry/persistence"
	"outcry/transport/httpapi"
	"outcry/transport/operator"
)

// something is a reading in which every metric has a value.
func something() Reading {
	var lag latency.Recorder
	lag.Add(180*time.Millisecond, 90)
	lag.Add(300*time.Millisecond, 10)
	r := Reading{
		Version: "v1",
		Sample: operator.Sample{
			Stages: &latency.StageCounts{}, FeedLag: &latency.Counts{}, Browsers: &latency.Counts{},
			Mailboxes: []operator.Mailbox{{Name: "sessions", Unit: operator.UnitMessages, Depth: 3}, {Name: "journal", Unit: operator.UnitBytes}},
		},
		Feeds:       feed.Snapshot{Names: map[string]feed.Counts{"acme": {Accepted: 7}}},
		Supervised:  []Supervised{{Kind: "symbol", Failures: 2, Restarts: 2}},
		Certificate: time.Unix(1_900_000_000, 0),
		Journal:     persistence.Stats{Inodes: 1000, FreeInodes: 900, ReserveInodes: 256},
		Descriptors: &httpapi.DescriptorsHealth{Open: 100, Limit: 1000, Reserve: 300},
		LastBackup:  persistence.LastBackup{Ended: time.Unix(1_800_000_000, 0), Bytes: 1 << 20, Took: time.Minute},
	}
	r.Scrub.Ended = time.Unix(1_800_000_000, 0)
	r.Sessions.Closed = map[string]uint64{"slow consumer": 1}
	r.Sample.FeedLag.Read(&lag)
	r.Sample.Browsers.Read(&lag)
	return r
}

func scrape(t *testing.T, o Options, authorization string) (status int, body string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer := httptest.NewRecorder()
	NewHandler(o, something, zerolog.Nop()).ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func TestOpenMetricsIsServedToThoseWhoAsk(t *testing.T) {
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
	answer := httptest.NewRecorder()
	NewHandler(Options{Enabled: true}, something, zerolog.Nop()).ServeHTTP(answer, request)
	if is := answer.Header().Get("Content-Type"); !strings.HasPrefix(is, "application/openmetrics-text") || !strings.HasSuffix(answer.Body.String(), "# EOF\n") {
		t.Errorf("%s, %.200s", is, answer.Body)
	}
}

func TestPageListsEveryMetric(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := WithList(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != want {
		t.Error("docs/metrics.md does not list what the code has: run `make docs`")
	}
	if _, err := WithList("a page"); err == nil {
		t.Error("a page without marks was filled")
	}
}

func TestEveryMetricIsSaidAsItsFamilySays(t *testing.T) {
	gathered, err := newRegistry(something).Gather()
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for _, f := range gathered {
		types[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	for _, s := range families() {
		for _, f := range s.families {
			if types[f.name] != string(f.kind) {
				t.Errorf("%s is %q, not a %s", f.name, types[f.name], f.kind)
			}
			if ends := strings.HasSuffix(f.name, "_total"); ends != (f.kind == counter) || !strings.HasPrefix(f.name, "outcry_") {
				t.Errorf("%s is no name of a %s", f.name, f.kind)
			}
		}
	}
	for name := range types {
		if !regexp.MustCompile(`^(outcry|go|process)_`).MatchString(name) {
			t.Errorf("%s is nobody's", name)
		}
	}
}

func TestMetricsKeepToPrometheusConventions(t *testing.T) {
	problems, err := testutil.GatherAndLint(newRegistry(something))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestHistogramsAreCumulativeAndNeverFlatter(t *testing.T) {
	_, body := scrape(t, DefaultOptions(), "")
	for _, line := range []string{
		`outcry_feed_lag_seconds_bucket{le="0.15"} 0`, `outcry_feed_lag_seconds_bucket{le="0.2"} 90`, `outcry_feed_lag_seconds_bucket{le="0.3"} 90`,
		`outcry_feed_lag_seconds_bucket{le="0.4"} 100`, `outcry_feed_lag_seconds_bucket{le="+Inf"} 100`, `outcry_feed_lag_seconds_count 100`,
		`outcry_browser_freshness_seconds_bucket{le="0.4"} 5`, `outcry_browser_freshness_seconds_count 5`,
	} {
		if !slices.Contains(strings.Split(body, "\n"), line) {
			t.Errorf("no line %s in\n%s", line, body)
		}
	}
}

// What never happened is said, too: a series that begins with its first failure has
// no rise to be seen.
func TestFailuresAreSaidBeforeTheyHappen(t *testing.T) {
	_, body := scrape(t, DefaultOptions(), "")
	for _, line := range []string{
		`outcry_requests_failed_total{kind="http 500"} 0`, `outcry_connects_refused_total{cause="INVALID_TOKEN"} 0`,
		`outcry_feed_ticks_refused_total{reason="invalid_price",source="acme"} 0`, `outcry_limit_refusals_total{limit="floods"} 0`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("no line %s in\n%s", line, body)
		}
	}
}

func TestBackupIsAbsentBeforeTheFirst(t *testing.T) {
	gathered, err := newRegistry(func() Reading {
		r := something()
		r.LastBackup = persistence.LastBackup{}
		return r
	}).Gather()
	if err != nil {
		t.Fatal(err)
	}
	failures := false
	for _, f := range gathered {
		if strings.HasPrefix(f.GetName(), "outcry_backup_last_success") {
			t.Errorf("%s is said: an age since 1970 would alert", f.GetName())
		}
		failures = failures || f.GetName() == "outcry_backup_failures_total"
	}
	if !failures {
		t.Error("failures are not counted before the first backup")
	}
}

func TestOnlyWhoShowsTheTokenScrapes(t *testing.T) {
	const token = "a-token-for-prometheus"
	for _, test := range []struct {
		o             Options
		authorization string
		status        int
	}{
		{Options{Enabled: true}, "", http.StatusOK},
		{Options{Enabled: true, Token: token}, "Bearer " + token, http.StatusOK},
		{Options{Enabled: true, Token: token}, "bearer " + token, http.StatusOK},
		{Options{Enabled: true, Token: token}, "", http.StatusUnauthorized},
		{Options{Enabled: true, Token: token}, "Bearer " + token + "s", http.StatusUnauthorized},
		{Options{Enabled: true, Token: token}, "Bearer", http.StatusUnauthorized},
		{Options{Enabled: true, Token: token}, "Basic " + token, http.StatusUnauthorized},
		{Options{Token: token}, "Bearer " + token, http.StatusNotFound},
	} {
		status, body := scrape(t, test.o, test.authorization)
		if status != test.status || strings.Contains(body, "outcry_sessions") != (status == http.StatusOK) {
			t.Errorf("%+v with %q: %d %.200s", test.o, test.authorization, status, body)
		}
	}
	if err := (Options{Token: "short"}).Validate(); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a short token: %v", err)
	}
}
