package bench

import (
	"strings"
	"testing"
	"time"

	"outcry/bench/benchtest"
)

func stormy(s *Scenario) {
	s.Storms, s.StormPause, s.StormTicks = 3, 10*time.Millisecond, 12
}

func TestStormsAreRecoveredAndCostWhatIsShown(t *testing.T) {
	report := measure(t, benchtest.Behaviour{}, stormy)
	if !report.Passed {
		t.Fatalf("failures: %q", report.Failures)
	}
	if len(report.Storms) != 5 || report.Storms[0].Name != "1" || report.Storms[3].Name != stormQuiet || report.Storms[4].Name != stormBusy {
		t.Fatalf("storms: %+v", report.Storms)
	}
	for _, s := range report.Storms {
		if s.Ready != 8 || s.Recovered != 8 || s.Quotes != 8*3 || s.Repeated != 0 || s.Behind != 0 || s.Shape == 0 || s.Bytes < s.Shape || s.Handshake.Count != 8 {
			t.Errorf("storm %+v", s)
		}
	}
	if quiet, busy := report.Storms[3], report.Storms[4]; busy.Missed != 12 || quiet.Missed != 0 || quiet.Shape != busy.Shape {
		t.Errorf("quiet %+v, busy %+v", quiet, busy)
	}
	// The first tick, those of the step, one before each storm, and those missed.
	if want := int64(5 * (1 + 12 + 5 + 12)); report.Feed.Sent != want || report.Feed.Accepted != want {
		t.Errorf("feed: %+v, want %d ticks", report.Feed, want)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil || !strings.Contains(table.String(), "connects/s") || !strings.Contains(table.String(), stormBusy) {
		t.Errorf("%v, the table is\n%s", err, table.String())
	}
}

func TestDashboardsThatAreNotRecoveredFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Recover: func(n int) bool { return n != 8+3 }}, func(s *Scenario) { stormy(s); s.StormPause = 0 })
	failed(t, report, "storm 1: 1 of 8 dashboards were not recovered")
}

func TestMissedTicksThatAreReplayedFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Replay: true}, stormy)
	failed(t, report, "12 ticks of each symbol that were missed change what a dashboard is sent")
}

func TestDashboardsThatDoNotComeBackFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Status: func(n int) int {
		if n == 8+5 {
			return 503
		}
		return 0
	}}, func(s *Scenario) { stormy(s); s.Storms, s.StormPause = 2, 0 })
	// The second storm is that of the seven who are left, and says nothing of the eighth.
	failed(t, report, "storm 1: 1 of 8 dashboards did not get ready: 1 × refused: HTTP 503 Service Unavailable")
	if second := report.Storms[1]; second.Ready != 7 || second.Recovered != 7 {
		t.Errorf("storm 2: %+v", second)
	}
}

func TestConnectsAndGrowthAreHeldToTheirBounds(t *testing.T) {
	storm := func(name string, rss int64) Storm {
		return Storm{Name: name, ServerRSS: rss, Recovered: 1, Connect: Connect{Ready: 1, PerSecond: 5000, Handshake: Latency{P99: 400}}}
	}
	for name, test := range map[string]struct {
		limits Workload
		pid    int
		want   []string
	}{
		"within":    {Workload{MinConnects: 4000, MaxHandshakeP99: 500, MaxStormGrowth: 1.3}, 1, nil},
		"slow":      {Workload{MinConnects: 6000}, 1, []string{"4,999 connections/s, under 6000", "storm 1: 5,000 connections/s", "storm 2: 5,000 connections/s"}},
		"late":      {Workload{MaxHandshakeP99: 300}, 1, []string{"P99 of the handshakes is 350ms, over 300ms", "storm 1: P99", "storm 2: P99"}},
		"growing":   {Workload{MaxStormGrowth: 1.1}, 1, []string{"grew from 10.0 MB after the first to 12.0 MB after the last, over 1.1 times"}},
		"not known": {Workload{MaxStormGrowth: 1.3}, 0, []string{"the memory of the server is not known"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Report{
				Workload: test.limits, Server: Observed{PID: test.pid},
				Connect: &Connect{PerSecond: 4999, Handshake: Latency{P99: 350}},
				Storms:  []Storm{storm("1", 10_000_000), storm("2", 12_000_000)},
			}
			r.judge()
			if len(r.Failures) != len(test.want) {
				t.Fatalf("failures %q, want %q", r.Failures, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(r.Failures[i], want) {
					t.Errorf("failure %q, want %q", r.Failures[i], want)
				}
			}
		})
	}
}
