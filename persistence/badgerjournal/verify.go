package badgerjournal

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// Report is what Verify found.
type Report struct {
	persistence.Contents
	// Problems are sentences, the first maxProblems of them; Found counts all.
	Problems []string
	Found    int
}

// maxProblems bounds the sentences of a report.
const maxProblems = 100

func (r *Report) problem(format string, args ...any) {
	r.Found++
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// Verify reads the whole journal in dir, which no process may have open, and
// reports everything that is not as it was written: damaged files and values,
// versions that are missing, idempotency keys and checkpoints without their
// events. The error is that it could not be read at all; of damage with which the
// journal does not open nothing is touched, and it is the problem of the report.
func Verify(dir string, o Options, log zerolog.Logger) (Report, error) {
	var report Report
	held := &lock{}
	defer held.release()
	if err := held.acquire(dir); err != nil {
		return report, err
	}
	err := verifyHeld(dir, o, held, log, &report)
	return report, err
}

// verifyHeld is Verify of a directory whose lock is held.
func verifyHeld(dir string, o Options, held *lock, log zerolog.Logger, report *Report) error {
	// Opening a journal that was not closed writes what is in its logs into tables.
	op := &opener{
		dir: dir, options: o, disk: newDisk(dir, closingTables*o.MemTableBytes), lock: held, log: log, restored: new(atomic.Uint64),
	}
	db, err := op.open()
	if errors.Is(err, persistence.ErrCorrupt) {
		report.problem("%v", err)
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(verifyDatabase(db.DB, report), db.discard())
}

// verifyDatabase reads everything in a database.
func verifyDatabase(db *badger.DB, report *Report) error {
	return db.View(func(txn *badger.Txn) error {
		return examineAll(txn, &report.Contents, func(f Finding) { report.problem("%s", f.Problem) })
	})
}
