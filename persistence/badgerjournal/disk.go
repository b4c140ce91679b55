package badgerjournal

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"outcry/persistence"
)

// disk watches the file system that holds a directory.
type disk struct {
	// immutable after construction
	dir string

	// atomic: written by Configure, read before each commit
	reserve atomic.Int64
}

func newDisk(dir string, reserve int64) *disk {
	d := &disk{dir: dir}
	d.reserve.Store(reserve)
	return d
}

// check says why nothing must be written now, as an ErrUnavailable.
func (d *disk) check() error { return d.checkRoom(d.reserve.Load()) }

// checkRoom is check with another need for room, in bytes.
func (d *disk) checkRoom(need int64) error {
	state, err := statDisk(d.dir)
	if err != nil {
		return fmt.Errorf("%w: look at the disk of %s: %w", persistence.ErrUnavailable, d.dir, err)
	}
	if state.readOnly {
		return fmt.Errorf("%w: the disk of %s is read-only: mount it writable", persistence.ErrUnavailable, d.dir)
	}
	if state.free < need {
		return fmt.Errorf("%w: the disk of %s has %d MiB free and %d MiB are kept in reserve: make room, and trading goes on by itself",
			persistence.ErrUnavailable, d.dir, state.free>>20, need>>20)
	}
	return nil
}

// usedBytes returns what the files of a directory take of its disk; their sizes
// say more, since Badger makes them larger than what they hold.
func usedBytes(dir string) (bytes int64) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, entry := range entries {
		bytes += allocatedBytes(filepath.Join(dir, entry.Name()))
	}
	return bytes
}
