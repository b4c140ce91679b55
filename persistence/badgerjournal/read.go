package badgerjournal

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// reader reads what a database holds, whoever opened it.
type reader struct {
	// immutable after construction
	view func(f func(txn *badger.Txn) error) error // runs f on a moment of the database
	now  func() time.Time
	met  func(stream string, err error) error // notes damage, and returns err
}

// view runs a function on a moment of the database.
func (j *Journal) view(f func(txn *badger.Txn) error) error {
	db, err := j.acquire()
	if err != nil {
		return err
	}
	defer db.release()
	losses := db.losses.Load()
	read := viewOf(db.DB, f)
	if errors.Is(read, errStop) {
		return read // its reader has gone
	}
	if err := db.confirm(losses); err != nil {
		return err
	}
	return read
}

func viewOf(db *badger.DB, f func(txn *badger.Txn) error) error {
	txn := db.NewTransaction(false)
	defer txn.Discard()
	return f(txn)
}

// errStop ends an iteration whose reader has enough.
var errStop = errors.New("stop")

// Read yields the events after a version. persistence.Journal.
func (r reader) Read(stream string, after uint64) iter.Seq2[persistence.Record, error] {
	return func(yield func(persistence.Record, error) bool) {
		err := r.view(func(txn *badger.Txn) error {
			// An iterator over many tables costs far more than this: most accounts
			// that are loaded have nothing behind their checkpoint, or nothing at all.
			if _, err := txn.Get(eventKey(nil, stream, after+1)); errors.Is(err, badger.ErrKeyNotFound) {
				return checkEnd(txn, stream, after)
			}
			return scanEvents(txn, stream, after+1, false, func(record persistence.Record) bool { return yield(record, nil) })
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(persistence.Record{}, r.met(stream, fmt.Errorf("read %s after %d: %w", stream, after, err)))
		}
	}
}

// checkEnd makes sure that a version without a successor is the last one, and
// that no event is missing in between.
func checkEnd(txn *badger.Txn, stream string, after uint64) error {
	if after > 0 {
		return nil // a checkpoint's version or a browser's offset: verify looks for more
	}
	if _, err := txn.Get(plainKey(nil, kindStream, stream)); err == nil {
		return missing(stream, 1)
	}
	return nil
}

// ReadBack yields the events before a version. persistence.Journal.
func (r reader) ReadBack(stream string, before uint64) iter.Seq2[persistence.Record, error] {
	from := before - 1 // the largest of all for 0
	return func(yield func(persistence.Record, error) bool) {
		if before == 1 {
			return
		}
		err := r.view(func(txn *badger.Txn) error {
			return scanEvents(txn, stream, from, true, func(record persistence.Record) bool { return yield(record, nil) })
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(persistence.Record{}, r.met(stream, fmt.Errorf("read %s before %d: %w", stream, before, err)))
		}
	}
}

// scanEvents yields the events of a stream from a version on, in one direction.
// Versions that are missing in between are damage. Going back, from may be
// behind the last.
func scanEvents(txn *badger.Txn, stream string, from uint64, back bool, yield func(persistence.Record) bool) error {
	o := badger.DefaultIteratorOptions
	o.Prefix = streamPrefix(nil, kindEvent, stream)
	o.Reverse = back
	it := txn.NewIterator(o)
	defer it.Close()
	expected, first := from, true
	for it.Seek(eventKey(nil, stream, from)); it.Valid(); it.Next() {
		item := it.Item()
		version, err := versionOf(item.Key()[len(o.Prefix):])
		if err != nil {
			return corrupt(stream, err)
		}
		if version != expected && (!first || !back) {
			return missing(stream, expected)
		}
		if expected, first = version+1, false; back {
			expected = version - 1
		}
		if err := yieldEvent(item, stream, version, yield); err != nil {
			return err
		}
	}
	if back && !first && expected != 0 {
		return missing(stream, expected)
	}
	return nil
}

func missing(stream string, version uint64) error {
	return corrupt(fmt.Sprintf("event %d of %s", version, stream), errors.New("is missing"))
}

func yieldEvent(item *badger.Item, stream string, version uint64, yield func(persistence.Record) bool) error {
	return item.Value(func(value []byte) error {
		key, data, err := parseEvent(item.Key(), value)
		if err != nil {
			return corrupt(fmt.Sprintf("event %d of %s", version, stream), err)
		}
		if !yield(persistence.Record{Version: version, Key: key, Data: data}) {
			return errStop
		}
		return nil
	})
}

// lastVersion returns the version of a stream's last event, 0 if it has none.
func lastVersion(txn *badger.Txn, stream string) (uint64, error) {
	if _, err := txn.Get(plainKey(nil, kindStream, stream)); errors.Is(err, badger.ErrKeyNotFound) {
		return 0, nil // without an iterator, which costs most of a first append
	}
	o := badger.DefaultIteratorOptions
	o.Prefix = streamPrefix(nil, kindEvent, stream)
	o.Reverse = true
	o.PrefetchValues = false
	it := txn.NewIterator(o)
	defer it.Close()
	it.Seek(eventKey(nil, stream, math.MaxUint64))
	if !it.Valid() {
		return 0, corrupt(stream, errors.New("its events are missing"))
	}
	version, err := versionOf(it.Item().Key()[len(o.Prefix):])
	if err != nil {
		return 0, corrupt(stream, err)
	}
	return version, nil
}

// lookup returns the version under an idempotency key, or ErrNotFound.
func lookup(txn *badger.Txn, key []byte) (version uint64, err error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return 0, persistence.ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("look up %q: %w", key, err)
	}
	err = item.Value(func(value []byte) error {
		version, err = parseVersion(key, value)
		return err
	})
	if err != nil {
		return 0, corrupt(fmt.Sprintf("idempotency key %q", key), err)
	}
	return version, nil
}

// Lookup returns the version of a key's event. persistence.Journal.
func (r reader) Lookup(stream, key string) (version uint64, err error) {
	err = r.view(func(txn *badger.Txn) error {
		version, err = lookup(txn, idempotencyKey(nil, stream, key))
		return err
	})
	return version, r.met(stream, err)
}

// Checkpoint returns a stream's checkpoint. persistence.Journal.
func (r reader) Checkpoint(stream string) (c persistence.Checkpoint, err error) {
	key := plainKey(nil, kindCheckpoint, stream)
	err = r.view(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if errors.Is(err, badger.ErrKeyNotFound) {
			return fmt.Errorf("checkpoint of %s: %w", stream, persistence.ErrNotFound)
		}
		if err != nil {
			return fmt.Errorf("checkpoint of %s: %w", stream, err)
		}
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("checkpoint of %s: %w", stream, err)
		}
		if c, err = parseCheckpoint(key, value); err != nil {
			return corrupt("checkpoint of "+stream, err)
		}
		return nil
	})
	return c, r.met(stream, err)
}

// Streams yields the names of all streams. persistence.Journal.
func (r reader) Streams() iter.Seq2[string, error] { return r.names(kindStream, "the streams") }

// OpenStreams yields the names of the streams with an open mark. persistence.Journal.
func (r reader) OpenStreams() iter.Seq2[string, error] { return r.names(kindOpen, "the open streams") }

// names yields the names that stand under the plain keys of a kind.
func (r reader) names(kind byte, what string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := r.view(func(txn *badger.Txn) error {
			o := badger.DefaultIteratorOptions
			o.Prefix = []byte{kind}
			o.PrefetchValues = false
			it := txn.NewIterator(o)
			defer it.Close()
			for it.Rewind(); it.Valid(); it.Next() {
				if !yield(string(it.Item().Key()[1:]), nil) {
					return errStop
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield("", fmt.Errorf("list %s: %w", what, err))
		}
	}
}
