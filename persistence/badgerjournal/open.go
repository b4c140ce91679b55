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
	"sync/atomic"
	"syscall"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// opener opens the database of a directory, and makes sure that nothing that was
// acknowledged is missing in it. It changes nothing that an opening which fails does
// not put back.
type opener struct {
	// immutable after construction
	dir      string
	options  Options
	disk     *disk
	lock     *lock
	examined examinedTables
	log      zerolog.Logger
	restored *atomic.Uint64 // counts entries that were put back

	kept      *keptFiles // what is put back if it fails
	listWhole bool       // Badger can read all of its list of tables
	// leftOut reports that Badger opened without a file that it has. All of the journal
	// is verified then.
	leftOut bool
}

// open opens Badger after it has looked that it may.
func (op *opener) open() (*database, error) {
	if err := os.MkdirAll(op.dir, 0o750); err != nil {
		return nil, unavailableOr(fmt.Errorf("make the journal's directory: %w", err))
	}
	if err := op.disk.checkOpening(); err != nil {
		return nil, err
	}
	if err := op.lock.acquire(op.dir); err != nil {
		return nil, unavailableOr(err)
	}
	op.kept, op.leftOut = newKeptFiles(op.dir), false
	db, err := op.openLocked()
	if err != nil {
		return nil, unavailableOr(err)
	}
	return db, nil
}

func (op *opener) openLocked() (_ *database, err error) {
	if err := errors.Join(op.kept.cleanUp(), op.kept.putBack()); err != nil { // of an opening that did not end
		return nil, err
	}
	if err := errors.Join(removeEmptyLogs(op.dir, op.log), replaceMissingList(op.dir)); err != nil {
		return nil, err
	}
	list, whole := readList(op.dir)
	op.listWhole = whole
	damaged, err := checkTables(op.dir, op.examined.unknown(op.dir, tablesIn(op.dir)))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, op.kept.putBack())
		}
	}()
	if err := op.kept.aside(list, damaged); err != nil {
		return nil, err
	}
	db, err := op.openSomehow(damaged)
	if err != nil {
		return nil, err
	}
	err = op.complete(db)
	if err == nil {
		err = op.kept.finish(op.leftOut)
	}
	if err != nil {
		return nil, errors.Join(err, db.discard())
	}
	return db, nil
}

