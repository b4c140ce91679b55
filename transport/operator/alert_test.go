package operator

import (
	"strings"
	"testing"
)

func TestAlertIsAsBadAsItsWorstReason(t *testing.T) {
	for name, test := range map[string]struct {
		change             func(*Stats)
		requests, connects failures
		state, reason      string
	}{
		"all is well":              {state: Normal},
		"on the budget":            {change: func(s *Stats) { s.Freshness.Minute.P95 = 200 }, state: Normal},
		"over the budget":          {change: func(s *Stats) { s.Freshness.Minute.P95 = 312 }, state: Warning, reason: "312 ms"},
		"far over it":              {change: func(s *Stats) { s.Freshness.Minute.P95 = 501 }, state: Critical, reason: "501 ms"},
		"a budget beyond critical": {change: func(s *Stats) { s.Freshness.BudgetMs, s.Freshness.Minute.P95 = 2000, 1500 }, state: Normal},
		"some requests fail":       {requests: failures{10, 1000}, state: Warning, reason: "1.0 %"},
		"many requests fail":       {requests: failures{50, 1000}, state: Critical, reason: "5.0 %"},
		"few requests fail":        {requests: failures{9, 1000}, state: Normal},
		"one of two requests":      {requests: failures{1, 2}, state: Normal},
		"connects fail":            {connects: failures{20, 100}, state: Critical, reason: "20 %"},
		"one connect of one":       {connects: failures{1, 1}, state: Normal},
		"no feed":                  {change: func(s *Stats) { s.Feeds.State = "down" }, state: Warning, reason: "No feed"},
		"silent feeds":             {change: func(s *Stats) { s.Feeds.State = "stale" }, state: Warning, reason: "silent"},
		"no journal":               {change: func(s *Stats) { s.Journal = Journal{Problem: "the disk is full"} }, state: Critical, reason: "disk is full"},
		"damaged accounts":         {change: func(s *Stats) { s.Journal.Open, s.Journal.DamagedAccounts = 3, 2 }, state: Critical, reason: "2 accounts are refused"},
		"a damaged document":       {change: func(s *Stats) { s.Journal.Open = 1 }, state: Warning, reason: "in no account"},
	} {
		s := &Stats{Freshness: Freshness{BudgetMs: 200}, Journal: Journal{Available: true}, Feeds: Feeds{State: "live"}}
		if test.change != nil {
			test.change(s)
		}
		got := judge(s, test.requests, test.connects)
		if got.State != test.state || got.Reasons == nil || !strings.Contains(strings.Join(got.Reasons, "\n"), test.reason) || (test.reason == "") != (len(got.Reasons) == 0) {
			t.Errorf("%s: %+v, want %s", name, got, test.state)
		}
	}
	s := &Stats{Freshness: Freshness{BudgetMs: 200, Minute: Spread{Quantiles: Quantiles{P95: 300}}}, Feeds: Feeds{State: "down"}}
	if got := judge(s, failures{}, failures{}); got.State != Critical || len(got.Reasons) != 3 || !strings.Contains(got.Reasons[0], "journal") {
		t.Errorf("three at once: %+v", got)
	}
}
