package badgerjournal

import (
	"errors"
	"fmt"
	"math"
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
		v := &verifier{report: report, txn: txn}
		return v.run()
	})
}

// verifier goes over all keys of a journal.
type verifier struct {
	report *Report
	txn    *badger.Txn
	last   string // the stream of the last event, and its version
	at     uint64
}

func (v *verifier) run() error {
	it := v.txn.NewIterator(badger.DefaultIteratorOptions)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		key := item.KeyCopy(nil)
		if err := item.Value(func(value []byte) error { return v.look(key, value) }); err != nil {
			return fmt.Errorf("read %q: %w", key, err)
		}
	}
	return nil
}

// look checks one entry. Only what keeps it from being read is an error.
func (v *verifier) look(key, value []byte) error {
	switch key[0] {
	case kindEvent:
		return v.event(key, value)
	case kindKey:
		return v.key(key, value)
	case kindStream:
		v.stream(key, value)
	case kindOpen:
		v.openMark(key, value)
	case kindCheckpoint:
		return v.checkpoint(key, value)
	case kindDocument:
		v.report.Documents++
		if _, _, err := parseDocument(key, value); err != nil {
			v.report.problem("document %q: %v", key[1:], err)
		}
	case kindMeta:
	default:
		v.report.problem("an entry of an unknown kind: %q", key)
	}
	return nil
}

func (v *verifier) event(key, value []byte) error {
	v.report.Events++
	stream, rest, err := splitKey(key)
	var version uint64
	if err == nil {
		version, err = versionOf(rest)
	}
	if err != nil {
		v.report.problem("event: %v", err)
		return nil
	}
	if stream != v.last {
		v.last, v.at = stream, 0
		if _, err := v.txn.Get(plainKey(nil, kindStream, stream)); errors.Is(err, badger.ErrKeyNotFound) {
			v.report.problem("%s has events and is not listed", stream)
		}
	}
	if version != v.at+1 {
		v.report.problem("%s: events %d to %d are missing", stream, v.at+1, version-1)
	}
	v.at = version
	idempotency, _, err := parseEvent(key, value)
	if err != nil {
		v.report.problem("event %d of %s: %v", version, stream, err)
		return nil
	}
	if idempotency == "" {
		return nil
	}
	known, err := lookup(v.txn, idempotencyKey(nil, stream, idempotency))
	switch {
	case errors.Is(err, persistence.ErrNotFound):
		v.report.problem("event %d of %s: its idempotency key %q is not known, so it could be appended again", version, stream, idempotency)
	case errors.Is(err, persistence.ErrCorrupt): // reported where the key itself is looked at
	case err != nil:
		return err
	case known != version:
		v.report.problem("event %d of %s: its idempotency key %q leads to event %d", version, stream, idempotency, known)
	}
	return nil
}

func (v *verifier) key(key, value []byte) error {
	v.report.Keys++
	stream, rest, err := splitKey(key)
	var version uint64
	if err == nil {
		version, err = parseVersion(key, value)
	}
	if err != nil {
		v.report.problem("idempotency key %q: %v", key, err)
		return nil
	}
	item, err := v.txn.Get(eventKey(nil, stream, version))
	if errors.Is(err, badger.ErrKeyNotFound) {
		v.report.problem("idempotency key %q of %s leads to event %d, which is missing", rest, stream, version)
		return nil
	}
	if err != nil {
		return err
	}
	return item.Value(func(value []byte) error {
		idempotency, _, err := parseEvent(item.Key(), value)
		if err == nil && idempotency != string(rest) {
			v.report.problem("idempotency key %q of %s leads to event %d, which has the key %q", rest, stream, version, idempotency)
		}
		return nil // a damaged event is reported where it is looked at
	})
}

func (v *verifier) stream(key, value []byte) {
	v.report.Streams++
	if _, err := unseal(key, value); err != nil {
		v.report.problem("stream %q: %v", key[1:], err)
	}
	if _, err := lastVersion(v.txn, string(key[1:])); err != nil {
		v.report.problem("%v", err)
	}
}

func (v *verifier) openMark(key, value []byte) {
	v.report.Open++
	if _, err := unseal(key, value); err != nil {
		v.report.problem("%s: %v", describe(key), err)
	}
	if _, err := v.txn.Get(plainKey(nil, kindStream, string(key[1:]))); errors.Is(err, badger.ErrKeyNotFound) {
		v.report.problem("%s has no stream", describe(key))
	}
}

func (v *verifier) checkpoint(key, value []byte) error {
	v.report.Checkpoints++
	stream := string(key[1:])
	c, err := parseCheckpoint(key, value)
	if err != nil {
		v.report.problem("checkpoint of %s: %v", stream, err)
		return nil
	}
	last, err := lastVersion(v.txn, stream)
	if err != nil || c.Version > math.MaxInt64 || c.Version > last {
		v.report.problem("checkpoint of %s is at version %d, and its events end at %d", stream, c.Version, last)
	}
	return nil
}