// openSomehow opens Badger, without files that hold nothing of ours if it does not
// open with them.
func (op *opener) openSomehow(damaged map[uint64]error) (*database, error) {
	db, err := op.openBadger()
	if err == nil || isResource(err) || errors.Is(err, persistence.ErrLocked) {
		return db, err
	}
	if id, missing := missingTable(err); missing && op.listWhole {
		if why := damaged[id]; why != nil {
			return nil, why
		}
		return nil, fmt.Errorf("%w: table %s is missing", persistence.ErrCorrupt, tableName(id))
	}
	first := err
	for _, patterns := range op.dispensable() {
		names, err := op.kept.leaveOut(patterns)
		if err != nil {
			return nil, err
		}
		if db, err = op.openBadger(); err == nil {
			op.leftOut = true
			op.log.Warn().Strs("files", names).AnErr("reason", first).
				Msg("opened without files that cannot be read: looking whether anything is missing")
			return db, nil
		}
		if isResource(err) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: %w", persistence.ErrCorrupt, first)
}

// dispensable returns patterns of files without which all of the journal may still be
// there, those first that are.
func (op *opener) dispensable() (patterns [][]string) {
	if !op.listWhole { // a whole one alone tells whether a table is missing
		patterns = append(patterns, []string{badger.ManifestFilename})
	}
	patterns = append(patterns, spareFiles)
	if hasRecent(op.dir) {
		patterns = append(patterns, []string{memLogPattern})
	}
	return patterns
}

// spareFiles hold nothing of ours: values are smaller than what goes into a value log,
// and nothing is encrypted.
var spareFiles = []string{"*.vlog", badger.KeyRegistryFileName, "DISCARD"}

// missingTable reads which table an error of Badger says is missing.
func missingTable(err error) (id uint64, missing bool) {
	_, after, found := strings.Cut(err.Error(), "file does not exist for table ")
	if !found {
		return 0, false
	}
	id, err = strconv.ParseUint(after, 10, 64)
	return id, err == nil
}

func (op *opener) openBadger() (*database, error) {
	if err := op.flushLogs(); err != nil {
		return nil, classify(op.dir, err)
	}
	g := newGuard()
	var db *badger.DB
	err := guarded(func() (err error) {
		db, err = badger.Open(op.options.badger(op.dir, badgerLog{log: op.log, guard: g}))
		return err
	})
	if err != nil {
		g.giveUp()
		return nil, classify(op.dir, err)
	}
	g.attach(db)
	return newDatabase(db, g, op.restored, op.log), nil
}

// flushLogs has Badger write what is in its logs into tables, without compactions.
// Otherwise opening may wait for a compaction, which waits for its guard, which has no
// database before it is open.
func (op *opener) flushLogs() error {
	if len(memLogs(op.dir)) == 0 {
		return nil
	}
	const never = 1 << 20 // tables of the first level
	return guarded(func() error {
		o := op.options.badger(op.dir, badgerLog{log: op.log}).WithNumCompactors(0).WithNumLevelZeroTablesStall(never)
		db, err := badger.Open(o)
		if err != nil {
			return err
		}
		if err := db.Close(); err != nil && len(memLogs(op.dir)) > 0 { // without logs, what was not closed well is a table, which is durable
			return err
		}
		return nil
	})
}

// complete compares what was opened with the tables that Badger does not use and the
// second copy of recent commits, and puts back what is missing.
func (op *opener) complete(db *database) error {
	if err := checkFormat(db.DB); err != nil {
		return err
	}
	var lost unreadable
	tables := entriesOfTables(op.kept.tables(), lost.add)
	if err := db.putBack(allOf(tables, entriesOfRecent(op.dir))); err != nil {
		return err
	}
	if !op.leftOut {
		return nil
	}
	return op.verify(db, lost.errs)
}

// verify makes sure that a journal is whole of which files were left out.
func (op *opener) verify(db *database, lost []error) error {
	var report Report
	if err := verifyDatabase(db.DB, &report); err != nil {
		return err
	}
	if report.Found > 0 {
		return fmt.Errorf("%w: %s, and %d problems more", persistence.ErrCorrupt, report.Problems[0], report.Found-1)
	}
	if len(lost) > 0 {
		return fmt.Errorf("%w: %w", persistence.ErrCorrupt, errors.Join(lost...))
	}
	return db.Sync() // what was put back is to outlive the second copy
}

// replaceMissingList puts an empty list of tables where there should be one. Otherwise
// Badger makes one and removes the tables; an empty one it cannot read.
func replaceMissingList(dir string) error {
	if len(tablesIn(dir)) == 0 {
		return nil
	}
	list, err := os.OpenFile(filepath.Join(dir, badger.ManifestFilename), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("look at the list of tables: %w", err)
	}
	return list.Close()
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
	values, _ := filepath.Glob(filepath.Join(dir, "*.vlog")) // the pattern is right
	return append(memLogs(dir), values...)
}

const memLogPattern = "*.mem"

// memLogs returns the log files of the memory tables in the order of their making.
func memLogs(dir string) []string {
	paths, _ := filepath.Glob(filepath.Join(dir, memLogPattern)) // the pattern is right
	return paths
}

// classify says what an error of Badger means to an operator.
func classify(dir string, err error) error {
	if strings.Contains(err.Error(), "Another process is using this Badger database") {
		return errLocked(dir, holder{}) // not the lock of ours, which names a process
	}
	return fmt.Errorf("open the journal in %s: %w", dir, err)
}

// unavailableOr wraps what is wrong with the machine rather than with what is on disk.
func unavailableOr(err error) error {
	if isResource(err) && !errors.Is(err, persistence.ErrCorrupt) {
		return fmt.Errorf("%w: %w", persistence.ErrUnavailable, err)
	}
	return err
}

// isResource reports whether an error comes of the disk, or of a limit of the process or
// the system, and may not come again.
func isResource(err error) bool {
	causes := []error{
		syscall.EROFS, syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, fs.ErrPermission,
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EAGAIN, syscall.EINTR, syscall.EBUSY,
	}
	for _, cause := range causes {
		if errors.Is(err, cause) || strings.Contains(err.Error(), cause.Error()) { // Badger drops some causes
			return true
		}
	}
	return errors.Is(err, persistence.ErrUnavailable)
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

// badgerLog hands Badger's messages on, and to the guard of its database, if it has one.
type badgerLog struct {
	log   zerolog.Logger
	guard *guard
}

// Errorf logs an error. badger.Logger.
func (l badgerLog) Errorf(format string, args ...any) {
	if l.guard != nil && strings.Contains(format, "Cleaning up") { // Badger did not open, and waits for its compactions
		l.guard.giveUp()
	}
	l.write(l.log.Error(), format, args)
}

// Warningf logs a warning. badger.Logger.
func (l badgerLog) Warningf(format string, args ...any) {
	if l.guard != nil {
		l.guard.logged(format, args)
	}
	l.write(l.log.Warn(), format, args)
}

// Infof logs what interests only who looks for it. badger.Logger.
func (l badgerLog) Infof(format string, args ...any) {
	if l.guard != nil {
		l.guard.informed(format)
	}
	l.write(l.log.Debug(), format, args)
}

// Debugf hands on what the guard listens for, and drops it. badger.Logger.
func (l badgerLog) Debugf(format string, args ...any) {
	if l.guard != nil {
		l.guard.logged(format, args)
	}
}

func (badgerLog) write(event *zerolog.Event, format string, args []any) {
	event.Str("from", "badger").Msg(strings.TrimSpace(fmt.Sprintf(format, args...)))
}
