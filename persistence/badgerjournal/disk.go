package badgerjournal

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"outcry/persistence"
	"outcry/persistence/descriptors"
)

// disk watches what Badger needs to make files: room on the file system that holds a
// directory, and descriptors of this process. Badger loses what it compacts when it
// cannot make a table, and does not report it: a subcompaction drops the error of
// table.CreateTable. So nothing is committed while a compaction could find no inode
// or descriptor.
type disk struct {
	// immutable after construction
	dir         string
	descriptors func() descriptors.Reading

	// atomic: written by Configure, read before each commit
	reserve atomic.Int64
}

// countAge is how old a count of descriptors may be. Commits of that time fill a few
// tables, which ReserveFiles has room for.
const countAge = 100 * time.Millisecond

func newDisk(dir string, reserve int64) *disk {
	gauge := &descriptors.Gauge{}
	d := &disk{dir: dir, descriptors: func() descriptors.Reading { return gauge.Read(countAge) }}
	d.reserve.Store(reserve)
	return d
}

// check says why nothing must be written now, as an ErrUnavailable.
func (d *disk) check() error { return d.checkRoom(d.reserve.Load(), ReserveFiles) }

// checkOpening is check for a database that is not open: its tables are to be opened, too.
func (d *disk) checkOpening() error {
	if err := d.check(); err != nil {
		return err
	}
	return d.checkDescriptors(Descriptors(d.dir))
}

// checkRoom is check with another need: for bytes and for files.
func (d *disk) checkRoom(bytes int64, files int) error {
	state, err := statDisk(d.dir)
	if err != nil {
		return fmt.Errorf("%w: look at the disk of %s: %w", persistence.ErrUnavailable, d.dir, err)
	}
	switch {
	case state.readOnly:
		return fmt.Errorf("%w: the disk of %s is read-only: mount it writable", persistence.ErrUnavailable, d.dir)
	case state.free < bytes:
		return fmt.Errorf("%w: the disk of %s has %d MiB free and %d MiB are kept in reserve: make room, and trading goes on by itself",
			persistence.ErrUnavailable, d.dir, state.free>>20, bytes>>20)
	case state.inodes > 0 && state.freeInodes < int64(files):
		return fmt.Errorf("%w: the disk of %s has %d inodes free and %d are kept in reserve: remove files, and trading goes on by itself",
			persistence.ErrUnavailable, d.dir, state.freeInodes, files)
	}
	return d.checkDescriptors(files)
}

// checkDescriptors says whether this process may open so many files.
func (d *disk) checkDescriptors(files int) error {
	if r := d.descriptors(); r.Left() < files {
		return fmt.Errorf("%w: %d of %d descriptors of this process are open and the journal needs %d more at times: close connections, or raise the limit (LimitNOFILE of systemd, ulimit -n), and trading goes on by itself",
			persistence.ErrUnavailable, r.Open, r.Limit, files)
	}
	return nil
}

// Descriptors is how many descriptors the process needs for a journal in dir: those
// that it holds, and those that it needs at times beyond them.
func Descriptors(dir string) int {
	return openFiles + len(tablesIn(dir)) + ReserveFiles
}

// inodes makes signed numbers of what a file system says, which may be "very many".
func inodes(all, free uint64) (int64, int64) {
	return int64(min(all, math.MaxInt64)), int64(min(free, math.MaxInt64))
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
