package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/transport/auth"
)

// scraped is what one scrape said.
type scraped map[string]*dto.MetricFamily

func scrape(t *testing.T, e *Engine) scraped {
	t.Helper()
	return scrapeBy(t, http.DefaultClient, e)
}

func scrapeBy(t *testing.T, client *http.Client, e *Engine) scraped {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL()+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	return families
}

// find returns the metric with exactly these labels ("name=value"), nil without any.
func (s scraped) find(name string, labels ...string) *dto.Metric {
	for _, m := range s[name].GetMetric() {
		found := 0
		for _, pair := range m.GetLabel() {
			for _, label := range labels {
				if label == pair.GetName()+"="+pair.GetValue() {
					found++
				}
			}
		}
		if found == len(labels) && found == len(m.GetLabel()) {
			return m
		}
	}
	return nil
}

// value is that of a counter or gauge, -1 where there is none.
func (s scraped) value(name string, labels ...string) float64 {
	m := s.find(name, labels...)
	switch {
	case m.GetCounter() != nil:
		return m.GetCounter().GetValue()
	case m.GetGauge() != nil:
		return m.GetGauge().GetValue()
	}
	return -1
}

// rose holds how counters rose between two scrapes against what happened.
func rose(t *testing.T, before, after scraped, want map[string]float64) {
	t.Helper()
	for key, n := range want {
		name, labels := key, []string(nil)
		if at := strings.IndexByte(key, ' '); at >= 0 {
			name, labels = key[:at], strings.Split(key[at+1:], " ")
		}
		from, to := before.value(name, labels...), after.value(name, labels...)
		if to-max(from, 0) != n || to < 0 {
			t.Errorf("%s rose from %v to %v, want by %v", key, from, to, n)
		}
	}
}

func TestMetricsCountWhatHappened(t *testing.T) {
	e := serve(t, nil)
	before := scrape(t, e)
	ann, bob := enter(t, e, "ann", "AAPL"), enter(t, e, "bob", "AAPL")
	feedTicks(t, e, "AAPL", 1, 1)
	for _, b := range []*rawBrowser{ann, bob} {
		b.await(`42["watchlist:quote",{"symbol":"AAPL","price":1,`)
	}
	const ticks = 200
	feedTicks(t, e, "AAPL", 2, ticks+1)
	for _, b := range []*rawBrowser{ann, bob} {
		b.await(fmt.Sprintf(`42["watchlist:quote",{"symbol":"AAPL","price":%d,`, ticks+1))
	}
	trade := `{"id":"t1","userId":"ann","symbol":"AAPL","side":"buy","quantity":1,"price":100,"status":"executed"}` + "\n"
	for _, body := range []string{trade + strings.Replace(trade, "t1", "t2", 1), trade} { // the first again
		if status := postTrades(t, e, "application/x-ndjson", len(body), body); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	refused := openBrowser(t, e)
	refused.say(`40{"token":"nonsense"}`)
	refused.await(`44`)

	var after scraped
	actortest.Eventually(t, "each tick to be counted for each browser", func() bool {
		after = scrape(t, e)
		return after.find("outcry_freshness_seconds").GetHistogram().GetSampleCount() >= 2*ticks
	})
	rose(t, before, after, map[string]float64{
		"outcry_feed_ticks_total source=acme": ticks + 1, "outcry_feed_ticks_refused_total reason=invalid_price source=acme": 0,
		"outcry_connections transport=websocket": 3, "outcry_connections_opened_total transport=websocket": 3, "outcry_connects_total": 3,
		"outcry_connects_refused_total cause=INVALID_TOKEN": 1, "outcry_limit_refusals_total limit=credentials": 1,
		"outcry_sessions": 2, "outcry_sessions_opened_total": 2, "outcry_users": 2, "outcry_updates_total": 2 * ticks,
		"outcry_trades_total": 2, "outcry_trade_duplicates_total": 1, "outcry_accounts": 2, "outcry_symbols": 1,
		"outcry_requests_total via=http": 4, "outcry_requests_total via=socket": 2, "outcry_requests_failed_total kind=SERVER_ERROR": 0,
		"outcry_feed_state state=live": 1, "outcry_actor_failures_total kind=session": 0,
	})
	fresh := after.find("outcry_freshness_seconds").GetHistogram()
	if fresh.GetSampleCount() != 2*ticks || fresh.GetSampleSum() <= 0 {
		t.Errorf("%v", fresh)
	}
	if lag := after.find("outcry_feed_lag_seconds").GetHistogram(); lag.GetSampleCount() != ticks+1 || lag.GetSampleSum() < ticks {
		t.Errorf("lag of ticks that are a second old: %v", lag)
	}
	if took := after.find("outcry_journal_commit_duration_seconds").GetHistogram(); took.GetSampleCount() == 0 || took.GetSampleSum() <= 0 || after.value("outcry_journal_appends_total") < float64(took.GetSampleCount()) {
		t.Errorf("%v", took)
	}
	if after.value("outcry_written_bytes_total") < 100*after.value("outcry_quotes_total") || after.value("outcry_quotes_total") < 4 {
		t.Errorf("%v bytes of %v quotes", after.value("outcry_written_bytes_total"), after.value("outcry_quotes_total"))
	}
	if after.value("go_goroutines") < 1 || after["outcry_build_info"] == nil || after["outcry_certificate_expiry_timestamp_seconds"] != nil {
		t.Error("the process is not shown as it is")
	}
}

// A scrape must leave operators their figures, whoever scrapes and how often.
func TestScrapesLeaveOperatorsWhatTheySee(t *testing.T) {
	e := serve(t, nil)
	ann := enter(t, e, "ann", "AAPL")
	feedTicks(t, e, "AAPL", 1, 1)
	ann.await(`42["watchlist:quote",{"symbol":"AAPL","price":1,`)
	feedTicks(t, e, "AAPL", 2, 2)
	ann.await(`42["watchlist:quote",{"symbol":"AAPL","price":2,`)
	actortest.Eventually(t, "the tick to be counted", func() bool {
		return scrape(t, e).find("outcry_freshness_seconds").GetHistogram().GetSampleCount() == 1
	})
	if got := readStats(t, e).Freshness.Minute; got.Count != 1 || got.Max <= 0 {
		t.Errorf("%+v", got)
	}
}

func TestMetricsNeedTheirTokenAndNobodyElses(t *testing.T) {
	e := serve(t, func(s *config.Settings) { s.Metrics.Token = "a-token-for-prometheus" })
	for token, want := range map[string]int{"": http.StatusUnauthorized, tokenOf(t, "op", auth.Operator): http.StatusUnauthorized, "a-token-for-prometheus": http.StatusOK} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("with %q: %d, want %d", token, response.StatusCode, want)
		}
	}
}
