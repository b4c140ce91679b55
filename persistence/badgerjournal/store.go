package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// Get returns the value of a document. persistence.Store.
func (r reader) Get(key string) (content []byte, err error) {
	missing := fmt.Errorf("document %s: %w", key, persistence.ErrNotFound)
	err = r.view(func(txn *badger.Txn) error {
		item, err := txn.Get(plainKey(nil, kindDocument, key))
		if errors.Is(err, badger.ErrKeyNotFound) {
			return missing
		}
		if err != nil {
			return fmt.Errorf("document %s: %w", key, err)
		}
		value, err := item.ValueCopy(nil)
		if err != nil {
			return fmt.Errorf("document %s: %w", key, err)
		}
		var expires time.Time
		if content, expires, err = parseDocument(item.Key(), value); err != nil {
			return corrupt("document "+key, err)
		}
		if !expires.IsZero() && !r.now().Before(expires) {
			return missing
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return content, nil
}

// Scan yields documents in the order of their keys. persistence.Store.
func (r reader) Scan(from, to string) iter.Seq2[persistence.Document, error] {
	return func(yield func(persistence.Document, error) bool) {
		err := r.view(func(txn *badger.Txn) error { return r.scan(txn, from, to, yield) })
		if err != nil && !errors.Is(err, errStop) {
			yield(persistence.Document{}, fmt.Errorf("scan documents from %s: %w", from, err))
		}
	}
}

func (r reader) scan(txn *badger.Txn, from, to string, yield func(persistence.Document, error) bool) error {
	o := badger.DefaultIteratorOptions
	o.Prefix = []byte{kindDocument}
	it := txn.NewIterator(o)
	defer it.Close()
	end, now := plainKey(nil, kindDocument, to), r.now()
	for it.Seek(plainKey(nil, kindDocument, from)); it.Valid(); it.Next() {
		item := it.Item()
		if bytes.Compare(item.Key(), end) >= 0 {
			return nil
		}
		value, err := item.ValueCopy(nil)
		if err != nil {
			return err
		}
		d := persistence.Document{Key: string(item.Key()[1:])}
		content, expires, err := parseDocument(item.Key(), value)
		if err != nil {
			return corrupt("document "+d.Key, err)
		}
		d.Value = content
		if !expires.IsZero() {
			if d.Lifetime = expires.Sub(now); d.Lifetime <= 0 {
				continue
			}
		}
		if !yield(d, nil) {
			return errStop
		}
	}
	return nil
}
