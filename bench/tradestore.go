package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"outcry/bench/executor"
)

// compare asks for the trades of every account.
func (r *tradeRun) compare(ctx context.Context) error {
	stored := &Stored{}
	begin := r.clock.Now()
	err := r.watched(ctx, func(ctx context.Context) error {
		for _, book := range r.books {
			if err := r.compareBook(ctx, book, stored); err != nil {
				return err
			}
		}
		return nil
	})
	stored.Seconds = time.Duration(r.clock.Now() - begin).Seconds()
	r.report.Stored = stored
	return err
}

func (r *tradeRun) compareBook(ctx context.Context, book *executor.Book, sum *Stored) error {
	var done atomic.Int64
	stop := r.progress.track("compare what is stored of "+grouped(book.Accounts())+" accounts", book.Accounts(), func() int { return int(done.Load()) })
	defer stop()
	var mu sync.Mutex // guards sum
	err := r.askAll(ctx, book, func(ctx context.Context, a *asker, account int, token string) error {
		var answer struct {
			Data struct {
				Summary struct {
					TotalTrades int64 `json:"totalTrades"`
				} `json:"summary"`
			} `json:"data"`
		}
		if err := a.ask(ctx, "/api/trades?limit=1", token, &answer); err != nil {
			return fmt.Errorf("trades of %s: %w", book.User(account), err)
		}
		done.Add(1)
		mu.Lock()
		defer mu.Unlock()
		sum.compare(book, account, answer.Data.Summary.TotalTrades)
		return nil
	})
	sum.Sent += book.Taken()
	return err
}

// compare adds an account.
func (s *Stored) compare(book *executor.Book, account int, stored int64) {
	acknowledged := book.Acknowledged(account)
	s.Accounts++
	s.Acknowledged += acknowledged
	s.Stored += stored
	if stored == acknowledged {
		return
	}
	if s.Wrong++; s.First == "" {
		s.First = fmt.Sprintf("%s has %s trades, %s were acknowledged", book.User(account), grouped(stored), grouped(acknowledged))
	}
}
