package badgerjournal

import (
	"context"
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"
)

const (
	// lookInterval is how often a journal that is not open tries to be.
	lookInterval = time.Second
	// discardRatio is how much of a value log must be garbage to be rewritten.
	discardRatio = 0.5
)

// housekeep opens the journal once it can be, and takes space back.
func (j *Journal) housekeep(ctx context.Context) {
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	collect := time.NewTicker(j.options.HousekeepingInterval)
	defer collect.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.failed:
			_ = j.reopen() // it logs what is wrong, once
		case <-look.C:
			_ = j.reopen()
		case <-collect.C:
			j.collect()
		}
	}
}

// collect takes back the space of values that were replaced.
func (j *Journal) collect() {
	db, err := j.writable() // collecting writes before it frees
	if err != nil {
		return
	}
	defer db.release()
	if _, err := collectGarbage(db.DB); err != nil {
		j.log.Warn().Err(err).Msg("space of the value log not taken back")
	}
}

// collectGarbage rewrites value logs until none is worth it.
func collectGarbage(db *badger.DB) (rewritten int, err error) {
	for {
		err := db.RunValueLogGC(discardRatio)
		if errors.Is(err, badger.ErrNoRewrite) || errors.Is(err, badger.ErrRejected) {
			return rewritten, nil
		}
		if err != nil {
			return rewritten, err
		}
		rewritten++
	}
}
