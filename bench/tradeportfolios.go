package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"outcry/bench/executor"
	"outcry/bench/freshness"
	"outcry/bench/server"
)

// portfolios measures the memory of accounts that are loaded.
func (r *tradeRun) portfolios(ctx context.Context) error {
	s := r.scenario
	if s.Portfolios == 0 {
		return nil
	}
	book := r.newBook("m", s.Portfolios)
	if err := r.watched(ctx, func(ctx context.Context) error { return r.seed(ctx, book, int64(s.Portfolios*s.Positions)) }); err != nil {
		return err
	}
	if _, err := r.restart(ctx, (*server.Child).Stop, "OUTCRY_PORTFOLIO_IDLE_TIMEOUT=1h"); err != nil {
		return err
	}
	return r.watched(ctx, func(ctx context.Context) error { return r.loadPortfolios(ctx, book) })
}

func (r *tradeRun) loadPortfolios(ctx context.Context, book *executor.Book) error {
	s := r.scenario
	if err := rest(ctx, s.Settle); err != nil {
		return err
	}
	before, err := r.target.sample(r.clock)
	if err != nil {
		return err
	}
	var done atomic.Int64
	stop := r.progress.track("load "+grouped(s.Portfolios)+" portfolios", s.Portfolios, func() int { return int(done.Load()) })
	defer stop()
	var mu sync.Mutex // guards latency
	took := freshness.NewHistogram()
	err = r.askAll(ctx, book, func(ctx context.Context, a *asker, account int, token string) error {
		begin := r.clock.Now()
		if err := r.checkPortfolio(ctx, a, book, account, token); err != nil {
			return err
		}
		done.Add(1)
		mu.Lock()
		defer mu.Unlock()
		took.Record(r.clock.Now() - begin)
		return nil
	})
	seconds := time.Duration(r.clock.Now() - before.at).Seconds()
	if err == nil {
		err = rest(ctx, s.Settle)
	}
	if err != nil {
		return err
	}
	after, err := r.target.sample(r.clock)
	r.report.Portfolios = &PortfolioUsage{
		Portfolios: s.Portfolios, Positions: s.Positions,
		RSSBefore: before.server.RSS, RSSAfter: after.server.RSS,
		PerPortfolio: float64(after.server.RSS-before.server.RSS) / float64(s.Portfolios),
		LoadSeconds:  seconds, Load: latency(took.Percentiles()),
	}
	return err
}

// checkPortfolio loads an account and sees that all of it is there.
func (r *tradeRun) checkPortfolio(ctx context.Context, a *asker, book *executor.Book, account int, token string) error {
	var answer struct {
		Performance struct {
			TotalTrades int64 `json:"totalTrades"`
		} `json:"performance"`
		Positions []struct{} `json:"positions"`
	}
	if err := a.ask(ctx, "/api/portfolio", token, &answer); err != nil {
		return fmt.Errorf("portfolio of %s: %w", book.User(account), err)
	}
	if len(answer.Positions) != r.scenario.Positions || answer.Performance.TotalTrades != book.Acknowledged(account) {
		return fmt.Errorf("portfolio of %s has %d positions of %d trades, want %d of %d", book.User(account),
			len(answer.Positions), answer.Performance.TotalTrades, r.scenario.Positions, book.Acknowledged(account))
	}
	return nil
}
