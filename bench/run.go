package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"outcry/bench/browser"
	"outcry/bench/driver"
	"outcry/bench/freshness"
	"outcry/bench/loop"
	"outcry/bench/symbols"
)

const (
	// primeRate is how many ticks a second create the symbols, before anybody
	// subscribes to them.
	primeRate = 20_000
	// restAfterPrime lets the server come to rest before its memory is read.
	restAfterPrime = time.Second
	// feedPatience is how long the server may take for its answer to the feed.
	feedPatience = 10 * time.Second
)

// run is one run of a scenario. One goroutine, that of Run, owns it: it drives
// the feed and asks the loops for what they found.
type run struct {
	scenario Scenario
	clock    *freshness.Clock
	names    *symbols.Names
	user     func(dashboard int) string
	script   *browser.Script
	target   *target
	fleet    *fleet
	stream   *driver.Stream
	driver   *driver.Driver
	tape     *freshness.Tape     // of the latest step
	recorder *freshness.Recorder // the same
	sent     int64               // ticks fed in all
	report   *Report
	progress progress
}

// Run carries out a scenario and tells on status what it is doing. A report with
// failures in it is no error: see Report.Err. With an error there may be a
// report as well, of what was found before. When ctx ends, the run stops, and so
// does a server that was started for it.
func Run(ctx context.Context, s Scenario, status io.Writer) (report *Report, err error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := checkDescriptors(s.Dashboards+s.Stalled, allowedDescriptors()); err != nil {
		return nil, err
	}
	t, err := openTarget(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	ctx, stop := t.watch(ctx)
	defer stop()

	r, err := newRun(ctx, s, t, newProgress(status), newCast(s))
	if err != nil {
		return nil, err
	}
	r.measure(ctx)
	r.report.judge()
	return r.report, r.fleet.close()
}

// cast is who and what takes part in a run.
type cast struct {
	clock  *freshness.Clock
	names  *symbols.Names
	user   func(dashboard int) string
	notice func(id []byte, now int64) // of trades; nil: nobody cares
}

func newCast(s Scenario) cast {
	return cast{
		clock: freshness.NewClock(),
		names: symbols.New(symbols.RandomTag(), s.Symbols),
		user:  func(i int) string { return fmt.Sprintf("bench-user-%04d", i+1) },
	}
}

// newRun makes the dashboards and opens the feed.
func newRun(ctx context.Context, s Scenario, t *target, p progress, c cast) (*run, error) {
	r := &run{scenario: s, target: t, progress: p, clock: c.clock, names: c.names, user: c.user}
	r.tape = freshness.NewTape(s.Symbols, 0, 1, 0)
	r.script = &browser.Script{Host: t.url.Host, Path: t.path("/socket.io/"), Names: r.names, Batch: s.Batch, Notice: c.notice}
	feed, err := feedToken(s, t.secret, time.Now())
	if err != nil {
		return nil, err
	}
	if r.fleet, err = r.newFleet(s, r.loopOptions(), c.user); err != nil {
		return nil, err
	}
	// The feed must outlive an interrupt, or the server could not say what it got.
	if r.stream, err = driver.Open(context.WithoutCancel(ctx), t.ticksURL(), feed); err != nil {
		return nil, errors.Join(err, r.fleet.close())
	}
	r.driver = driver.New(r.stream, r.names, r.clock)
	r.report = newReport(s, t, r.names.Tag(), len(r.fleet.loops))
	return r, nil
}

// newFleet makes dashboards of these users.
func (r *run) newFleet(s Scenario, options loop.Options, user func(i int) string) (*fleet, error) {
	tokens, err := dashboardTokens(s, r.target.secret, user, time.Now())
	if err != nil {
		return nil, err
	}
	browsers := make([]*browser.Browser, s.Dashboards)
	for i, interest := range interests(s) {
		browsers[i] = browser.New(r.script, tokens[i], interest)
	}
	return newFleet(s, options, browsers, r.tape)
}

func (r *run) loopOptions() loop.Options {
	s := r.scenario
	return loop.Options{Address: r.target.address, Concurrency: s.ConnectConcurrency, Patience: s.ConnectTimeout, Clock: r.clock}
}

// measure goes through the phases; what ends one early is a failure of the run.
func (r *run) measure(ctx context.Context) {
	phases := []func(context.Context) error{r.prime, r.connect}
	for _, rate := range r.scenario.Rates {
		phases = append(phases, func(ctx context.Context) error {
			if r.scenario.Stalled > 0 {
				return r.compareStalled(ctx, rate)
			}
			return r.step(ctx, rate)
		})
	}
	phases = append(phases, r.storms)
	var err error
	for _, phase := range phases {
		if err = phase(ctx); err != nil {
			if errors.Is(err, context.Canceled) {
				err = errors.New("interrupted")
			}
			r.report.fail("%v", err)
			break
		}
	}
	r.finish(err == nil)
}

// prime feeds the first tick of every symbol, so that the symbols exist and
// every subscription has a snapshot to show.
func (r *run) prime(ctx context.Context) error {
	stop := r.progress.track("feed the first tick of "+grouped(r.scenario.Symbols)+" symbols", r.tape.Ticks(), r.tape.Fed)
	defer stop()
	pace := driver.NewPace(r.clock.Now(), 1, primeRate)
	if err := r.feed(ctx, r.tape.Ticks(), pace, freshness.NewHistogram(), feedPatience+time.Duration(pace.Due(r.tape.Ticks()))); err != nil {
		return err
	}
	return rest(ctx, min(restAfterPrime, r.scenario.Settle))
}

// feed drives the tape up to a tick. A server that does not take the ticks ends
// the stream after a while instead of hanging the run.
func (r *run) feed(ctx context.Context, end int, pace driver.Pace, late *freshness.Histogram, patience time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the server takes the feed too slowly: not done after %v", patience.Round(time.Second)))
	defer cancel()
	abort := context.AfterFunc(ctx, func() { r.stream.Abort(context.Cause(ctx)) })
	defer abort()
	before := r.tape.Fed()
	err := r.driver.Feed(ctx, r.tape, end, pace, late)
	r.sent += int64(r.tape.Fed() - before)
	return err
}

// finish ends the feed and collects what belongs to no step.
func (r *run) finish(complete bool) {
	r.report.Faults.add(r.fleet.switchTo(r.tape).recorder)
	r.report.Lost = r.fleet.failures().Lost
	answer, err := r.stream.Close(feedPatience)
	if !complete {
		return // the reason is in the report, and explains what the feed says
	}
	if err != nil {
		r.report.fail("%v", err)
		return
	}
	r.report.Feed = &Feed{Sent: r.sent, Accepted: answer.Accepted, Rejected: answer.Rejected}
	if len(answer.Errors) > 0 {
		r.report.Feed.Error = fmt.Sprintf("line %d: %s", answer.Errors[0].Line, answer.Errors[0].Message)
	}
}

// rest waits, or returns why the run ends.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
