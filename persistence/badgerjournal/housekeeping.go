package badgerjournal

import (
	"context"
	"time"
)

// lookInterval is how often a journal that is not open tries to be.
const lookInterval = time.Second

// housekeep opens the journal once it can be.
func (j *Journal) housekeep(ctx context.Context) {
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.failed:
		case <-look.C:
		}
		_ = j.reopen() // it logs what is wrong, once
	}
}
