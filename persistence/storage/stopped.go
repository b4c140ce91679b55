package storage

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence/badgerjournal"
)

// Stopped is the embedded journal of an engine that is stopped. Its methods fail
// with persistence.ErrLocked while one has it open.
type Stopped struct{ data string }

// Find returns the journal in the data directory of an engine, where there must be
// one: opening it would make it.
func Find(data string) (Stopped, error) {
	s := Stopped{data}
	if _, err := os.Stat(s.Dir()); err != nil {
		return s, fmt.Errorf("there is no journal in %s: name the directory that `outcry serve --data` was started with", data)
	}
	return s, nil
}

// Dir is the journal's directory.
func (s Stopped) Dir() string { return filepath.Join(s.data, folder) }

// Open opens it. A backup of it is as fast as the disk, since nobody trades meanwhile.
func (s Stopped) Open() (Storage, error) {
	o := DefaultOptions()
	o.BackupByteRate = 1 << 40
	return Open(s.data, o, zerolog.Nop(), time.Now)
}

// Verify reads all of it and reports everything that is not as it was written. The
// error is that it could not be read at all.
func (s Stopped) Verify() (badgerjournal.Report, error) {
	return badgerjournal.Verify(s.Dir(), DefaultOptions(), zerolog.Nop())
}

// Salvage puts a journal of what can be read in its place, and keeps the damaged one
// beside it.
func (s Stopped) Salvage() (badgerjournal.Salvaged, error) {
	return badgerjournal.Salvage(s.Dir(), DefaultOptions(), zerolog.Nop(), time.Now())
}

// Compact rewrites it without what was replaced or has expired, and returns the bytes
// on disk before and after.
func (s Stopped) Compact() (before, after int64, err error) {
	return badgerjournal.Compact(s.Dir(), DefaultOptions(), zerolog.Nop())
}

// Restore makes a journal of a backup in the data directory of an engine, where there
// must be none.
func Restore(file io.ReadSeeker, data string, acceptProblems bool) (Stopped, badgerjournal.Restored, error) {
	s := Stopped{data}
	restored, err := badgerjournal.Restore(file, s.Dir(), DefaultOptions(), acceptProblems, zerolog.Nop())
	return s, restored, err
}

// BackupReport is what the file of a backup holds.
type BackupReport = badgerjournal.BackupReport

// SaveBackup makes the file of a backup that write writes. It has its name once it is
// whole, on disk, and was read to its end.
func SaveBackup(path string, write func(w io.Writer) error) (BackupReport, error) {
	return badgerjournal.SaveBackup(path, write)
}
