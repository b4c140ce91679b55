package badgerjournal

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"

	"outcry/persistence"
)

// Tables are Badger's files of sorted entries. They are read here with Badger's own
// package of tables, and never changed once they are complete.

// examinedTables are those that were read and found good, and what their files
// were then.
type examinedTables map[uint64]fs.FileInfo

// Examine reads the tables that there are, in advance: what takes longest when a
// large journal is opened. It may be called before Begin, while another process has
// the directory. What is not good, or not complete, is left for Begin to judge.
func (j *Journal) Examine() {
	j.examined = examinedTables{}
	for _, id := range tablesIn(j.dir) {
		path := table.NewFilename(id, j.dir)
		info, err := os.Stat(path)
		if err == nil && checkTable(path, id) == nil {
			j.examined[id] = info
		}
	}
}

// unknown are those of ids that were not examined, or are not what they were.
func (e examinedTables) unknown(dir string, ids []uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id uint64) bool {
		was, found := e[id]
		if !found {
			return false
		}
		is, err := os.Stat(table.NewFilename(id, dir))
		return err == nil && os.SameFile(was, is) && was.Size() == is.Size() && was.ModTime().Equal(is.ModTime())
	})
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

// checkTables reads every table once, and returns what is wrong with which. Badger's
// own check on opening goes on without a table whose blocks are damaged, and panics
// if its end is; later, a damaged block is to it as if its keys had never been
// written. The error is that of a file that could not be read.
func checkTables(dir string, ids []uint64) (damaged map[uint64]error, err error) {
	errs := make([]error, len(ids))
	next := make(chan int)
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(ids)) {
		readers.Go(func() {
			for i := range next {
				errs[i] = checkTable(table.NewFilename(ids[i], dir), ids[i])
			}
		})
	}
	for i := range ids {
		next <- i
	}
	close(next)
	readers.Wait()
	damaged = make(map[uint64]error)
	for i, err := range errs {
		switch {
		case err == nil:
		case !errors.Is(err, persistence.ErrCorrupt):
			return nil, err
		default:
			damaged[ids[i]] = err
		}
	}
	return damaged, nil
}

// checkTable reads one table into memory and has Badger compare its checksums.
func checkTable(path string, id uint64) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("check the journal: %w", err)
	}
	err = guarded(func() error {
		t, err := openTable(data, id, options.NoVerification) // in this mode VerifyChecksum compares
		if err != nil {
			return err
		}
		return t.VerifyChecksum()
	})
	if err != nil {
		return fmt.Errorf("%w: table %s: %w", persistence.ErrCorrupt, filepath.Base(path), err)
	}
	return nil
}

func openTable(data []byte, id uint64, check options.ChecksumVerificationMode) (*table.Table, error) {
	return table.OpenInMemoryTable(data, id, &table.Options{
		ReadOnly: true, BlockSize: blockBytes, Compression: options.Snappy, ChkMode: check,
	})
}

// errUnreadable stands for a panic that Badger has for a damaged table.
var errUnreadable = errors.New("it is not a table any more")

// guarded makes an error of a panic.
func guarded(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errUnreadable // the panics print whole blocks
		}
	}()
	return f()
}

// entry is one value of a key, or that the key was deleted, as of a version of Badger.
type entry struct {
	key, value []byte
	version    uint64
	expires    uint64 // Unix seconds, 0 for never
	deleted    bool
}

// Badger's marks of an entry.
const (
	bitDeleted = 1 << 0
	bitPointer = 1 << 1 // the value is in a value log, where none of ours is
)

// tableFile is a table that is read block by block, around damage.
type tableFile struct {
	path string
	t    *table.Table
}

func openTableFile(path string) (*tableFile, error) {
	id, ok := table.ParseFileID(path)
	if !ok {
		return nil, fmt.Errorf("%s is not the name of a table", filepath.Base(path))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &tableFile{path: path}
	if err := guarded(func() error { f.t, err = openTable(data, id, options.OnBlockRead); return err }); err != nil {
		return nil, err
	}
	return f, nil
}

// lostBlock says what could not be read of a table.
func (f *tableFile) lostBlock(begin, end []byte, err error) error {
	if end == nil {
		end = f.t.Biggest()
	}
	return fmt.Errorf("table %s: the entries from %s to %s cannot be read: %w",
		filepath.Base(f.path), describe(y.ParseKey(begin)), describe(y.ParseKey(end)), err)
}

// each calls found for every entry of ours that can be read, in order, and lost for
// every block that cannot. The entry's memory is the caller's.
func (f *tableFile) each(found func(entry) error, lost func(error)) error {
	begins := f.t.KeySplits(math.MaxInt, nil) // the first keys of its blocks
	for i, begin := range begins {
		var end []byte
		if i+1 < len(begins) {
			end = []byte(begins[i+1])
		}
		entries, err := f.readBlock([]byte(begin), end)
		if err != nil {
			lost(f.lostBlock([]byte(begin), end, err))
			continue
		}
		for _, e := range entries {
			if err := found(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// readBlock reads the entries from one key on to before another, which are one
// block of a table, or none if the block is damaged.
func (f *tableFile) readBlock(begin, end []byte) (entries []entry, err error) {
	err = guarded(func() error {
		it := f.t.NewIterator(0)
		defer it.Close()
		for it.Seek(begin); it.Valid() && (end == nil || y.CompareKeys(it.Key(), end) < 0); it.Next() {
			key, value := it.Key(), it.Value()
			if !isOurs(y.ParseKey(key)) {
				continue
			}
			if value.Meta&bitPointer > 0 {
				return fmt.Errorf("%s is not where it should be", describe(y.ParseKey(key)))
			}
			entries = append(entries, entry{
				key: slices.Clone(y.ParseKey(key)), value: slices.Clone(value.Value), version: y.ParseTs(key),
				expires: value.ExpiresAt, deleted: value.Meta&bitDeleted > 0,
			})
		}
		return nil
	})
	if len(entries) > 0 {
		return entries, nil // what went wrong was the step to the next block
	}
	if err == nil && !f.isEmptyBlock(begin) {
		err = errChecksum
	}
	return nil, err
}

// isEmptyBlock reports whether a block begins with an entry of Badger's own.
func (f *tableFile) isEmptyBlock(begin []byte) bool { return !isOurs(y.ParseKey(begin)) }

// isOurs reports whether a key is not one of Badger's own.
func isOurs(key []byte) bool {
	const badgers = "!badger!"
	return len(key) > 0 && (len(key) < len(badgers) || string(key[:len(badgers)]) != badgers)
}
