package validation

import (
	"fmt"
	"time"
)

// State is how a deployment does at one look.
type State string

// The states of a deployment.
const (
	Normal   State = "normal"
	Warned   State = "warning"
	Critical State = "critical"
)

// The thresholds of the platform. Normal is under 1 % of failed requests and
// 200 ms of freshness at P95; what lies between 200 and 500 ms is not normal, and
// no reason to hurry. The server's own alert, which knows its budget, is a warning
// here: it says that somebody should look, not that browsers are without service.
const (
	warningErrorRate, criticalErrorRate = 0.01, 0.05
	normalFreshness, warningFreshness   = 200 * time.Millisecond, 500 * time.Millisecond
)

// Assessment is the state that one look shows, and why: the worst first.
type Assessment struct {
	State   State    `json:"state"`
	Reasons []string `json:"reasons"`
}

// assess holds a look against the thresholds.
func assess(r *Report) Assessment {
	critical, told := outages(r)
	var warned []string
	if h := r.Health; h != nil {
		c, w := h.exceeds()
		critical, warned = append(critical, c...), append(warned, w...)
	}
	for _, result := range r.Results {
		if result.Outcome != Good && !told[result.Found] {
			warned = append(warned, result.Check+": "+result.Found)
		}
	}
	a := Assessment{State: Normal, Reasons: append(append([]string{}, critical...), warned...)}
	switch {
	case len(critical) > 0:
		a.State = Critical
	case len(warned) > 0:
		a.State = Warned
	}
	return a
}

// outages says of what service browsers are without, and what was found then: a
// server that is gone is so for each check, and needs to be told once.
func outages(r *Report) (reasons []string, told map[string]bool) {
	told = map[string]bool{}
	note := func(what string, results ...*Result) {
		reasons = append(reasons, what+": "+results[0].Found)
		for _, result := range results {
			told[result.Found] = true
		}
	}
	if health := r.of(checkHealth); broken(health) {
		note("health", health)
	}
	// One of two transports is enough to be live, and socket.io-client finds it.
	if socket, polling := r.of(checkWebSocket), r.of(checkPolling); broken(socket) && broken(polling) {
		note("nobody can connect", socket, polling)
	}
	return reasons, told
}

// broken reports whether a check shows a server without this service. One that
// only refuses the token is up: tokens end while a watch goes on.
func broken(r *Result) bool { return r != nil && r.Outcome == Failed && !r.Refused }

// exceeds returns which thresholds are crossed.
func (h *Health) exceeds() (critical, warned []string) {
	switch rate := h.ErrorRate; {
	case rate > criticalErrorRate && (h.Alert == string(Normal) || h.Alert == string(Warned)):
		// The server has the same threshold, and knows how many these are.
		warned = append(warned, fmt.Sprintf("%.1f %% of requests failed, too few for the server's own alert", 100*rate))
	case rate > criticalErrorRate:
		critical = append(critical, fmt.Sprintf("%.1f %% of requests failed, over %.0f %%", 100*rate, 100*criticalErrorRate))
	case rate >= warningErrorRate:
		warned = append(warned, fmt.Sprintf("%.1f %% of requests failed, not under %.0f %%", 100*rate, 100*warningErrorRate))
	}
	switch p95 := h.Latency.P95; {
	case p95 > milliseconds(warningFreshness):
		warned = append(warned, fmt.Sprintf("freshness is %.0f ms at P95, over %.0f ms", p95, milliseconds(warningFreshness)))
	case p95 >= milliseconds(normalFreshness):
		warned = append(warned, fmt.Sprintf("freshness is %.0f ms at P95, not under %.0f ms", p95, milliseconds(normalFreshness)))
	}
	return critical, warned
}
