package badgerjournal

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"outcry/persistence"
)

// disk watches the file system that holds a directory.
type disk struct {
	// immutable after construction
	dir     string
	reserve int64
}

func newDisk(dir string, reserve int64) *disk { return &disk{dir: dir, reserve: reserve} }

// check says why nothing must be written now, as an ErrUnavailable.
func (d *disk) check() error { return d.checkRoom(d.reserve) }

// checkRoom is check with another need for room, in bytes.
func (d *disk) checkRoom(need int64) error {
	var s unix.Statfs_t
	if err := unix.Statfs(d.dir, &s); err != nil {
		return fmt.Errorf("%w: look at the disk of %s: %w", persistence.ErrUnavailable, d.dir, err)
	}
	if s.Flags&unix.ST_RDONLY != 0 {
		return fmt.Errorf("%w: the disk of %s is read-only: mount it writable", persistence.ErrUnavailable, d.dir)
	}
	if free := freeBytes(&s); free < need {
		return fmt.Errorf("%w: the disk of %s has %d MiB free and %d MiB are kept in reserve: make room, and trading goes on by itself",
			persistence.ErrUnavailable, d.dir, free>>20, need>>20)
	}
	return nil
}

func freeBytes(s *unix.Statfs_t) int64 { return int64(s.Bavail) * s.Bsize }

// usedBytes returns what the files of a directory take of its disk; their sizes
// say more, since Badger makes them larger than what they hold.
func usedBytes(dir string) (bytes int64) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, entry := range entries {
		var s unix.Stat_t
		if unix.Stat(filepath.Join(dir, entry.Name()), &s) == nil {
			const blockBytes = 512 // of st_blocks, whatever the file system's own are
			bytes += s.Blocks * blockBytes
		}
	}
	return bytes
}
