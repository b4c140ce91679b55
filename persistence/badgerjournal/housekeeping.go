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
		case <-look.C:
			_ = j.reopen() // it logs what is wrong, once
		case <-collect.C:
			j.collect()
		}
	}
}

// collect takes back the space of values that were replaced.
func (j *Journal) collect() {
	db, err := j.acquire()
	if err != nil {
		return
	}
	defer db.release()
	if j.disk.check() != nil {
		return // collecting writes before it frees
	}
	for {
		err := db.RunValueLogGC(discardRatio)
		if errors.Is(err, badger.ErrNoRewrite) || errors.Is(err, badger.ErrRejected) {
			return
		}
		if err != nil {
			j.log.Warn().Err(err).Msg("space of the value log not taken back")
			return
		}
	}
}
