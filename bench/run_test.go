package bench

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"outcry/bench/benchtest"
)

const secret = "a secret of at least thirty-two bytes"

// small is a scenario that takes a second: 8 dashboards of 3 from 5 symbols, 2
// ticks of each symbol to warm up and 10 that are measured, one every 50 ms. The
// first tick of the first step has sequence 2, the first measured one 4, the last 13.
func small() Scenario {
	return Scenario{
		Dashboards:          8,
		Symbols:             5,
		SymbolsPerDashboard: 3,
		Rates:               []float64{20},
		Duration:            500 * time.Millisecond,
		Warmup:              100 * time.Millisecond,
		Drain:               20 * time.Second,
		ConnectConcurrency:  3,
		ConnectTimeout:      20 * time.Second,
		Seed:                7,
		TokenSecret:         secret,
	}
}

// due is what the dashboards of the small scenario have to learn of in a step.
const due = 8 * 3 * 10

// measure runs a scenario against a server with some behaviour.
func measure(t *testing.T, b benchtest.Behaviour, change func(*Scenario)) *Report {
	t.Helper()
	server := benchtest.New(secret, b)
	defer server.Close()
	s := small()
	s.To = server.URL
	if change != nil {
		change(&s)
	}
	report, err := Run(t.Context(), s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if report.Passed != (report.Err() == nil) || report.Passed != (len(report.Failures) == 0) {
		t.Errorf("passed %v, failures %q, error %v", report.Passed, report.Failures, report.Err())
	}
	return report
}

// failed checks that a run failed for a reason and for no other.
func failed(t *testing.T, r *Report, reason string) {
	t.Helper()
	err := r.Err()
	if !errors.Is(err, ErrFailed) || len(r.Failures) != 1 || !strings.Contains(r.Failures[0], reason) {
		t.Errorf("failures are %q, want one about %q", r.Failures, reason)
	}
}

func TestHonestServerPassesEveryStep(t *testing.T) {
	report := measure(t, benchtest.Behaviour{}, func(s *Scenario) { s.Rates = []float64{20, 40, 0.5} })
	if !report.Passed {
		t.Fatalf("failures: %q", report.Failures)
	}
	for i, want := range []int64{due, 2 * due, due / 10} {
		step := report.Steps[i]
		if step.Due != want || step.Settled != want || step.Delivered != want || step.Unsettled != 0 || step.Freshness.Count != want {
			t.Errorf("step %d: %+v, want all of %d", i, step, want)
		}
		if step.Coalescing != 1 || step.Bytes == 0 || step.Freshness.P50 <= 0 || step.Freshness.P50 > step.Freshness.Max {
			t.Errorf("step %d: %+v", i, step)
		}
	}
	c := report.Connect
	if c.Connected != 8 || c.Ready != 8 || c.PerSecond <= 0 || c.Handshake.Count != 8 || c.Snapshot.Count != 8 || len(c.Failures) != 0 {
		t.Errorf("connect: %+v", c)
	}
	if feed := report.Feed; feed.Sent != 5*(1+12+24+1) || feed.Accepted != feed.Sent || feed.Rejected != 0 {
		t.Errorf("feed: %+v, want %d ticks accepted", feed, 5*(1+12+24+1))
	}
	// The fake server is a part of this very process, which is found by its port.
	if runtime.GOOS == "linux" && (report.Server.PID != os.Getpid() || report.Idle == nil || report.Idle.RSSAfter == 0) {
		t.Errorf("server: %+v, idle %+v", report.Server, report.Idle)
	}
}

// The server delivers every other tick and is 50 ms late. Ticks are 50 ms apart,
// so a delivered one is 50 ms old, and the skipped one that it stands for 100 ms.
func TestLatencyAndCoalescingAreWhatTheServerMakesThem(t *testing.T) {
	for _, batch := range []bool{false, true} {
		report := measure(t, benchtest.Behaviour{
			Delay:   50 * time.Millisecond,
			Deliver: func(seq int) bool { return seq%2 == 1 },
		}, func(s *Scenario) { s.Batch = batch })
		if !report.Passed {
			t.Fatalf("batch %v: failures: %q", batch, report.Failures)
		}
		step := report.Steps[0]
		if step.Settled != due || step.Delivered != due/2 || step.Coalescing != 2 {
			t.Errorf("batch %v: settled %d by %d quotes, want %d by %d", batch, step.Settled, step.Delivered, due, due/2)
		}
		// A histogram of three digits is right to a thousandth.
		f := step.Freshness
		if f.P50 < 49.9 || f.P95 < 98.9 || f.P50 >= f.P95 {
			t.Errorf("batch %v: freshness is %v, want at least 50 ms at P50 and 100 ms at P95", batch, f)
		}
	}
}

func TestDelayThatIsNotTheServersIsNotAdded(t *testing.T) {
	report := measure(t, benchtest.Behaviour{}, nil)
	if f := report.Steps[0].Freshness; f.P50 > 25 {
		t.Errorf("freshness of a prompt server is %v", f)
	}
}

func TestTicksThatNeverArriveFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Deliver: func(seq int) bool { return seq < 13 }}, func(s *Scenario) { s.Drain = 100 * time.Millisecond })
	failed(t, report, "at 20 ticks/s: 24 of 240 updates never arrived")
	if step := report.Steps[0]; step.Settled != due-24 || step.Unsettled != 24 || step.Due != due {
		t.Errorf("step: %+v", step)
	}
}

func TestMissedBudgetFailsTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Delay: 50 * time.Millisecond}, func(s *Scenario) { s.MaxP95 = 10 * time.Millisecond })
	failed(t, report, "at 20 ticks/s: P95 is")
	if !strings.Contains(report.Failures[0], "over 10ms") {
		t.Errorf("failures: %q", report.Failures)
	}
}

func TestRefusedDashboardsFailTheRunAndTheOthersAreMeasured(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Status: func(n int) int {
		if n%4 == 0 {
			return 503
		}
		return 0
	}}, nil)
	failed(t, report, "2 of 8 dashboards did not get ready: 2 × refused: HTTP 503 Service Unavailable")
	if step := report.Steps[0]; step.Settled != due/8*6 || step.Unsettled != 0 {
		t.Errorf("step: %+v", step)
	}
}

func TestNobodyConnectedFailsTheRunBeforeTheLoad(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Status: func(int) int { return 429 }}, nil)
	if len(report.Steps) != 0 || len(report.Failures) != 2 || !strings.Contains(strings.Join(report.Failures, " "), "no dashboard got ready") {
		t.Errorf("%d steps, failures %q", len(report.Steps), report.Failures)
	}
}

func TestTicksOfALostDashboardStayDue(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Packets: func(n int, _ string, seq int) []string {
		if n == 1 && seq == 8 {
			return []string{"41"}
		}
		return nil
	}}, func(s *Scenario) { s.Drain = 100 * time.Millisecond })
	all := strings.Join(report.Failures, "; ")
	if len(report.Failures) != 2 || !strings.Contains(all, "1 connections were lost: 1 × disconnected by the server while live") || !strings.Contains(all, "of 240 updates never arrived") {
		t.Errorf("failures: %q", report.Failures)
	}
	if step := report.Steps[0]; step.Settled+step.Unsettled != due || step.Unsettled < 5*3-2 {
		t.Errorf("step: %+v, want at least 13 unsettled", step)
	}
}

func TestDishonestQuotesFailTheRun(t *testing.T) {
	for name, lie := range map[string]func(symbol string) (quote string, faults Faults){
		"older":         func(symbol string) (string, Faults) { return quoteOf(symbol, "0.01"), Faults{Backwards: 1} },
		"of the future": func(symbol string) (string, Faults) { return quoteOf(symbol, "9.99"), Faults{NeverFed: 1} },
		"uninvited":     func(string) (string, Faults) { return quoteOf("AAPL", "9.99"), Faults{Unrequested: 1} },
		"unreadable":    func(symbol string) (string, Faults) { return quoteOf(symbol, `"9.99"`), Faults{Unreadable: 1} },
	} {
		t.Run(name, func(t *testing.T) {
			var want Faults
			report := measure(t, benchtest.Behaviour{Packets: func(n int, symbol string, seq int) []string {
				if n != 1 || seq != 8 || want != (Faults{}) {
					return nil
				}
				quote, faults := lie(symbol)
				want = faults
				return []string{quote}
			}}, nil)
			failed(t, report, "1 quotes should not have come")
			if report.Faults != want {
				t.Errorf("faults: %+v, want %+v", report.Faults, want)
			}
		})
	}
}

func quoteOf(symbol, price string) string {
	return `42["watchlist:quote",{"symbol":"` + symbol + `","price":` + price + `}]`
}

func TestRejectedTicksFailTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{Reject: func(seq int) bool { return seq == 5 }}, nil)
	failed(t, report, "the server accepted 60 of 65 ticks and rejected 5: line 2: rejected on purpose")
}

func TestRefusedFeedFailsTheRun(t *testing.T) {
	report := measure(t, benchtest.Behaviour{RefuseFeed: true}, func(s *Scenario) { s.ConnectTimeout = 300 * time.Millisecond })
	if all := strings.Join(report.Failures, "; "); report.Passed || !strings.Contains(all, "403 Forbidden") && !strings.Contains(all, "no snapshot in time") {
		t.Errorf("failures: %q", report.Failures)
	}
}

func TestInterruptedRunStopsAndSaysSo(t *testing.T) {
	server := benchtest.New(secret, benchtest.Behaviour{})
	defer server.Close()
	s := small()
	s.To, s.Duration = server.URL, time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	// The load step is announced before it begins.
	report, err := Run(ctx, s, writerFunc(func(p []byte) (int, error) {
		if strings.HasPrefix(string(p), "feed 20 ticks/s") {
			time.AfterFunc(50*time.Millisecond, cancel)
		}
		return len(p), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	failed(t, report, "interrupted")
	if report.Connect == nil || report.Connect.Ready != 8 {
		t.Errorf("connect: %+v", report.Connect)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
