package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/time/rate"

	"outcry/persistence"
	"outcry/persistence/backup"
)

// Backup writes one moment of the journal to w: everything that was acknowledged
// before the call, and of each later commit all or nothing. Commits go on beside
// it. It takes no more than Options.BackupByteRate, and memory for two blocks.
//
// It ends early when ctx does, when the journal is closed, and when it has to be
// opened again; what was written then lacks its trailer and is no backup. w must
// end its writes when ctx does. persistence.Storage.
func (j *Journal) Backup(ctx context.Context, w io.Writer) (persistence.Contents, int64, error) {
	db, err := j.acquire()
	if err != nil {
		return persistence.Contents{}, 0, fmt.Errorf("back the journal up: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(db.ending, func() { cancel(errEnding) })()
	// The database is read by a goroutine of its own, so that it can be closed
	// while w still waits for a reader that is slow.
	from, to := io.Pipe()
	defer context.AfterFunc(ctx, func() { to.CloseWithError(context.Cause(ctx)) })()
	var result backupResult
	var reading sync.WaitGroup
	reading.Go(func() {
		defer db.release()
		result = j.readForBackup(ctx, db.DB, to)
		to.CloseWithError(result.err)
	})
	_, err = io.Copy(w, from)
	from.CloseWithError(err)
	reading.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause // of which the others are consequences
	}
	if err == nil {
		err = result.err
	}
	if err != nil {
		err = fmt.Errorf("back the journal up: %w", err)
	}
	return result.contents, int64(result.summary.Bytes), err
}

// errEnding ends a backup whose database is closed.
var errEnding = errors.New("the journal is being closed, or opened again after a failure: take the backup again")

// backupResult is what a backup holds, or why it is none.
type backupResult struct {
	contents persistence.Contents
	summary  backup.Summary
	err      error
}

// readForBackup writes all entries of a moment of a database, which is before
// anything is written.
func (j *Journal) readForBackup(ctx context.Context, db *badger.DB, out io.Writer) (result backupResult) {
	result.err = viewOf(db, func(txn *badger.Txn) error {
		w, err := backup.NewWriter(&pacedWriter{ctx: ctx, out: out, journal: j}, backup.Header{Journal: FormatVersion, Made: j.now()})
		var next []byte
		for more := true; more && err == nil; {
			next, more, err = backUpSome(ctx, txn, next, w, &result.contents)
		}
		if err == nil {
			result.summary, err = w.Close()
		}
		return err
	})
	return result
}

// iteratorBytes is how much is read with one iterator, which keeps the tables and
// logs on disk that it began with, also where they were compacted meanwhile. The
// transaction alone keeps only the values of its moment.
const iteratorBytes = 4 << 20

// backUpSome writes entries from a key on. There may be more, from next on.
func backUpSome(ctx context.Context, txn *badger.Txn, from []byte, w *backup.Writer, contents *persistence.Contents) (next []byte, more bool, err error) {
	it := txn.NewIterator(badger.DefaultIteratorOptions)
	defer it.Close()
	size := 0
	for it.Seek(from); it.Valid(); it.Next() {
		item := it.Item()
		if size > iteratorBytes {
			return item.KeyCopy(nil), true, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		key := item.Key()
		err := item.Value(func(value []byte) error {
			if _, err := unseal(key, value); err != nil {
				return corrupt(describe(key), err) // a backup of damage would be found when it is needed
			}
			size += len(key) + len(value)
			return w.Add(backup.Entry{Key: key, Value: value, Expires: item.ExpiresAt()})
		})
		if err != nil {
			return nil, false, err
		}
		count(contents, key)
	}
	return nil, false, nil
}

// pacedBytes is how much of a backup goes at once.
const pacedBytes = 64 << 10

// pacedWriter holds a backup to its rate, which may change meanwhile.
type pacedWriter struct {
	ctx     context.Context //nolint:containedctx // of the one backup that it is for
	out     io.Writer
	journal *Journal

	// owned by who writes
	limiter *rate.Limiter
}

// Write waits until p may go. io.Writer.
func (w *pacedWriter) Write(p []byte) (int, error) {
	perSecond := rate.Limit(w.journal.Options().BackupByteRate)
	if w.limiter == nil {
		w.limiter = rate.NewLimiter(perSecond, pacedBytes)
	}
	w.limiter.SetLimit(perSecond)
	written := 0
	for part := range slices.Chunk(p, pacedBytes) {
		if err := w.limiter.WaitN(w.ctx, len(part)); err != nil {
			return written, err
		}
		n, err := w.out.Write(part)
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}
