package badgerjournal

import (
	"fmt"
	"os"
	"path/filepath"

	"outcry/persistence"
)

// lockName is the file that says that a process has the journal open. Badger
// has a lock of its own, but only while its database is open; this one is held
// from the first look at the files on.
const lockName = "journal.lock"

// lock keeps other processes out of a directory.
type lock struct{ file *os.File }

// acquire takes the lock of dir, if it is not held.
func (l *lock) acquire(dir string) error {
	if l.file != nil {
		return nil
	}
	path := filepath.Join(dir, lockName)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o640)
	if isReadOnly(err) {
		file, err = os.Open(path)
	}
	if err != nil {
		return fmt.Errorf("lock the journal: %w", err)
	}
	if held, err := lockFile(file); err != nil {
		file.Close()
		if held {
			return errLocked(dir)
		}
		return fmt.Errorf("lock the journal: %w", err)
	}
	l.file = file
	return nil
}

// release gives the lock back, if it is held. The file stays.
func (l *lock) release() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

func errLocked(dir string) error {
	return fmt.Errorf("journal in %s: %w: stop the other outcry, or give this one another directory with --data", dir, persistence.ErrLocked)
}
