package badgerjournal

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
)

// Badger's marks of an entry that do not say what it is worth to us.
const (
	bitDeleted = 1 << 0
	bitPointer = 1 << 1 // the value is in a value log, where none of ours is
)

// source reads the files of a damaged journal, around the damage.
type source struct {
	// immutable after construction
	dir    string
	result *Salvaged
	emit   func(*entry) error
}

// badgersOwn is what keys of Badger's begin with.
var badgersOwn = []byte("!badger!")

// hand emits an entry that was read. Its memory is not the reader's.
func (s *source) hand(key, value []byte, meta byte, expires uint64) error {
	if len(key) <= timestampBytes || slices.Equal(key[:min(len(key), len(badgersOwn))], badgersOwn) {
		return nil
	}
	e := &entry{key: slices.Clone(y.ParseKey(key)), value: slices.Clone(value), timestamp: y.ParseTs(key), expires: expires, deleted: meta&bitDeleted > 0}
	if meta&bitPointer > 0 {
		s.result.lose("%s is not where it should be", describe(e.key))
		return nil
	}
	return s.emit(e)
}

// readTables reads the tables of the list, or all there are without a list.
func (s *source) readTables() error {
	ids, err := readManifest(s.dir)
	if err == nil {
		err = checkOrphans(s.dir, ids)
	}
	if err != nil {
		s.result.lose("%v; all tables are taken, and what was deleted may be there again", err)
		ids = tablesIn(s.dir)
	}
	for _, id := range ids {
		if err := s.readTable(id); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) readTable(id uint64) error {
	path := table.NewFilename(id, s.dir)
	data, err := os.ReadFile(path)
	if err != nil {
		s.result.lose("table %s cannot be read: %v", filepath.Base(path), err)
		return nil
	}
	var t *table.Table
	if err := guarded(func() error { t, err = openTable(data, id, options.OnBlockRead); return err }); err != nil {
		s.result.lose("nothing of table %s can be read: %v", filepath.Base(path), err)
		return nil
	}
	begins := t.KeySplits(math.MaxInt, nil) // the first keys of its blocks
	for i, begin := range begins {
		var end []byte
		if i+1 < len(begins) {
			end = []byte(begins[i+1])
		}
		entries, err := readBlock(t, []byte(begin), end)
		if err != nil {
			s.result.lose("table %s: what stands from %s on, up to %s, cannot be read: %v", filepath.Base(path), describe(y.ParseKey([]byte(begin))), describeEnd(t, end), err)
			continue
		}
		for _, e := range entries {
			if err := s.hand(e.key, e.value.Value, e.value.Meta, e.value.ExpiresAt); err != nil {
				return err
			}
		}
	}
	return nil
}

func describeEnd(t *table.Table, end []byte) string {
	if end == nil {
		end = t.Biggest()
	}
	return describe(y.ParseKey(end))
}

type tableEntry struct {
	key   []byte
	value y.ValueStruct
}

// readBlock reads the entries from one key on to before another, which are one
// block of a table, or none if the block is damaged.
func readBlock(t *table.Table, begin, end []byte) (entries []tableEntry, err error) {
	err = guarded(func() error {
		it := t.NewIterator(0)
		defer it.Close()
		for it.Seek(begin); it.Valid() && (end == nil || y.CompareKeys(it.Key(), end) < 0); it.Next() {
			value := it.Value()
			value.Value = slices.Clone(value.Value)
			entries = append(entries, tableEntry{slices.Clone(it.Key()), value})
		}
		return nil
	})
	if len(entries) > 0 {
		return entries, nil // what went wrong was the step to the next block
	}
	if err == nil {
		err = errChecksum
	}
	return nil, err
}

// readLogs reads the logs of the memory tables, which hold what is in no table yet.
func (s *source) readLogs() error {
	for _, path := range logFiles(s.dir) {
		if filepath.Ext(path) != ".mem" {
			continue
		}
		data, err := readLog(path)
		if err != nil {
			s.result.lose("%v", err)
			continue
		}
		if err := s.readCommits(filepath.Base(path), data); err != nil {
			return err
		}
	}
	return nil
}

// readCommits hands on all commits of a log that are whole, also behind damage.
// What is not the commit under way at the end of the process is lost.
func (s *source) readCommits(name string, data []byte) error {
	if len(data) < logHeadBytes {
		if len(data) > 0 {
			s.result.lose("%s is shorter than its head", name)
		}
		return nil
	}
	at, w := logHeadBytes, walkLog(data)
	if _, damage := w.judge(name, data); damage != nil {
		s.result.lose("%s at byte %d: %s", name, damage.Offset, damage.Reason)
	}
	for at < len(data) {
		commit, end := wholeCommit(data, at)
		for _, e := range commit {
			if err := s.hand(e.key, e.value, e.meta, e.expires); err != nil {
				return err
			}
		}
		if end > at {
			at = end
			continue
		}
		if at = nextCommit(data, at); at < 0 {
			return nil
		}
	}
	return nil
}

// wholeCommit returns the entries of the commit that begins at an offset, and
// where it ends; no entries and the offset if it is not whole.
func wholeCommit(data []byte, at int) (entries []logEntry, end int) {
	var w walk
	for w.stop = at; w.stop < len(data); {
		e, err := decodeEntry(data, w.stop)
		if err != nil || w.add(&e) != nil {
			return nil, at
		}
		if e.meta&bitEnd == 0 {
			entries = append(entries, e)
		}
		if w.commits > 0 {
			return entries, w.end
		}
	}
	return nil, at
}

// nextCommit returns where the commit after a damaged one begins, or -1. It
// begins where an end stands, or where an entry of another commit follows one
// that has lost its end.
func nextCommit(data []byte, at int) int {
	w := walk{stop: at}
	for w.stop < len(data) {
		e, err := decodeEntry(data, w.stop)
		if err == nil {
			err = w.add(&e)
		}
		if errors.Is(err, errForeign) && e.meta&bitEnd == 0 && w.stop > at {
			return w.stop
		}
		if errors.Is(err, errChecksum) && w.isOther(data, e.end) {
			return e.end
		}
		if err != nil {
			break
		}
	}
	for e := range endsBehind(data, w.stop) {
		return e.end
	}
	return -1
}

// isOther reports whether an entry of another commit than the one under way
// stands at an offset.
func (w *walk) isOther(data []byte, at int) bool {
	if w.open == 0 || at >= len(data) {
		return false
	}
	e, err := decodeEntry(data, at)
	return err == nil && e.meta&bitEnd == 0 && e.timestamp() != w.open
}
