package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"outcry/persistence"
)

// lockName is the file whose lock says that a process has the journal open. Badger
// has a lock of its own, but only while its database is open; this one is held
// from the first look at the files on.
//
// The file names the process for messages alone. What it says may be of a process that
// crashed, whose id another one has now.
const lockName = "journal.lock"

// lock keeps other processes out of a directory. The kernel frees it with the process,
// which passes it on to none that it starts: files of Go are closed there.
type lock struct{ file *os.File }

// acquire takes the lock of dir, if it is not held.
func (l *lock) acquire(dir string) error {
	held, err := l.try(dir)
	if held {
		return errLocked(dir, holderOf(dir))
	}
	return err
}

// try is acquire, and says that another process has the lock.
func (l *lock) try(dir string) (held bool, err error) {
	if l.file != nil {
		return false, nil
	}
	path := filepath.Join(dir, lockName)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil && (isReadOnly(err) || errors.Is(err, os.ErrPermission)) {
		file, err = os.Open(path)
	}
	if err != nil {
		return false, fmt.Errorf("lock the journal: %w", err)
	}
	if held, err := lockFile(file); err != nil {
		file.Close()
		return held, fmt.Errorf("lock the journal: %w", err)
	}
	if file.Truncate(0) == nil { // it may have been opened for reading alone
		_, _ = file.WriteString(strconv.Itoa(os.Getpid()) + "\n")
	}
	l.file = file
	return false, nil
}

// release gives the lock back, if it is held. The file stays, and names no process.
func (l *lock) release() {
	if l.file != nil {
		_ = l.file.Truncate(0)
		l.file.Close()
		l.file = nil
	}
}

// lockInterval is how often a lock that another process has is tried.
const lockInterval = 20 * time.Millisecond

// AwaitLock takes the lock of the directory of a journal that was prepared, as soon as
// no other process has it, and Begin keeps it. It gives up after patience (ErrLocked),
// when ctx ends, and at once where this very process has the journal open. What
// else is wrong with the directory is for Begin to say.
func (j *Journal) AwaitLock(ctx context.Context, patience time.Duration) error {
	held, _ := j.lock.try(j.dir)
	if !held {
		return nil
	}
	before := holderOf(j.dir)
	if before.pid == os.Getpid() {
		return errLocked(j.dir, before)
	}
	waits := j.log.Warn().Err(errLocked(j.dir, before)).Stringer("patience", patience)
	waits.Msg("waiting for the lock of the journal")
	late, look := time.NewTimer(patience), time.NewTicker(lockInterval)
	defer late.Stop()
	defer look.Stop()
	for held {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the lock of the journal: %w", context.Cause(ctx))
		case <-late.C:
			return errLocked(j.dir, holderOf(j.dir))
		case <-look.C:
			held, _ = j.lock.try(j.dir)
		}
	}
	return nil
}

// holder is the process that has a lock. It is zero where that is not known.
type holder struct {
	pid  int
	name string // "" where it is not known
}

func (h holder) String() string {
	if h.name == "" {
		return fmt.Sprintf("process %d", h.pid)
	}
	return fmt.Sprintf("process %d (%s)", h.pid, h.name)
}

// holderOf is the process that has the lock of dir open, as its file says and the
// system confirms.
func holderOf(dir string) (h holder) {
	const longest = 32
	path := filepath.Join(dir, lockName)
	file, err := os.Open(path)
	if err != nil {
		return h
	}
	text := make([]byte, longest)
	n, _ := file.Read(text) // none where it cannot be read
	file.Close()            // before it is looked who has it open
	pid, err := strconv.Atoi(strings.TrimSuffix(string(text[:n]), "\n"))
	if err != nil || pid <= 0 {
		return h
	}
	if name, has := opened(pid, path); has {
		h = holder{pid, name}
	}
	return h
}

func errLocked(dir string, h holder) error {
	const advice = "or give this one another directory with --data"
	if h.pid == 0 {
		return fmt.Errorf("journal in %s: %w: stop the other outcry, %s", dir, persistence.ErrLocked, advice)
	}
	return fmt.Errorf("journal in %s: %w, %s: stop it, %s", dir, persistence.ErrLocked, h, advice)
}
