package badgerjournal

import (
	"fmt"
	"os"
	"time"
)

// logKeeper does for new log files what Badger leaves out: it makes their names
// durable, and it gives them their blocks on disk before they are written,
// because a page of a mapped file that finds none kills the process.
//
// owned by the committing goroutine, and before its start and after its end by
// who opens and closes the database
type logKeeper struct {
	// immutable after construction
	dir   string
	bytes int64 // of a log

	settled time.Time // the directory's time of change when it was last settled
	kept    string    // the log that has its blocks
}

func newLogKeeper(dir string, bytes int64) *logKeeper { return &logKeeper{dir: dir, bytes: bytes} }

// tick is more than the step of the times of files: what is younger may have
// been followed by another change of the same time.
const tick = 50 * time.Millisecond

// settle makes the names in the directory durable if there may be new ones.
func (k *logKeeper) settle() error {
	info, err := os.Stat(k.dir)
	if err != nil {
		return fmt.Errorf("look at the journal's directory: %w", err)
	}
	changed := info.ModTime()
	if changed.Equal(k.settled) {
		return nil
	}
	if err := syncDir(k.dir); err != nil {
		return err
	}
	k.keepNewest()
	if time.Since(changed) > tick {
		k.settled = changed
	}
	return nil
}

// forget has everything looked at again.
func (k *logKeeper) forget() { k.settled, k.kept = time.Time{}, "" }

func (k *logKeeper) close() { k.forget() }

// keepNewest gives the log that is being written its blocks. A file system that
// cannot do that, or has no room, leaves it to the reserve.
func (k *logKeeper) keepNewest() {
	logs := memLogs(k.dir)
	if len(logs) == 0 {
		return
	}
	newest := logs[len(logs)-1] // numbered with five digits
	if newest == k.kept {
		return
	}
	file, err := os.OpenFile(newest, os.O_RDWR, 0)
	if err != nil {
		return // Badger has removed it since
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return
	}
	if preallocate(file, min(k.bytes, info.Size())) {
		k.kept = newest
	}
}
