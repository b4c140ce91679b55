package badgerjournal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"

	"outcry/persistence"
)

// checkOrphans looks at tables that are not in the list: Badger deletes them. A
// process that was killed between the making of a table and its entry leaves
// one, and all of it is also in the log or the tables that it was made from. One
// with commits that are in none of those was in the list once.
func checkOrphans(dir string, listed []uint64) error {
	orphans := slices.DeleteFunc(tablesIn(dir), func(id uint64) bool { return slices.Contains(listed, id) })
	if len(orphans) == 0 {
		return nil
	}
	last := lastInLogs(dir)
	for _, id := range listed {
		last = max(last, lastInTable(dir, id))
	}
	for _, id := range orphans {
		if newest := lastInTable(dir, id); newest > last {
			return fmt.Errorf("journal in %s: %w: table %s is not in %s, and nothing else has its last %d commits",
				dir, persistence.ErrCorrupt, table.IDToFilename(id), manifestName, newest-last)
		}
	}
	return nil
}

// tablesIn returns the ids of the tables that are there.
func tablesIn(dir string) (ids []uint64) {
	paths, _ := filepath.Glob(filepath.Join(dir, "*.sst")) // the pattern is right
	for _, path := range paths {
		if id, ok := table.ParseFileID(path); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// lastInTable returns the last commit of which a table has something, 0 if it
// cannot be read: its making was not finished.
func lastInTable(dir string, id uint64) (last uint64) {
	data, err := os.ReadFile(table.NewFilename(id, dir))
	if err != nil {
		return 0
	}
	err = guarded(func() error {
		t, err := openTable(data, id, options.OnBlockRead)
		if err == nil {
			last = t.MaxVersion()
		}
		return err
	})
	if err != nil {
		return 0
	}
	return last
}

func lastInLogs(dir string) (last uint64) {
	for _, path := range replayedLogs(dir) {
		if data, err := readLog(path); err == nil && len(data) > logHeadBytes {
			last = max(last, walkLog(data).last)
		}
	}
	return last
}

var errUnreadable = errors.New("it is not a table any more")

// guarded makes an error of the panics that Badger has for damaged tables.
func guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errUnreadable // the panics print whole blocks
		}
	}()
	return f()
}
