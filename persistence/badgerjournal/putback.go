package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// entries calls found for each entry of a source, and ends with its first error. It
// can be called again, and yields the same.
type entries func(found func(entry) error) error

// putBack compares a source with a database and writes what is missing: entries of
// which the database has no version, or an older one than the source. Nothing else may
// write meanwhile. It returns how many entries were missing.
//
// An event and its key are written once, so any version of them will do. Of what is
// replaced, such as a document, the newest version of the source counts, unless the
// database has its value already: one with a new list of tables counts from one again.
func putBack(db *badger.DB, source entries, now time.Time) (missing int, err error) {
	newest := make(map[string]uint64)
	err = source(func(e entry) error {
		if isReplaced(e.key) {
			newest[string(e.key)] = max(newest[string(e.key)], e.version)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	p := &putter{txn: db.NewTransaction(false), batch: db.NewWriteBatch(), now: uint64(now.Unix())}
	defer p.txn.Discard()
	defer p.batch.Cancel()
	err = source(func(e entry) error {
		if version, replaced := newest[string(e.key)]; replaced && e.version < version {
			return nil
		}
		return p.put(&e)
	})
	if err != nil {
		return p.missing, err
	}
	return p.missing, p.batch.Flush()
}

// isReplaced reports whether what stands under a key may be replaced or deleted.
func isReplaced(key []byte) bool {
	return key[0] != kindEvent && key[0] != kindKey && key[0] != kindStream && key[0] != kindMeta
}

// putter writes what a database lacks.
type putter struct {
	txn     *badger.Txn
	batch   *badger.WriteBatch
	now     uint64 // Unix seconds
	missing int
}

func (p *putter) put(e *entry) error {
	if e.expires > 0 && e.expires <= p.now {
		return nil
	}
	has, err := p.has(e)
	if err != nil || has {
		return err
	}
	if e.deleted {
		return p.batch.Delete(bytes.Clone(e.key))
	}
	p.missing++
	return p.batch.SetEntry(&badger.Entry{Key: bytes.Clone(e.key), Value: bytes.Clone(e.value), ExpiresAt: e.expires})
}

// has reports whether the database has this version of an entry, or needs none.
func (p *putter) has(e *entry) (bool, error) {
	item, err := p.txn.Get(e.key)
	switch {
	case err == nil:
		if !isReplaced(e.key) || item.Version() >= e.version {
			return true, nil
		}
		return isSame(item, e)
	case !errors.Is(err, badger.ErrKeyNotFound):
		return false, fmt.Errorf("compare %s: %w", describe(e.key), err)
	case !isReplaced(e.key):
		return e.deleted, nil
	}
	// Not found may mean deleted or expired, after this version.
	o := badger.DefaultIteratorOptions
	o.PrefetchValues = false
	it := p.txn.NewKeyIterator(e.key, o)
	defer it.Close()
	it.Rewind()
	return !it.Valid() && e.deleted || it.Valid() && it.Item().Version() >= e.version, nil
}

// isSame reports whether an item of the database has the value of an entry.
func isSame(item *badger.Item, e *entry) (same bool, err error) {
	if e.deleted || item.ExpiresAt() != e.expires {
		return false, nil
	}
	err = item.Value(func(value []byte) error {
		same = bytes.Equal(value, e.value)
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("compare %s: %w", describe(e.key), err)
	}
	return same, nil
}

// allOf is the entries of several sources, which putBack compares as one.
func allOf(sources ...entries) entries {
	return func(found func(entry) error) error {
		for _, source := range sources {
			if err := source(found); err != nil {
				return err
			}
		}
		return nil
	}
}

// unreadable collects what could not be read of tables, once however often they are read.
type unreadable struct {
	errs  []error
	known map[string]bool // texts
}

func (u *unreadable) add(err error) {
	if u.known[err.Error()] {
		return
	}
	if u.known == nil {
		u.known = make(map[string]bool)
	}
	u.known[err.Error()] = true
	u.errs = append(u.errs, err)
}

// entriesOfTables reads tables one after another. What cannot be read of them goes to
// lost.
func entriesOfTables(paths []string, lost func(error)) entries {
	return func(found func(entry) error) error {
		for _, path := range paths {
			f, err := openTableFile(path)
			if err != nil {
				lost(fmt.Errorf("table %s cannot be read: %w", path, err))
				continue
			}
			if err := f.each(found, lost); err != nil {
				return err
			}
		}
		return nil
	}
}

// entriesOfRecent reads the copy of recent commits in a directory.
func entriesOfRecent(dir string) entries {
	return func(found func(entry) error) error {
		for record, err := range readRecent(dir) {
			if err != nil {
				return err
			}
			for _, e := range record.entries {
				if err := found(e); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
