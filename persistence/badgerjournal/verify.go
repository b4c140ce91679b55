package badgerjournal

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// Report is what Verify found.
type Report struct {
	Contents
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
// events. The error is that it could not be read at all; of damage that opening
// it would make worse nothing is touched, and it is the problem of the report.
func Verify(dir string, o Options, log zerolog.Logger) (Report, error) {
	var report Report
	held := &lock{}
	defer held.release()
	if err := held.acquire(dir); err != nil {
		return report, err
	}
	err := verifyHeld(dir, o, log, &report)
	return report, err
}

// verifyHeld is Verify of a directory whose lock is held.
func verifyHeld(dir string, o Options, log zerolog.Logger, report *Report) error {
	if err := checkFiles(dir, nil, zerolog.Nop()); err != nil {
		if !errors.Is(err, persistence.ErrCorrupt) {
			return err
		}
		report.problem("%v", err)
		return nil
	}
	// Opening a journal that was not closed writes what is in its logs into tables.
	if err := newDisk(dir, closingTables*o.MemTableBytes).check(); err != nil {
		return err
	}
	db, err := openBadger(dir, o, log)
	if err != nil {
		return classify(dir, err)
	}
	if err := checkFormat(db); err != nil {
		return errors.Join(err, db.Close())
	}
	err = db.View(func(txn *badger.Txn) error {
		return examineAll(txn, &report.Contents, func(f Finding) { report.problem("%s", f.Problem) })
	})
	return errors.Join(err, db.Close())
}
