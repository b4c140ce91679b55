package operator

import (
	"fmt"
	"time"
)

// The states of an Alert.
const (
	Normal   = "normal"
	Warning  = "warning"
	Critical = "critical"
)

// Alert says whether the engine needs somebody, and why: the worst first.
type Alert struct {
	State   string   `json:"state"`
	Reasons []string `json:"reasons"`
}

// The thresholds of the platform. That of a warning for freshness is the budget.
const (
	warningErrorRate, criticalErrorRate = 0.01, 0.05
	criticalFreshness                   = 500 * time.Millisecond
	criticalFailedShare                 = 0.20

	// atLeast so many failures make a share of failures count: one bad request of
	// three is no outage.
	atLeast = 5
)

// failures is how many of all failed within a minute.
type failures struct{ failed, all uint64 }

func (f failures) share() float64 {
	if f.all == 0 {
		return 0
	}
	return min(float64(f.failed)/float64(f.all), 1)
}

func (f failures) over(share float64) bool { return f.failed >= atLeast && f.share() >= share }

// judge holds a minute against the thresholds.
func judge(s *Stats, requests, connects failures) Alert {
	var critical, warning []string
	note := func(list *[]string, format string, args ...any) { *list = append(*list, fmt.Sprintf(format, args...)) }
	if !s.Journal.Available {
		note(&critical, "The journal is unavailable: %s", s.Journal.Problem)
	}
	switch j := &s.Journal; {
	case j.DamagedAccounts > 0:
		note(&critical, "The journal is damaged: %d accounts are refused trades and orders; the log and the operator console name them", j.DamagedAccounts)
	case j.Open > 0:
		note(&warning, "The journal is damaged, in no account: the log and the operator console say what it is")
	}
	if d := s.Descriptors; d.Full {
		note(&warning, "%d of %d descriptors are open and %d are kept in reserve: new browsers are refused", d.Open, d.Limit, d.Reserve)
	}
	p95, limit := s.Freshness.Minute.P95, max(milliseconds(criticalFreshness), s.Freshness.BudgetMs)
	switch {
	case p95 > limit:
		note(&critical, "P95 of the last minute is %.0f ms, over %.0f ms", p95, limit)
	case p95 > s.Freshness.BudgetMs:
		note(&warning, "P95 of the last minute is %.0f ms, over the budget of %.0f ms", p95, s.Freshness.BudgetMs)
	}
	switch {
	case requests.over(criticalErrorRate):
		note(&critical, "%.1f %% of the last minute's requests failed, over %.0f %%", 100*requests.share(), 100*criticalErrorRate)
	case requests.over(warningErrorRate):
		note(&warning, "%.1f %% of the last minute's requests failed, over %.0f %%", 100*requests.share(), 100*warningErrorRate)
	}
	if connects.over(criticalFailedShare) {
		note(&critical, "%.0f %% of the last minute's connects were refused, over %.0f %%", 100*connects.share(), 100*criticalFailedShare)
	}
	switch s.Feeds.State {
	case "down":
		note(&warning, "No feed is connected: quotes are not fresh")
	case "stale":
		note(&warning, "All feeds are silent: quotes are not fresh")
	}
	alert := Alert{State: Normal, Reasons: append([]string{}, append(critical, warning...)...)}
	switch {
	case len(critical) > 0:
		alert.State = Critical
	case len(warning) > 0:
		alert.State = Warning
	}
	return alert
}
