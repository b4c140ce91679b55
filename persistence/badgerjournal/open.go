package badgerjournal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// openDatabase opens Badger in dir after it has looked that it may.
func openDatabase(dir string, o Options, disk *disk, lock *lock, examined examinedTables, log zerolog.Logger) (*badger.DB, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, unavailableOr(fmt.Errorf("make the journal's directory: %w", err))
	}
	if err := disk.checkOpening(); err != nil {
		return nil, err
	}
	if err := lock.acquire(dir); err != nil {
		return nil, unavailableOr(err)
	}
	if err := checkFiles(dir, examined, log); err != nil {
		return nil, unavailableOr(err)
	}
	db, err := openBadger(dir, o, log)
	if err != nil {
		return nil, classify(dir, err)
	}
	if err := checkFormat(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openBadger opens Badger. A process that was killed while it made a new log
// leaves it empty, at which Badger fails.
func openBadger(dir string, o Options, log zerolog.Logger) (*badger.DB, error) {
	if err := removeEmptyLogs(dir, log); err != nil {
		return nil, err
	}
	return badger.Open(o.badger(dir, badgerLog{log}))
}

func removeEmptyLogs(dir string, log zerolog.Logger) error {
	for _, path := range logFiles(dir) {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at the journal's logs: %w", err)
		}
		if info.Size() > 0 {
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove an empty log: %w", err)
		}
		log.Info().Str("file", filepath.Base(path)).Msg("empty log removed: the last process was killed while it made it")
	}
	return nil
}

// logFiles returns Badger's log files in the order of their making, those of
// the memory tables first.
func logFiles(dir string) []string {
	memory, _ := filepath.Glob(filepath.Join(dir, "*.mem")) // the pattern is right
	values, _ := filepath.Glob(filepath.Join(dir, "*.vlog"))
	return append(memory, values...)
}

// classify says what an error of Badger means to an operator.
func classify(dir string, err error) error {
	switch {
	case strings.Contains(err.Error(), "Another process is using this Badger database"):
		return errLocked(dir)
	case isDisk(err):
		return unavailableOr(err)
	}
	return fmt.Errorf("open the journal in %s: %w: %w", dir, persistence.ErrCorrupt, err)
}

// unavailableOr wraps what is wrong with the disk rather than with what is on it.
func unavailableOr(err error) error {
	if isDisk(err) {
		return fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
	}
	return err
}

func isDisk(err error) bool {
	for _, cause := range []error{syscall.EROFS, syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EMFILE, syscall.ENFILE, fs.ErrPermission} {
		if errors.Is(err, cause) || strings.Contains(err.Error(), cause.Error()) { // Badger drops some causes
			return true
		}
	}
	return false
}

// checkFormat reads which format the directory has, and writes ours into a new one.
func checkFormat(db *badger.DB) error {
	key := plainKey(nil, kindMeta, "format")
	return db.Update(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if errors.Is(err, badger.ErrKeyNotFound) {
			return txn.Set(key, seal(key, strconv.AppendInt(nil, FormatVersion, 10)))
		}
		if err != nil {
			return fmt.Errorf("read the journal's format: %w", err)
		}
		return item.Value(func(value []byte) error {
			return parseFormat(key, value)
		})
	})
}

// parseFormat reads the value of the format's key. Its checksum is where it is
// in every format, so that a newer one is not taken for damage.
func parseFormat(key, value []byte) error {
	if len(value) < valueHeadBytes {
		return corrupt("the journal's format", errShort)
	}
	body := value[valueHeadBytes:]
	if binary.BigEndian.Uint32(value[1:]) != checksum(key, body) {
		return corrupt("the journal's format", errChecksum)
	}
	if value[0] != FormatVersion || string(body) != strconv.Itoa(FormatVersion) {
		return fmt.Errorf("the journal has format %.10s and this program reads %d: use the program that wrote it, or a newer one", body, FormatVersion)
	}
	return nil
}

// badgerLog hands Badger's messages on.
type badgerLog struct{ log zerolog.Logger }

// Errorf logs an error. badger.Logger.
func (l badgerLog) Errorf(format string, args ...any) { l.write(l.log.Error(), format, args) }

// Warningf logs a warning. badger.Logger.
func (l badgerLog) Warningf(format string, args ...any) { l.write(l.log.Warn(), format, args) }

// Infof logs what interests only who looks for it. badger.Logger.
func (l badgerLog) Infof(format string, args ...any) { l.write(l.log.Debug(), format, args) }

// Debugf drops the rest. badger.Logger.
func (badgerLog) Debugf(string, ...any) {}

func (badgerLog) write(event *zerolog.Event, format string, args []any) {
	event.Str("from", "badger").Msg(strings.TrimSpace(fmt.Sprintf(format, args...)))
}
