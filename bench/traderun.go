package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"outcry/bench/executor"
	"outcry/bench/freshness"
	"outcry/bench/symbols"
)

// tradeRun is one run of a scenario of trades. One goroutine, that of RunTrades,
// owns it.
type tradeRun struct {
	scenario TradeScenario
	clock    *freshness.Clock
	names    *symbols.Names
	target   *target
	server   *executor.Server
	accounts *executor.Book   // of most phases
	books    []*executor.Book // all, to be compared with what is stored
	report   *TradeReport
	progress progress
}

// RunTrades carries out a scenario of trades, as Run does one of quotes.
func RunTrades(ctx context.Context, s TradeScenario, status io.Writer) (report *TradeReport, err error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := checkDescriptors(s.Dashboards+s.InFlight, allowedDescriptors()); err != nil {
		return nil, err
	}
	t, err := openTarget(ctx, s.Scenario)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	r := &tradeRun{scenario: s, target: t, progress: newProgress(status), clock: freshness.NewClock()}
	r.names = symbols.New(symbols.RandomTag(), s.Symbols)
	if r.server, err = r.newServer(); err != nil {
		return nil, err
	}
	r.accounts = r.newBook("", s.Accounts)
	r.report = newTradeReport(s, t, r.names.Tag())
	r.measure(ctx)
	r.judge()
	return r.report, nil
}

func (r *tradeRun) newServer() (*executor.Server, error) {
	token, err := sign(r.target.secret, "bench-executor", []string{"executor"}, time.Now())
	if err != nil {
		return nil, err
	}
	return &executor.Server{
		Address: r.target.address, Host: r.target.url.Host, Path: r.target.path("/api/trades"),
		Token: token, Patience: r.scenario.Patience, Clock: r.clock,
	}, nil
}

// newBook makes accounts that are new to the server.
func (r *tradeRun) newBook(kind string, accounts int) *executor.Book {
	b := executor.NewBook(strings.ToLower(r.names.Tag())+kind, accounts, r.scenario.Positions, r.names)
	r.books = append(r.books, b)
	return b
}

// measure goes through the phases; what ends one early is a failure of the run.
func (r *tradeRun) measure(ctx context.Context) {
	steps := []func(context.Context) error{r.loads, r.reopen, r.compare, r.portfolios}
	for _, step := range steps {
		err := step(ctx)
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		if err != nil {
			r.report.fail("%v", err)
			return
		}
	}
}

// loads runs the phases that were asked for.
func (r *tradeRun) loads(ctx context.Context) error {
	s := r.scenario
	bulk := executor.Load{Connections: s.BulkConnections, PerRequest: s.BulkTrades}
	single := executor.Load{Connections: s.InFlight, PerRequest: 1}
	alone := executor.Load{Connections: 1, PerRequest: 1}
	phases := []struct {
		phase Phase
		run   func(ctx context.Context) error
	}{
		{PhaseBulk, func(ctx context.Context) error {
			return r.load(ctx, PhaseBulk, bulk, fmt.Sprintf("%s a request, %d in flight", grouped(s.BulkTrades), s.BulkConnections))
		}},
		{PhaseSingle, func(ctx context.Context) error {
			return r.load(ctx, PhaseSingle, single, fmt.Sprintf("1 a request, %d in flight", s.InFlight))
		}},
		{PhaseAlone, func(ctx context.Context) error { return r.load(ctx, PhaseAlone, alone, "1 a request, 1 in flight") }},
		{PhaseNotice, r.notices},
	}
	return r.watched(ctx, func(ctx context.Context) error {
		for _, p := range phases {
			if !s.has(p.phase) {
				continue
			}
			if err := p.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", p.phase, err)
			}
		}
		return nil
	})
}

// watched does something that ends when the server does.
func (r *tradeRun) watched(ctx context.Context, do func(context.Context) error) error {
	ctx, stop := r.target.watch(ctx)
	defer stop()
	return do(ctx)
}

// load warms up and measures.
func (r *tradeRun) load(ctx context.Context, phase Phase, load executor.Load, words string) error {
	s := r.scenario
	before := r.accounts.TotalAcknowledged()
	stop := r.progress.track(fmt.Sprintf("trades %s for %v", words, s.Warmup+s.Duration), int((s.Warmup + s.Duration).Seconds()), func() int { return 0 })
	defer stop()
	load.MaxTrades = maxTrades - before
	load.Duration = s.Warmup
	if s.Warmup > 0 {
		if _, err := load.Run(ctx, r.server, r.accounts); err != nil {
			return err
		}
	}
	begin, err := r.target.sample(r.clock)
	if err != nil {
		return err
	}
	load.Duration = s.Duration
	outcome, err := load.Run(ctx, r.server, r.accounts)
	if err != nil {
		return err
	}
	end, err := r.target.sample(r.clock)
	if err != nil {
		return err
	}
	r.report.Phases = append(r.report.Phases, TradePhase{
		Phase:     phase,
		Load:      words,
		Seconds:   outcome.Elapsed.Seconds(),
		PerSecond: float64(outcome.Acknowledged) / outcome.Elapsed.Seconds(),
		Latency:   latency(outcome.Latency),
		Tally:     outcome.Tally,
		Usage:     usage(begin, end),
	})
	return nil
}

// seed sends a number of trades as fast as it goes, without measuring.
func (r *tradeRun) seed(ctx context.Context, book *executor.Book, trades int64) error {
	stop := r.progress.track("send "+grouped(trades)+" trades", int(trades), func() int { return int(book.Taken()) })
	defer stop()
	load := executor.Load{Connections: r.scenario.BulkConnections, PerRequest: r.scenario.BulkTrades, Duration: seedPatience, MaxTrades: trades}
	outcome, err := load.Run(ctx, r.server, book)
	if err == nil && outcome.Acknowledged < trades {
		err = fmt.Errorf("the server took only %s of %s trades in %v", grouped(outcome.Acknowledged), grouped(trades), seedPatience)
	}
	return err
}

// seedPatience bounds the time for trades that only prepare a phase.
const seedPatience = 5 * time.Minute
