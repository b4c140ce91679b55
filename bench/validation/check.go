package validation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Outcome is how a check ended.
type Outcome string

// The outcomes. A warning does not fail a validation.
const (
	Good    Outcome = "good"
	Warning Outcome = "warning"
	Failed  Outcome = "failed"
)

// finding is what a check saw, and what to do if that is not good.
type finding struct {
	outcome   Outcome
	found, do string
	refused   bool // the token was, by a server that is up
}

func good(format string, args ...any) finding {
	return finding{outcome: Good, found: fmt.Sprintf(format, args...)}
}

func warning(do, format string, args ...any) finding {
	return finding{outcome: Warning, found: fmt.Sprintf(format, args...), do: do}
}

func failed(do, format string, args ...any) finding {
	return finding{outcome: Failed, found: fmt.Sprintf(format, args...), do: do}
}

// check is one question.
type check struct {
	name string
	why  string // it is asked, for those whose server fails it
	look func(ctx context.Context, v *visit) finding
}

// The names of the checks that the judgement of a look depends on.
const (
	checkHealth    = "health"
	checkWebSocket = "websocket"
	checkPolling   = "polling"
)

// checks are all questions, in the order of a report.
//
// immutable
var checks = []check{
	{checkHealth, "load balancers and orchestrators send browsers where /health answers 200", lookAtHealth},
	{"dashboard", "a page of another application, or one without its script, leaves people without prices", lookAtDashboard},
	{"api", "clients read at /api what this server is and can do", lookAtAPI},
	{checkWebSocket, "quotes and notices reach browsers over WebSocket", lookAtWebSocket},
	{checkPolling, "browsers whose WebSocket is stopped on its way stay live by polling", lookAtPolling},
	{"headers", "without them a page of others can frame, read or script the dashboard", lookAtHeaders},
	{"tls", "browsers refuse a site whose certificate ended, and without TLS tokens can be read on the way", lookAtTLS},
}

// Names returns the names of all checks.
func Names() []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = c.name
	}
	return names
}

// Result is what came of one check.
type Result struct {
	Check   string  `json:"check"`
	Outcome Outcome `json:"outcome"`
	Found   string  `json:"found"`
	Why     string  `json:"why,omitempty"` // it matters; with Do, where it is not good
	Do      string  `json:"do,omitempty"`
	Refused bool    `json:"refused,omitempty"` // the token was, by a server that is up
	TookMs  float64 `json:"tookMs"`
}

// Report is what came of a look at a server.
type Report struct {
	URL     string    `json:"url"`
	Time    time.Time `json:"time"`
	Passed  bool      `json:"passed"` // no check failed
	Results []Result  `json:"checks"`
	// Health is what the server says of itself, nil if that could not be read.
	Health *Health `json:"health,omitempty"`
	// RoundTripMs is the median from an event to its acknowledgement over
	// WebSocket, nil without a token that is let in.
	RoundTripMs *float64 `json:"roundTripMs,omitempty"`
}

// Run makes all checks that are asked for, at the same time. The error says that
// ctx ended before them, or what is wrong with the options.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	v, err := newVisit(o)
	if err != nil {
		return nil, err
	}
	defer v.close()
	report := &Report{URL: v.url.String(), Time: v.now().UTC(), Passed: true}
	chosen := slices.DeleteFunc(slices.Clone(checks), func(c check) bool {
		return len(o.Only) > 0 && !slices.Contains(o.Only, c.name)
	})
	report.Results = make([]Result, len(chosen))
	var running sync.WaitGroup
	for i, c := range chosen {
		running.Go(func() { report.Results[i] = c.run(ctx, v) })
	}
	running.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("look at %s: %w", v.url, context.Cause(ctx))
	}
	report.Health, report.RoundTripMs = v.health, v.roundTripMs
	report.Passed = len(report.failures()) == 0
	return report, nil
}

func (c check) run(ctx context.Context, v *visit) Result {
	ctx, cancel := context.WithTimeout(ctx, v.patience)
	defer cancel()
	began := time.Now()
	f := c.look(ctx, v)
	r := Result{Check: c.name, Outcome: f.outcome, Found: f.found, Refused: f.refused, TookMs: milliseconds(time.Since(began))}
	if f.outcome != Good {
		r.Why, r.Do = c.why, f.do
	}
	return r
}

// Err says which checks failed, nil if none did.
func (r *Report) Err() error {
	if failures := r.failures(); len(failures) > 0 {
		return fmt.Errorf("%d of %d checks failed: %s", len(failures), len(r.Results), strings.Join(failures, ", "))
	}
	return nil
}

func (r *Report) failures() (names []string) {
	for _, result := range r.Results {
		if result.Outcome == Failed {
			names = append(names, result.Check)
		}
	}
	return names
}

// of returns the result of a check, nil if it was not made.
func (r *Report) of(name string) *Result {
	for i := range r.Results {
		if r.Results[i].Check == name {
			return &r.Results[i]
		}
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
