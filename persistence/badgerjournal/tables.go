package badgerjournal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"

	"outcry/persistence"
)

// examinedTables are those that were read and found good, and what their files
// were then. A table is never written again once it is complete.
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

// checkTables reads every table once. Badger's own check on opening goes on
// without a table whose blocks are damaged, and panics if its end is; later, a
// damaged block is to it as if its keys had never been written.
func checkTables(dir string, ids []uint64) error {
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
	return errors.Join(errs...)
}

// checkTable reads one table into memory and has Badger compare its checksums.
func checkTable(path string, id uint64) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal in %s: %w: %s is missing", filepath.Dir(path), persistence.ErrCorrupt, filepath.Base(path))
	}
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
		return fmt.Errorf("journal in %s: %w: table %s: %w", filepath.Dir(path), persistence.ErrCorrupt, filepath.Base(path), err)
	}
	return nil
}

func openTable(data []byte, id uint64, check options.ChecksumVerificationMode) (*table.Table, error) {
	return table.OpenInMemoryTable(data, id, &table.Options{ReadOnly: true, BlockSize: blockBytes, Compression: options.Snappy, ChkMode: check})
}
