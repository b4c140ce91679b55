package httpapi

import (
	"encoding/json"
	"net/http"
	"testing"

	"outcry/transport/auth"
	"outcry/transport/operator"
)

// operations are those of an engine that has done nothing.
type operations struct{ minutes int }

func (o *operations) Stats() operator.Stats {
	return operator.Stats{Alert: operator.Alert{State: operator.Normal, Reasons: []string{}}, Slow: []operator.Slow{}}
}

func (o *operations) History(minutes int) operator.History {
	o.minutes = minutes
	return operator.History{IntervalMs: 5000, Points: []operator.Point{{T: 1}}}
}

func operatorAPI(t *testing.T) (*api, *operations) {
	o := &operations{}
	return newAPI(t, func(_ Options, deps AccountDeps, mux *http.ServeMux) {
		mux.Handle("/api/operator/stats", Methods{http.MethodGet: NewStats(deps.Verifier, o)})
		mux.Handle("/api/operator/history", Methods{http.MethodGet: NewHistory(deps.Verifier, o)})
	}), o
}

func TestOnlyOperatorsSeeWhatTheEngineDoes(t *testing.T) {
	a, _ := operatorAPI(t)
	for _, path := range []string{"/api/operator/stats", "/api/operator/history"} {
		a.do(http.MethodGet, path, "", "", "").problem(t, http.StatusUnauthorized, "NO_TOKEN")
		a.do(http.MethodGet, path, "", "", tokenOf(t, "ann", auth.Trader, auth.Feed, auth.Executor)).problem(t, http.StatusForbidden, "ROLE_MISSING")
		got := a.do(http.MethodGet, path, "", "", tokenOf(t, "op", auth.Operator))
		if got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, got.status, got.header)
		}
		if got := a.do(http.MethodPost, path, "", "", tokenOf(t, "op", auth.Operator)); got.status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, got.status)
		}
	}
}

// The names that the console reads.
func TestStatsHaveAllFieldsOfTheContract(t *testing.T) {
	a, _ := operatorAPI(t)
	var stats map[string]json.RawMessage
	a.do(http.MethodGet, "/api/operator/stats", "", "", tokenOf(t, "op", auth.Operator)).decode(t, &stats)
	for section, fields := range map[string][]string{
		"alert": {"state", "reasons"},
		"connections": {"open", "websocket", "polling", "sessions", "users", "notReading", "totalConnections", "totalWebsocket",
			"totalPolling", "upgrades", "refused", "refusals", "failedShare"},
		"freshness": {"budgetMs", "minute", "quarter", "browsers", "stages", "feedLag"},
		"quotes":    {"ticksPerSecond", "updatesPerSecond", "quotesPerSecond", "bytesPerSecond", "coalescing"},
		"drops":     {"slowConsumers", "mailboxOverflows", "pingTimeouts", "floods"},
		"feeds":     {"state", "silenceMs", "sources"},
		"journal":   {"available", "commits", "commitsPerSecond", "queued", "p50", "p95", "p99", "bytes", "freeBytes"},
		"errors":    {"rate", "total", "byKind"},
		"memory":    {"rssBytes", "heapBytes", "sysBytes", "goroutines"},
		"actors":    {"restarts", "failures"},
	} {
		var got map[string]json.RawMessage
		if err := json.Unmarshal(stats[section], &got); err != nil {
			t.Errorf("%s: %v", section, err)
		}
		for _, field := range fields {
			if _, there := got[field]; !there {
				t.Errorf("no %s.%s", section, field)
			}
		}
	}
	for _, field := range []string{"now", "startedAt", "version", "draining", "mailboxes", "slow"} {
		if _, there := stats[field]; !there {
			t.Errorf("no %s", field)
		}
	}
}

func TestHistoryGoesBackFromOneMinuteToAnHour(t *testing.T) {
	a, o := operatorAPI(t)
	token := tokenOf(t, "op", auth.Operator)
	for query, want := range map[string]int{"": 15, "?minutes=1": 1, "?minutes=60": 60} {
		if got := a.do(http.MethodGet, "/api/operator/history"+query, "", "", token); got.status != http.StatusOK || o.minutes != want {
			t.Errorf("%q: %d, %d minutes", query, got.status, o.minutes)
		}
	}
	for _, minutes := range []string{"0", "61", "-1", "1.5", "ten", "1e1", "99999999999999999999"} {
		p := a.do(http.MethodGet, "/api/operator/history?minutes="+minutes, "", "", token).problem(t, http.StatusBadRequest, codeInvalid)
		if p.Field != "minutes" {
			t.Errorf("%s: field %q", minutes, p.Field)
		}
	}
	var history struct {
		IntervalMs int
		Points     []map[string]*float64
	}
	a.do(http.MethodGet, "/api/operator/history", "", "", token).decode(t, &history)
	if history.IntervalMs != 5000 || len(history.Points) != 1 {
		t.Fatalf("%+v", history)
	}
	for _, field := range []string{"t", "p50", "p95", "p99", "ticksPerSecond", "updatesPerSecond", "coalescing", "connections", "websocket",
		"polling", "users", "errorRate", "mailboxDepth", "notReading", "journalP95", "rssBytes"} {
		if _, there := history.Points[0][field]; !there {
			t.Errorf("no %s", field)
		}
	}
}
