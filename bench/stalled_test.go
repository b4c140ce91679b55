package bench

import (
	"strings"
	"testing"
	"time"

	"outcry/bench/benchtest"
)

// slow changes the small scenario so that two dashboards that do not read get
// more than the buffers of their sockets and of the server hold.
func slow(s *Scenario) {
	s.Rates, s.Stalled, s.StalledRounds = []float64{400}, 2, 2
}

func TestStalledDashboardsAreComparedAndWakeUp(t *testing.T) {
	report := measure(t, benchtest.Behaviour{}, slow)
	if !report.Passed {
		t.Fatalf("failures: %q", report.Failures)
	}
	if len(report.Stalled) != 1 || len(report.Stalled[0].Rounds) != 2 || len(report.Steps) != 4 {
		t.Fatalf("stalled: %+v, %d steps", report.Stalled, len(report.Steps))
	}
	s := report.Stalled[0]
	// 200 measured ticks of 3 symbols at 2 dashboards, twice.
	if want := int64(200 * 3 * 2 * 2); s.Due != want || s.Unsettled != 0 || s.Delivered == 0 || s.Delivered >= want {
		t.Errorf("%d due, %d unsettled, %d delivered, want %d due and fewer quotes", s.Due, s.Unsettled, s.Delivered, want)
	}
	// The others are all there in every step, and the stalled in none.
	for i, step := range report.Steps {
		if want := int64(200 * 3 * 8); step.Due != want || step.Settled != want || (step.Stalled == 2) != (i%2 == 1) {
			t.Errorf("step %d: %+v", i, step)
		}
	}
	if s.Without.Count != 2*200*3*8 || s.With.Count != s.Without.Count {
		t.Errorf("without %v, with %v", s.Without, s.With)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil || !strings.Contains(table.String(), "400 beside 2 stalled") || !strings.Contains(table.String(), "2 dashboards that do not read") {
		t.Errorf("%v, the table is\n%s", err, table.String())
	}
}

func TestStalledDashboardsThatAreCutOffFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{CutSlow: true}, func(s *Scenario) { slow(s); s.StalledRounds, s.Drain = 1, time.Second })
	all := strings.Join(report.Failures, "; ")
	if !strings.Contains(all, "stalled at 400 ticks/s: 2 dashboards were cut off") {
		t.Errorf("failures: %q", report.Failures)
	}
}

func TestDashboardsThatNeverStalledFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{}, func(s *Scenario) { s.Stalled, s.StalledRounds = 2, 1 })
	failed(t, report, "stalled at 20 ticks/s: every update was sent")
}

func TestStalledDashboardsThatDoNotConnectFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Status: func(n int) int {
		if n == 9 {
			return 503
		}
		return 0
	}}, func(s *Scenario) { slow(s); s.Rates = []float64{20} })
	failed(t, report, "1 of 2 dashboards that were to stall did not get ready: 1 × refused: HTTP 503 Service Unavailable")
}

func TestStalledFiguresAreHeldToTheirBounds(t *testing.T) {
	rounds := []StalledRound{
		{Before: Holding{RSS: 1_000_000, Sockets: 5}, After: Holding{RSS: 1_300_000, Sockets: 15, Kernel: 500_000}},
		{Before: Holding{RSS: 1_200_000, Sockets: 5}, After: Holding{RSS: 1_400_000, Sockets: 15, Kernel: 500_000}},
	}
	s := Stalled{Rate: 10, Dashboards: 10, Rounds: rounds, Due: 2, Delivered: 1}
	s.sumUp(Latency{P99: 20}, Latency{P99: 21})
	if s.RSSPerDashboard != 25_000 || s.KernelPerDashboard != 50_000 || s.Shift < 4.9 || s.Shift > 5.1 {
		t.Fatalf("%+v", s)
	}
	for name, test := range map[string]struct {
		change func(*Report)
		want   string
	}{
		"within": {func(r *Report) { r.Workload.MaxStalledKB, r.Workload.MaxStalledShift = 76, 6 }, ""},
		"none":   {func(*Report) {}, ""},
		"memory": {func(r *Report) { r.Workload.MaxStalledKB = 74 }, "each costs 75.0 KB, the server's and the kernel's memory together, over 74 KB"},
		"kernel": {func(r *Report) {
			r.Workload.MaxStalledKB = 74
			r.Stalled[0].Rounds = []StalledRound{{}}
		}, "the kernel does not tell"},
		"shift":   {func(r *Report) { r.Workload.MaxStalledShift = 4 }, "the P99 of the others is 5.0 % higher, over 4 %"},
		"unseen":  {func(r *Report) { r.Workload.MaxStalledKB, r.Server = 26, Observed{Unseen: "far away"} }, "not known: far away"},
		"pending": {func(r *Report) { r.Stalled[0].Unsettled = 1 }, "1 of 2 updates did not arrive"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Report{Server: Observed{PID: 1}, Stalled: []Stalled{s}}
			test.change(r)
			r.judge()
			if test.want == "" && !r.Passed || test.want != "" && (len(r.Failures) != 1 || !strings.Contains(r.Failures[0], test.want)) {
				t.Errorf("failures %q, want %q", r.Failures, test.want)
			}
		})
	}
}
