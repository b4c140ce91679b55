package badgerjournal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// Salvaged is what Salvage did.
type Salvaged struct {
	// Losses are sentences, the first maxProblems of them; Lost counts all.
	Losses []string
	Lost   int
	// Kept is where the damaged journal is now.
	Kept string
}

func (s *Salvaged) lose(format string, args ...any) {
	s.Lost++
	if len(s.Losses) < maxProblems {
		s.Losses = append(s.Losses, fmt.Sprintf(format, args...))
	}
}

// Salvage makes a new journal of what can be read of the damaged one in dir,
// which no process may have open, and keeps the damaged one beside it under the
// time of now.
//
// A stream keeps its events up to the first that is lost. Where its checkpoint
// stands for those that are lost, it keeps what follows the checkpoint, and only
// its history has a gap. All the rest of the journal agrees with that.
func Salvage(dir string, o Options, log zerolog.Logger, now time.Time) (Salvaged, error) {
	var result Salvaged
	held := &lock{}
	defer held.release()
	if err := held.acquire(dir); err != nil {
		return result, err
	}
	kept := newKeptFiles(dir)
	if err := errors.Join(kept.cleanUp(), kept.putBack()); err != nil {
		return result, fmt.Errorf("salvage the journal: %w", err)
	}
	room := newDisk(dir, 2*usedBytes(dir)+o.ReserveBytes)
	if err := room.check(); err != nil {
		return result, err
	}
	fresh := dir + ".salvage"
	if err := os.RemoveAll(fresh); err != nil { // left by one that did not end
		return result, fmt.Errorf("salvage the journal: %w", err)
	}
	if err := salvageInto(fresh, dir, o, log, &result); err != nil {
		return result, errors.Join(fmt.Errorf("salvage the journal in %s: %w", dir, err), os.RemoveAll(fresh))
	}
	result.Kept = dir + ".damaged-" + now.UTC().Format("20060102T150405Z")
	if err := replaceDir(dir, fresh, result.Kept); err != nil {
		return result, fmt.Errorf("put the salvaged journal in place of %s: %w", dir, err)
	}
	return result, nil
}

func salvageInto(fresh, dir string, o Options, log zerolog.Logger, result *Salvaged) error {
	if err := copyReadable(fresh, dir, o, log, result); err != nil {
		return err
	}
	db, err := badger.Open(o.badger(fresh, badgerLog{log: log}))
	if err != nil {
		return err
	}
	if err := checkFormat(db); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(mend(db, result), db.Close())
}

// copyReadable copies every entry that can be read, with its age: which one of a
// key is the newest is Badger's to say.
func copyReadable(fresh, dir string, o Options, log zerolog.Logger, result *Salvaged) (err error) {
	if err := os.Mkdir(fresh, 0o750); err != nil {
		return err
	}
	db, err := badger.OpenManaged(o.badger(fresh, badgerLog{log: log}).WithSyncWrites(false)) // closing syncs
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	batch := db.NewManagedWriteBatch()
	defer batch.Cancel()
	s := &source{dir: dir, options: o, log: log, result: result, emit: func(e entry) error { return e.put(batch, result) }}
	if err := s.readAll(fresh + ".log"); err != nil {
		return err
	}
	return batch.Flush()
}

func (e *entry) put(batch *badger.WriteBatch, result *Salvaged) error {
	if e.deleted {
		return batch.DeleteAt(e.key, e.version)
	}
	if len(e.key) > 0 && e.key[0] == kindMeta {
		if err := parseFormat(e.key, e.value); errors.Is(err, persistence.ErrCorrupt) {
			result.lose("%v", err)
			return nil // it is written anew
		} else if err != nil {
			return err
		}
	}
	return batch.SetEntryAt(&badger.Entry{Key: e.key, Value: e.value, ExpiresAt: e.expires}, e.version)
}

// replaceDir puts fresh in the place of dir, and dir under the name kept. In
// between there is no moment without a journal, of which a start would make an
// empty one, if the file system can exchange names.
func replaceDir(dir, fresh, kept string) error {
	if err := exchange(fresh, dir); err != nil {
		if err := os.Rename(dir, kept); err != nil {
			return err
		}
		if err := os.Rename(fresh, dir); err != nil {
			return err
		}
		return syncDir(filepath.Dir(dir))
	}
	if err := os.Rename(fresh, kept); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}
