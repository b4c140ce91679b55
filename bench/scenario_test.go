package bench

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestImpossibleScenariosAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Scenario)
		want   []string
	}{
		{"nothing to do", func(s *Scenario) { s.Dashboards, s.Symbols, s.Rates = 0, 0, nil },
			[]string{"dashboards: 0 is not allowed: must be between 1 and 19936", "symbols: 0 is", "rates: at least one"}},
		{"too many dashboards", func(s *Scenario) { s.Dashboards = 20_000 }, []string{"dashboards: 20000 is"}},
		{"more symbols than there are", func(s *Scenario) { s.SymbolsPerDashboard = 6 }, []string{"symbols-per-dashboard: 6 is not allowed: must be between 1 and 5"}},
		{"rates", func(s *Scenario) { s.Rates = []float64{1, -1, math.NaN()} }, []string{"rates: -1 is", "rates: NaN is"}},
		{"too many ticks", func(s *Scenario) { s.Rates, s.Duration = []float64{100_000}, time.Hour }, []string{"the most is 50000000"}},
		{"times", func(s *Scenario) { s.Duration, s.Warmup, s.MaxP95 = time.Millisecond, -1, -1 }, []string{"duration: 1ms is not", "warmup: -1ns", "max-p95: -1ns"}},
		{"bounds of nothing", func(s *Scenario) { s.MaxStalledKB, s.MaxStormGrowth, s.Storms = 1, 1, 1 }, []string{"max-stalled-kb, max-stalled-shift: only with --stalled", "max-storm-growth: only with --storms 2 or more"}},
		{"stalled and storms", func(s *Scenario) { s.Stalled, s.Storms, s.StormPause, s.StormTicks, s.MinConnects = 1, -1, -1, -1, -1 },
			[]string{"stalled-rounds: 0 is not allowed with --stalled", "storms: -1 is", "storm-pause: -1ns is", "storm-ticks: -1 is", "min-connects: -1 is"}},
		{"stalled beyond the descriptors", func(s *Scenario) { s.Dashboards, s.Stalled, s.StalledRounds = 19_000, 1_000, 1 }, []string{"dashboards: 20000 is"}},
		{"no credentials", func(s *Scenario) { s.To, s.TokenSecret = "http://127.0.0.1:1", "" }, []string{"token-secret: needed with --to"}},
		{"a token for a server of our own", func(s *Scenario) { s.Token = "a.b.c" }, []string{"token: only with --to"}},
		{"flags for a server of others", func(s *Scenario) { s.To, s.ServeArgs = "http://127.0.0.1:1", []string{"--x"} }, []string{"serve-flag, config: only without --to"}},
		{"another machine", func(s *Scenario) { s.To = "http://192.0.2.1:8080" }, []string{"192.0.2.1 is not this machine", "--allow-remote"}},
		{"TLS", func(s *Scenario) { s.To = "https://127.0.0.1:8080" }, []string{"must begin with http://"}},
		{"no URL", func(s *Scenario) { s.To = "http://127.0.0.1:port" }, []string{"to: "}},
		{"no host", func(s *Scenario) { s.To = "http://:8080" }, []string{"must be like http://host:port"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := small()
			test.change(&s)
			report, err := Run(t.Context(), s, io.Discard)
			if err == nil || report != nil {
				t.Fatalf("report %+v, %v", report, err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestDescriptorsAreCountedBeforeTheRun(t *testing.T) {
	if err := checkDescriptors(1000, 1064); err != nil {
		t.Errorf("1000 of 1064: %v", err)
	}
	for _, allowed := range []uint64{1063, 256, 0} {
		if err := checkDescriptors(1000, allowed); err == nil || !strings.Contains(err.Error(), "needs 1064 file descriptors") {
			t.Errorf("1000 of %d: %v", allowed, err)
		}
	}
	if err := checkDescriptors(19_937, 1_000_000); err == nil || !strings.Contains(err.Error(), "never more than 20000") {
		t.Errorf("19937 of 1000000: %v", err)
	}
}

func TestInterestIsDistinctAndRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Scenario{Dashboards: rapid.IntRange(1, 20).Draw(t, "dashboards"), Symbols: rapid.IntRange(1, 50).Draw(t, "symbols"), Seed: rapid.Uint64().Draw(t, "seed")}
		s.SymbolsPerDashboard = rapid.IntRange(1, s.Symbols).Draw(t, "each")
		chosen := interests(s)
		for i, interest := range chosen {
			sorted := slices.Sorted(slices.Values(interest))
			if len(slices.Compact(sorted)) != s.SymbolsPerDashboard || sorted[0] < 0 || sorted[len(sorted)-1] >= s.Symbols {
				t.Fatalf("dashboard %d watches %v", i, interest)
			}
		}
		if again := interests(s); !slices.EqualFunc(chosen, again, slices.Equal[[]int]) {
			t.Fatal("the same seed gave another choice")
		}
	})
}

func TestInterestIsSpreadOverTheSymbols(t *testing.T) {
	watchers := make([]int, 200)
	for _, interest := range interests(Scenario{Dashboards: 1000, Symbols: 200, SymbolsPerDashboard: 20, Seed: 1}) {
		for _, symbol := range interest {
			watchers[symbol]++
		}
	}
	// 100 on average with a standard deviation of 9.5; six of them either way.
	if low, high := slices.Min(watchers), slices.Max(watchers); low < 43 || high > 157 {
		t.Errorf("symbols have %d to %d watchers, want about 100", low, high)
	}
}

func TestSecretsAreNotInTheReport(t *testing.T) {
	got := redacted([]string{"outcry", "bench", "--token-secret", "s1", "--token=s2", "--feed-token", "s3", "--dashboards", "9", "--token"})
	want := []string{"outcry", "bench", "--token-secret", "...", "--token=...", "--feed-token", "...", "--dashboards", "9", "--token"}
	if !slices.Equal(got, want) {
		t.Errorf("redacted %q, want %q", got, want)
	}
}

func TestCountsAreGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
