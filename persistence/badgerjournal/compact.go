package badgerjournal

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"
)

// Compact rewrites the journal in dir, which no process may have open, without
// what was replaced or has expired. It returns the bytes on disk before and after.
func Compact(dir string, o Options, log zerolog.Logger) (before, after int64, err error) {
	held := &lock{}
	defer held.release()
	db, err := openDatabase(dir, o, newDisk(dir, o.ReserveBytes), held, nil, log)
	if err != nil {
		return 0, 0, err
	}
	before = usedBytes(dir)
	if err := errors.Join(compact(db), db.Close()); err != nil {
		return before, 0, fmt.Errorf("compact the journal in %s: %w", dir, err)
	}
	return before, usedBytes(dir), nil
}

func compact(db *badger.DB) error {
	if err := db.Flatten(compactors); err != nil {
		return err
	}
	for {
		err := db.RunValueLogGC(discardRatio)
		if errors.Is(err, badger.ErrNoRewrite) || errors.Is(err, badger.ErrRejected) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
