//go:build unix

package badgerjournal

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock of a file, or says that another process has it.
func lockFile(file *os.File) (held bool, err error) {
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	return errors.Is(err, unix.EWOULDBLOCK), err
}

// isReadOnly reports whether an error comes of a file system that is read-only.
func isReadOnly(err error) bool { return errors.Is(err, unix.EROFS) }

// allocatedBytes is what a file takes of its disk.
func allocatedBytes(path string) int64 {
	var s unix.Stat_t
	if unix.Stat(path, &s) != nil {
		return 0
	}
	const blockBytes = 512 // of st_blocks, whatever the file system's own are
	return s.Blocks * blockBytes
}

// writtenBytes returns behind what offset a file is a hole.
func writtenBytes(file *os.File, size int64) int64 {
	fd, written := int(file.Fd()), int64(0)
	for written < size {
		start, err := unix.Seek(fd, written, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return written
		}
		if err != nil {
			return size
		}
		end, err := unix.Seek(fd, start, unix.SEEK_HOLE)
		if err != nil || end <= written {
			return size
		}
		written = end
	}
	return size
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("make the names in the journal durable: %w", err)
	}
	defer file.Close()
	if err := file.Sync(); err != nil {
		return fmt.Errorf("make the names in the journal durable: %w", err)
	}
	return nil
}
