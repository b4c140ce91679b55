package badgerjournal

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// Compact rewrites the journal in dir, which no process may have open, without
// what was replaced or has expired. It returns the bytes on disk before and after.
func Compact(dir string, o Options, log zerolog.Logger) (before, after int64, err error) {
	held := &lock{}
	defer held.release()
	op := &opener{dir: dir, options: o, disk: newDisk(dir, o.ReserveBytes), lock: held, log: log, restored: new(atomic.Uint64)}
	db, err := op.open()
	if err != nil {
		return 0, 0, err
	}
	before = usedBytes(dir)
	if err := errors.Join(db.Flatten(compactors), db.discard()); err != nil {
		return before, 0, fmt.Errorf("compact the journal in %s: %w", dir, err)
	}
	return before, usedBytes(dir), nil
}
