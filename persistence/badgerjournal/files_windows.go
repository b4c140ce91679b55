package badgerjournal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the lock of a file, or says that another process has it.
func lockFile(file *os.File) (held bool, err error) {
	err = windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION), err
}

// isReadOnly reports whether an error comes of a file system that is read-only.
func isReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

// allocatedBytes is what a file takes of its disk.
func allocatedBytes(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// writtenBytes returns behind what offset a file is a hole: Windows tells of none.
func writtenBytes(_ *os.File, size int64) int64 { return size }

// syncDir has nothing to do: NTFS journals the names in a directory.
func syncDir(string) error { return nil }
