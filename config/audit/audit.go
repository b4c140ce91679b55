// Package audit remembers which settings of a running engine were changed, and who
// took its backups, by whom and when, over restarts.
//
// The newest entries are one document in the store, written with each change. A
// change is made though the store cannot be written, on a full disk say: that is
// when an operator needs it. Its entry is then kept in memory and written with
// the next.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"outcry/persistence"
)

// Entry is one setting that was changed, or one thing that an operator did, whose
// state it has: a backup was begun, and then taken.
type Entry struct {
	At     int64  `json:"at"`     // Unix milliseconds
	UserID string `json:"userId"` // the operator, or "file PATH" for the settings file
	Key    string `json:"key"`
	From   string `json:"from"`
	To     string `json:"to"`
}

const (
	// MaxEntries is how many are kept, the newest.
	MaxEntries = 1000
	// maxBytes bounds the document below what the store takes, whatever the
	// values are. Ordinary entries are a tenth of it.
	maxBytes = persistence.MaxDocumentBytes * 3 / 4
	// documentKey is where the store has them.
	documentKey = "audit/settings"
)

// Log is the audit log. Its methods are safe for concurrent use.
type Log struct {
	// immutable after construction
	store persistence.Store
	now   func() time.Time

	mu      sync.Mutex // guards the next block
	entries []Entry    // oldest first
	newest  *save      // the last write, nil before the first
}

// save is one write. err is valid once done is closed.
type save struct {
	done chan struct{}
	err  error
}

// Open reads the log of a store. It returns one also with an error, which says
// that what there was cannot be read: the log then begins anew.
func Open(store persistence.Store, now func() time.Time) (*Log, error) {
	l := &Log{store: store, now: now}
	value, err := store.Get(documentKey)
	if errors.Is(err, persistence.ErrNotFound) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(value, &l.entries)
	}
	if err != nil {
		l.entries = nil
		return l, fmt.Errorf("read the audit log of settings: %w", err)
	}
	return l, nil
}

// Add appends entries, whose time it sets, and begins to save them. It does not
// block.
func (l *Log) Add(entries ...Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.now().UnixMilli()
	for _, e := range entries {
		e.At = at
		l.entries = append(l.entries, e)
	}
	s := &save{done: make(chan struct{})}
	l.newest = s
	// Under the lock, so that documents are written in the order of the changes.
	l.store.Put([]persistence.Document{{Key: documentKey, Value: l.encode()}}, func(err error) {
		s.err = err
		close(s.done)
	})
}

// encode returns the document, having dropped what is too old for it. Needs mu.
func (l *Log) encode() []byte {
	drop := max(0, len(l.entries)-MaxEntries)
	for {
		l.entries = slices.Delete(l.entries, 0, drop)
		value, err := json.Marshal(l.entries)
		if err != nil {
			panic("audit: " + err.Error()) // cannot be: such fields always encode
		}
		if len(value) <= maxBytes || len(l.entries) == 0 {
			return value
		}
		drop = max(1, len(l.entries)/10)
	}
}

// Saved waits until what was added is on disk, or ctx ends.
func (l *Log) Saved(ctx context.Context) error {
	l.mu.Lock()
	s := l.newest
	l.mu.Unlock()
	if s == nil {
		return nil
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		return fmt.Errorf("save the audit log: %w", ctx.Err())
	}
	if s.err != nil {
		return fmt.Errorf("save the audit log: %w", s.err)
	}
	return nil
}

// Newest returns up to limit entries, newest first.
func (l *Log) Newest(limit int) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := append([]Entry{}, l.entries[max(0, len(l.entries)-limit):]...) // never nil, which would be null to clients
	slices.Reverse(newest)
	return newest
}
