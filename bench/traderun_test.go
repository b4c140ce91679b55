package bench

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"outcry/bench/benchtest"
)

// smallTrades is a scenario of trades that takes two seconds: 4 accounts of 3
// symbols, every phase for 200 ms.
func smallTrades() TradeScenario {
	s := TradeScenario{
		Scenario: small(), Phases: Phases, Accounts: 4, Positions: 3,
		BulkTrades: 20, BulkConnections: 2, InFlight: 8, NoticeRate: 50, Patience: 20 * time.Second,
	}
	s.Duration, s.Warmup = 200*time.Millisecond, 100*time.Millisecond
	return s
}

// measureTrades runs a scenario against a server with some behaviour.
func measureTrades(t *testing.T, b benchtest.Behaviour, change func(*TradeScenario)) *TradeReport {
	t.Helper()
	server := benchtest.New(secret, b)
	defer server.Close()
	s := smallTrades()
	s.To = server.URL
	if change != nil {
		change(&s)
	}
	report, err := RunTrades(t.Context(), s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// failedTrades checks that a run failed for a reason and for no other.
func failedTrades(t *testing.T, r *TradeReport, reason string) {
	t.Helper()
	if r.Passed || len(r.Failures) != 1 || !strings.Contains(r.Failures[0], reason) {
		t.Errorf("failures are %q, want one about %q", r.Failures, reason)
	}
}

func TestHonestServerPassesEveryPhaseOfTrades(t *testing.T) {
	r := measureTrades(t, benchtest.Behaviour{}, nil)
	if !r.Passed {
		t.Fatalf("failures: %q", r.Failures)
	}
	for i, phase := range []Phase{PhaseBulk, PhaseSingle, PhaseAlone} {
		p := r.Phases[i]
		if p.Phase != phase || p.Acknowledged == 0 || p.PerSecond <= 0 || p.Latency.Count != p.Requests || p.Latency.P50 <= 0 {
			t.Errorf("phase %d: %+v", i, p)
		}
	}
	if n := r.Notice; n.Awaited != 15 || n.Missing != 0 || n.Latency.Count == 0 || n.Latency.Count > 15 || n.Step.Unsettled != 0 {
		t.Errorf("notice: %+v", n)
	}
	// The accounts of the dashboards have as many trades as positions before.
	if s := r.Stored; s.Accounts != 4+8 || s.Stored != s.Acknowledged || s.Stored != s.Sent || s.Stored < 8*3+15 {
		t.Errorf("stored: %+v", s)
	}
	var table strings.Builder
	if err := r.WriteTable(&table); err != nil || !strings.Contains(table.String(), "15 of 15 trades") || !strings.HasSuffix(table.String(), "\npassed\n") {
		t.Errorf("table: %v\n%s", err, table.String())
	}
}

func TestTradesThatAreNotStoredFailTheRun(t *testing.T) {
	r := measureTrades(t, benchtest.Behaviour{Forget: func(id string) bool { return strings.HasSuffix(id, "-5") }}, func(s *TradeScenario) { s.Phases = []Phase{PhaseBulk} })
	failedTrades(t, r, "1 of 4 accounts are not what was acknowledged")
}

func TestNoticesThatAreMissingOrRepeatedFailTheRun(t *testing.T) {
	for notices, want := range map[int]string{0: "1 had no notice, 0 had several", 2: "0 had no notice, 1 had several"} {
		r := measureTrades(t, benchtest.Behaviour{Notices: func(n int) int {
			if n == 8*3+10 {
				return notices
			}
			return 1
		}}, func(s *TradeScenario) { s.Phases, s.Drain = []Phase{PhaseNotice}, time.Second })
		failedTrades(t, r, want)
	}
}

func TestOverloadedServerIsAskedAgainAndDuplicatesAreFound(t *testing.T) {
	overloaded := benchtest.Behaviour{Trade: func(n int, w http.ResponseWriter) bool {
		if n%3 == 0 {
			http.Error(w, "later", http.StatusServiceUnavailable)
		}
		return n%3 == 0
	}}
	r := measureTrades(t, overloaded, func(s *TradeScenario) { s.Phases = []Phase{PhaseSingle} })
	if !r.Passed || r.Phases[0].Overloaded == 0 {
		t.Errorf("failures %q, phase %+v", r.Failures, r.Phases[0])
	}
}

func TestRefusedTradeEndsTheRun(t *testing.T) {
	r := measureTrades(t, benchtest.Behaviour{Trade: func(_ int, w http.ResponseWriter) bool {
		http.Error(w, `{"detail":"no such symbol"}`, http.StatusBadRequest)
		return true
	}}, nil)
	failedTrades(t, r, "no such symbol")
}

func TestMissedLimitsOfTradesFailTheRun(t *testing.T) {
	r := measureTrades(t, benchtest.Behaviour{}, func(s *TradeScenario) {
		s.Limits = Limits{MinBulk: 1e9, MinSingle: 1e9, MaxSingleP99: 1, MaxAloneP95: 1, MaxNoticeP95: 1}
	})
	if len(r.Failures) != 5 {
		t.Errorf("failures: %q, want five", r.Failures)
	}
}

func TestJournalIsOpenedAgainAndPortfoliosAreLoaded(t *testing.T) {
	s := smallTrades()
	s.Phases, s.TokenSecret, s.OpenTrades, s.Portfolios, s.DataIn = nil, "", 100, 10, t.TempDir()
	r, err := RunTrades(t.Context(), s, io.Discard)
	if err != nil || !r.Passed {
		t.Fatalf("%v, failures %q", err, r.Failures)
	}
	if o := r.Opening; o.Trades != 100 || o.AfterStop <= 0 || o.AfterKill <= 0 || o.JournalSize == 0 {
		t.Errorf("opening: %+v", o)
	}
	if p := r.Portfolios; p.Portfolios != 10 || p.RSSAfter == 0 || p.Load.Count != 10 {
		t.Errorf("portfolios: %+v", p)
	}
	if left, err := os.ReadDir(s.DataIn); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestImpossibleScenariosOfTradesAreRefused(t *testing.T) {
	s := smallTrades()
	s.To, s.TokenSecret, s.Token = "http://127.0.0.1:1", "", "a.b.c"
	s.Accounts, s.Positions, s.BulkTrades, s.NoticeRate, s.OpenTrades, s.Rates = 0, 6, 1, 0, 1, nil
	s.Phases = []Phase{"none"}
	_, err := RunTrades(t.Context(), s, io.Discard)
	for _, want := range []string{"accounts: 0", "positions: 6", "ndjson-trades: 1", "notice-rate:", "open-trades, portfolios: only without --to", "rate: one", "phases: none", "token: is not enough"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}
