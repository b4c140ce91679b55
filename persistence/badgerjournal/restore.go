package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/persistence/backup"
)

// Restored is what Restore did.
type Restored struct {
	// Report is of the new journal, as Verify makes it. Problems are those that the
	// journal had when it was backed up.
	Report Report
	// Made is when the backup was made; Expired are documents that have been
	// forgotten since.
	Made    time.Time
	Expired int
}

// ErrProblems refuses to restore a journal that had problems when it was backed up.
var ErrProblems = errors.New("the journal that was backed up had problems: they are listed, and --accept-loss restores it as it was")

// Restore makes the journal in dir, where there must be none, of a backup. The
// backup is read to its end before anything is written; the journal is then made
// beside dir, compared entry by entry with the backup, verified, and put in its
// place at the very end. What a restore leaves that does not end is no journal, and
// is removed by the next.
func Restore(file io.ReadSeeker, dir string, o Options, acceptProblems bool, log zerolog.Logger) (Restored, error) {
	told, err := VerifyBackup(file)
	if err != nil {
		return Restored{}, err
	}
	result := Restored{Made: told.Header.Made}
	if err := checkVacant(dir, nil); err != nil {
		return result, err
	}
	workshop := dir + ".restore"
	if err := os.MkdirAll(workshop, 0o750); err != nil {
		return result, fmt.Errorf("restore the journal: %w", err)
	}
	held := &lock{}
	defer held.release()
	if err := held.acquire(workshop); err != nil {
		if errors.Is(err, persistence.ErrLocked) {
			err = fmt.Errorf("%w: another restore into %s is under way: wait for its end", persistence.ErrLocked, dir)
		}
		return result, err
	}
	const copies = 3 // logs, tables and what compactions copy meanwhile
	if err := newDisk(workshop, copies*int64(told.Summary.Bytes)+o.ReserveBytes).check(); err != nil {
		return result, errors.Join(err, removeWorkshop(workshop, held))
	}
	r := &restorer{file: file, dir: filepath.Join(workshop, "journal"), options: o, log: log, result: &result}
	err = r.run()
	if err == nil && result.Report.Found > 0 && !acceptProblems {
		err = ErrProblems
	}
	if err == nil {
		err = moveIn(r.dir, dir)
	}
	return result, errors.Join(err, removeWorkshop(workshop, held))
}

// removeWorkshop removes what a restore needed, also what one before left.
func removeWorkshop(workshop string, held *lock) error {
	held.release() // elsewhere than on Unix an open file cannot be removed
	if err := os.RemoveAll(workshop); err != nil {
		return fmt.Errorf("clean up after the restore: %w", err)
	}
	return nil
}

// restorer makes one journal of a backup that was verified.
type restorer struct {
	// immutable after construction
	file    io.ReadSeeker
	dir     string // does not exist, or was left by a restore that did not end
	options Options
	log     zerolog.Logger
	result  *Restored
}

func (r *restorer) run() error {
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("remove what an earlier restore left: %w", err)
	}
	if err := os.Mkdir(r.dir, 0o750); err != nil {
		return fmt.Errorf("restore the journal: %w", err)
	}
	for _, step := range []func() error{r.write, r.compare, r.verify, r.sync} {
		if err := step(); err != nil {
			return fmt.Errorf("restore the journal: %w", err)
		}
	}
	return nil
}

// write puts every entry of the backup into a new database.
func (r *restorer) write() (err error) {
	db, err := badger.Open(r.options.badger(r.dir, badgerLog{log: r.log}).WithSyncWrites(false)) // sync makes it durable
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	batch := db.NewWriteBatch()
	defer batch.Cancel()
	err = r.each(func(e backup.Entry) error {
		return batch.SetEntry(&badger.Entry{Key: bytes.Clone(e.Key), Value: bytes.Clone(e.Value), ExpiresAt: e.Expires})
	})
	if err != nil {
		return err
	}
	return batch.Flush()
}

// each reads the backup from its beginning.
func (r *restorer) each(f func(backup.Entry) error) error {
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in, err := backup.NewReader(r.file)
	if err != nil {
		return err
	}
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(e)
		}
		if err != nil {
			return err
		}
	}
}

// compare makes sure that the database holds the backup and nothing else, but for
// what has expired.
func (r *restorer) compare() (err error) {
	db, err := badger.Open(r.options.badger(r.dir, badgerLog{log: r.log}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.DefaultIteratorOptions)
		defer it.Close()
		it.Rewind()
		err := r.each(func(e backup.Entry) error {
			if !it.Valid() || !bytes.Equal(it.Item().Key(), e.Key) {
				if e.Expires > 0 && e.Expires <= uint64(time.Now().Unix()) { // by the clock that Badger goes by
					r.result.Expired++
					return nil
				}
				return fmt.Errorf("%s is not in the new journal", describe(e.Key))
			}
			defer it.Next()
			return sameEntry(it.Item(), &e)
		})
		if err == nil && it.Valid() {
			err = fmt.Errorf("%s is in the new journal and not in the backup", describe(it.Item().Key()))
		}
		return err
	})
}

func sameEntry(item *badger.Item, e *backup.Entry) error {
	return item.Value(func(value []byte) error {
		if !bytes.Equal(value, e.Value) || item.ExpiresAt() != e.Expires {
			return fmt.Errorf("%s is another in the new journal than in the backup", describe(e.Key))
		}
		return nil
	})
}

func (r *restorer) verify() error {
	held := &lock{}
	defer held.release()
	return verifyHeld(r.dir, r.options, held, r.log, &r.result.Report)
}

// sync makes the new journal durable, before it is one by its name.
func (r *restorer) sync() error {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := syncFile(filepath.Join(r.dir, entry.Name())); err != nil {
			return err
		}
	}
	return syncDir(r.dir)
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0) // which Windows wants for a sync
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
