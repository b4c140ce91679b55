package badgerjournal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/rs/zerolog"
)

// source reads the files of a damaged journal, around the damage.
type source struct {
	// immutable after construction
	dir     string
	options Options
	log     zerolog.Logger
	result  *Salvaged
	emit    func(entry) error
}

// readAll emits every entry that can be read. Most are emitted once, some twice.
func (s *source) readAll(workshop string) error {
	paths := newKeptFiles(s.dir).tables()
	for _, id := range tablesIn(s.dir) {
		paths = append(paths, table.NewFilename(id, s.dir))
	}
	if err := entriesOfTables(paths, func(err error) { s.result.lose("%v", err) })(s.emit); err != nil {
		return err
	}
	if err := s.readLogs(workshop); err != nil {
		return err
	}
	return entriesOfRecent(s.dir)(s.emit)
}

// readLogs reads the logs of the memory tables, which hold what is in no table yet:
// each is copied into a directory of its own, which Badger opens.
func (s *source) readLogs(workshop string) error {
	for _, path := range memLogs(s.dir) {
		if err := os.Mkdir(workshop, 0o750); err != nil {
			return err
		}
		if err := copyFile(path, filepath.Join(workshop, filepath.Base(path))); err != nil {
			s.result.lose("%s cannot be read: %v", filepath.Base(path), err)
		} else if err := s.readLog(workshop); err != nil {
			return err
		}
		if err := os.RemoveAll(workshop); err != nil {
			return err
		}
	}
	return nil
}

// readLog emits the entries of the one log in a directory. Badger reads up to the first
// byte that it cannot.
func (s *source) readLog(dir string) error {
	if err := removeEmptyLogs(dir, s.log); err != nil {
		return err
	}
	var db *badger.DB
	err := guarded(func() (err error) {
		db, err = badger.Open(s.options.badger(dir, badgerLog{log: s.log}))
		return err
	})
	if err != nil {
		s.result.lose("a log cannot be read: %v", err)
		return nil
	}
	return errors.Join(db.View(s.readTxn), db.Close())
}

func (s *source) readTxn(txn *badger.Txn) error {
	o := badger.DefaultIteratorOptions
	o.AllVersions = true
	it := txn.NewIterator(o)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		item := it.Item()
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("read %s: %w", describe(item.Key()), err)
		}
		err = s.emit(entry{
			key: item.KeyCopy(nil), value: value, version: item.Version(), expires: item.ExpiresAt(), deleted: item.IsDeletedOrExpired(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
