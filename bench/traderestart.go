package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"outcry/bench/server"
)

const (
	// healthPatience is how long a server may take until it is healthy.
	healthPatience = 2 * time.Minute
	// healthPoll is how often it is asked.
	healthPoll = 5 * time.Millisecond
)

// reopen stops the server, kills it, and measures how long it takes to be
// healthy again over all of its trades.
func (r *tradeRun) reopen(ctx context.Context) error {
	if r.scenario.OpenTrades == 0 {
		return nil
	}
	var stored int64
	for _, book := range r.books {
		stored += book.TotalAcknowledged()
	}
	if missing := int64(r.scenario.OpenTrades) - stored; missing > 0 {
		if err := r.watched(ctx, func(ctx context.Context) error { return r.seed(ctx, r.accounts, missing) }); err != nil {
			return err
		}
		stored += missing
	}
	stop := r.progress.track("open a journal of "+grouped(stored)+" trades", 1, func() int { return 0 })
	defer stop()
	opening := &Opening{Trades: stored}
	var err error
	if opening.AfterStop, err = r.restart(ctx, (*server.Child).Stop); err != nil {
		return err
	}
	opening.AfterKill, err = r.restart(ctx, (*server.Child).Kill)
	opening.JournalSize = folderBytes(r.target.data)
	r.report.Opening = opening
	return err
}

// restart ends the server and starts another on the same folder. It returns how
// many milliseconds that one took to be healthy.
func (r *tradeRun) restart(ctx context.Context, end func(*server.Child) error, env ...string) (milliseconds float64, err error) {
	if err := r.target.stop(end); err != nil {
		return 0, err
	}
	begin := r.clock.Now()
	if err := r.target.start(ctx, env); err != nil {
		return 0, err
	}
	if err := r.watched(ctx, r.healthy); err != nil {
		return 0, err
	}
	took := time.Duration(r.clock.Now() - begin)
	r.server, err = r.newServer()
	return inMilliseconds(took), err
}

// healthy waits until the server says that it is.
func (r *tradeRun) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, healthPatience, fmt.Errorf("the server was not healthy within %v", healthPatience))
	defer cancel()
	a := newAsker(r.target, 1)
	defer a.close()
	for {
		var health struct {
			Journal struct {
				Available bool `json:"available"`
			} `json:"journal"`
		}
		if err := a.ask(ctx, "/health", "", &health); err == nil && health.Journal.Available {
			return nil
		}
		if err := rest(ctx, healthPoll); err != nil {
			return err
		}
	}
}

// folderBytes adds up the files below a folder.
func folderBytes(folder string) (sum int64) {
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // what vanished meanwhile has no size
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	return sum
}
