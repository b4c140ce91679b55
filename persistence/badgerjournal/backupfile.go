package badgerjournal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// partialSuffix marks the file of a backup that is not whole.
const partialSuffix = ".partial"

// SaveBackup makes the file of a backup that write writes. There is no file of that
// name before it is whole, on disk, and was read to its end; what a process leaves
// that is killed is the same name and ".partial".
func SaveBackup(path string, write func(w io.Writer) error) (report BackupReport, err error) {
	if _, err := os.Lstat(path); err == nil {
		return report, fmt.Errorf("there is a file %s already, and a backup replaces none: name another", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return report, fmt.Errorf("make the backup: %w", err)
	}
	partial := path + partialSuffix
	file, err := os.OpenFile(partial, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600) // it holds accounts and sign-ins
	if err != nil {
		return report, fmt.Errorf("make the backup: %w: name a file in a directory that you may write to", err)
	}
	if report, err = fillBackup(file, write); err != nil {
		return report, errors.Join(err, os.Remove(partial))
	}
	if err := os.Rename(partial, path); err != nil {
		return report, fmt.Errorf("give the backup its name: %w", err)
	}
	return report, syncDir(filepath.Dir(path))
}

// fillBackup writes a backup, reads it again and closes it.
func fillBackup(file *os.File, write func(w io.Writer) error) (report BackupReport, err error) {
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := write(&smoothFile{file: file}); err != nil {
		return report, err
	}
	if err := file.Sync(); err != nil {
		return report, fmt.Errorf("write the backup: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return report, fmt.Errorf("read the backup again: %w", err)
	}
	return VerifyBackup(file)
}

// smoothFile makes what is written durable bit by bit. All at once at the end it
// would hold up the commits of an engine on the same disk.
type smoothFile struct {
	file    *os.File // immutable after construction
	pending int      // owned by who writes
}

// smoothBytes is how much waits to be made durable.
const smoothBytes = 4 << 20

// Write writes, and syncs now and then. io.Writer.
func (f *smoothFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	if f.pending += n; err == nil && f.pending >= smoothBytes {
		f.pending = 0
		err = f.file.Sync()
	}
	return n, err
}
