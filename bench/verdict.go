package bench

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrFailed is returned by Verdict.Err for a run that was measured and is not good.
var ErrFailed = errors.New("the run failed")

// Verdict is whether a run was good.
type Verdict struct {
	// Failures say why it is not, in words; none: it is.
	Failures []string `json:"failures"`
	Passed   bool     `json:"passed"`
}

// fail notes a reason why the run is not good.
func (v *Verdict) fail(format string, arguments ...any) {
	v.Failures = append(v.Failures, fmt.Sprintf(format, arguments...))
}

// word says it in one.
func (v *Verdict) word() string {
	if v.Passed {
		return "passed"
	}
	return "failed"
}

// Err returns the failures as an error, nil for a good run.
func (v *Verdict) Err() error {
	if len(v.Failures) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n  %s", ErrFailed, strings.Join(v.Failures, "\n  "))
}

// judge finds the reasons in the figures. Nothing that went wrong for a single
// dashboard or a single tick is left out.
func (r *Report) judge() {
	if r.Connect != nil {
		r.judgeConnect("", r.Connect)
	}
	if len(r.Lost) > 0 {
		r.fail("%s connections were lost: %s", grouped(sum(r.Lost)), causes(r.Lost))
	}
	for _, step := range r.Steps {
		r.judgeStep(step)
	}
	for _, s := range r.Stalled {
		r.judgeStalled(s)
	}
	r.judgeStorms()
	if n := r.Faults.total(); n > 0 {
		r.fail("%s quotes should not have come: %s older than what was held, %s of ticks never fed, %s not subscribed, %s unreadable",
			grouped(n), grouped(r.Faults.Backwards), grouped(r.Faults.NeverFed), grouped(r.Faults.Unrequested), grouped(r.Faults.Unreadable))
	}
	if f := r.Feed; f != nil && (f.Rejected != 0 || f.Accepted != f.Sent) {
		r.fail("the server accepted %s of %s ticks and rejected %s: %s", grouped(f.Accepted), grouped(f.Sent), grouped(f.Rejected), f.Error)
	}
	r.Passed = len(r.Failures) == 0
}

func (r *Report) judgeStep(step Step) {
	at := fmt.Sprintf("at %v ticks/s", step.Rate)
	if step.Unsettled > 0 {
		r.fail("%s: %s of %s updates never arrived", at, grouped(step.Unsettled), grouped(step.Due))
	}
	if step.Settled+step.Unsettled != step.Due {
		r.fail("%s: the account does not balance: %s settled, %s unsettled, %s due", at, grouped(step.Settled), grouped(step.Unsettled), grouped(step.Due))
	}
	if limit := r.Workload.MaxP95; limit > 0 && step.Freshness.P95 > limit {
		r.fail("%s: P95 is %s, over %s", at, shown(step.Freshness.P95), shown(limit))
	}
}

func sum(byCause map[string]int) (n int) {
	for _, count := range byCause {
		n += count
	}
	return n
}

// causes lists what is counted, the most frequent first.
func causes(byCause map[string]int) string {
	names := slices.SortedFunc(maps.Keys(byCause), func(a, b string) int {
		if byCause[a] != byCause[b] {
			return byCause[b] - byCause[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s × %s", grouped(byCause[name]), name)
	}
	return strings.Join(names, ", ")
}
