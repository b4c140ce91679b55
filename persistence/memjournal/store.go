package memjournal

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"outcry/persistence"
)

type document struct {
	value   []byte
	expires time.Time // zero is never
}

// Put replaces documents. persistence.Store.
func (j *Journal) Put(documents []persistence.Document, done func(error)) {
	documents = slices.Clone(documents)
	for i := range documents {
		documents[i].Value = slices.Clone(documents[i].Value)
	}
	j.enqueue(func() error { return j.put(documents) }, done)
}

// put needs mu.
func (j *Journal) put(documents []persistence.Document) error {
	if err := persistence.CheckDocuments(documents); err != nil {
		return err
	}
	for _, d := range documents {
		if len(d.Value) == 0 {
			delete(j.documents, d.Key)
			continue
		}
		kept := document{value: d.Value}
		if d.Lifetime > 0 {
			kept.expires = j.now().Add(d.Lifetime)
		}
		j.documents[d.Key] = kept
	}
	return nil
}

func (d document) expired(now time.Time) bool { return !d.expires.IsZero() && !now.Before(d.expires) }

// Get returns the value of a document. persistence.Store.
func (j *Journal) Get(key string) ([]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.unreadable != nil {
		return nil, fmt.Errorf("document %s: %w: %w", key, persistence.ErrUnavailable, j.unreadable)
	}
	d, found := j.documents[key]
	if !found || d.expired(j.now()) {
		return nil, fmt.Errorf("document %s: %w", key, persistence.ErrNotFound)
	}
	return d.value, nil
}

// Scan yields documents in the order of their keys. persistence.Store.
func (j *Journal) Scan(from, to string) iter.Seq2[persistence.Document, error] {
	return func(yield func(persistence.Document, error) bool) {
		for _, d := range j.between(from, to) {
			if !yield(d, nil) {
				return
			}
		}
	}
}

func (j *Journal) between(from, to string) []persistence.Document {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	var found []persistence.Document
	for key, d := range j.documents {
		if key < from || key >= to || d.expired(now) {
			continue
		}
		left := time.Duration(0)
		if !d.expires.IsZero() {
			left = d.expires.Sub(now)
		}
		found = append(found, persistence.Document{Key: key, Value: d.value, Lifetime: left})
	}
	slices.SortFunc(found, func(a, b persistence.Document) int { return strings.Compare(a.Key, b.Key) })
	return found
}
