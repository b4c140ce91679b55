package persistence

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// LastBackup is the last backup of a journal that ended well, zero if there was none.
type LastBackup struct {
	Ended time.Time     `json:"ended"`
	Bytes int64         `json:"bytes"`
	Took  time.Duration `json:"took"` // nanoseconds
}

// BackupOutcomes remember how the backups of a storage ended: the last good one in
// the store, so that it is known over restarts, and how many failed since the process
// began. Methods are safe for concurrent use.
type BackupOutcomes struct {
	store Store // immutable after construction

	mu     sync.Mutex // guards the next block
	last   LastBackup
	failed uint64
}

// lastBackupKey is where the store has the last good backup.
const lastBackupKey = "backup/last"

// OpenBackupOutcomes reads those of a store. It returns some also with an error, which
// says that the last backup cannot be read: it is then as if there was none.
func OpenBackupOutcomes(store Store) (*BackupOutcomes, error) {
	o := &BackupOutcomes{store: store}
	value, err := store.Get(lastBackupKey)
	if errors.Is(err, ErrNotFound) {
		return o, nil
	}
	if err == nil {
		err = json.Unmarshal(value, &o.last)
	}
	if err != nil {
		o.last = LastBackup{}
		return o, fmt.Errorf("read when the last backup was taken: %w", err)
	}
	return o, nil
}

// Taken notes a backup that ended well. saved is as Append.Done: a
// backup is good also while the journal cannot be written.
func (o *BackupOutcomes) Taken(last LastBackup, saved func(error)) {
	value, err := json.Marshal(last)
	if err != nil {
		panic("persistence: " + err.Error()) // cannot be: such fields always encode
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = last
	// Under the lock, so that the store keeps the one that is last here.
	o.store.Put([]Document{{Key: lastBackupKey, Value: value}}, saved)
}

// Failed notes a backup that was begun and is none.
func (o *BackupOutcomes) Failed() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed++
}

// Standing returns the last good backup, and how many failed since the process began.
func (o *BackupOutcomes) Standing() (last LastBackup, failed uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last, o.failed
}
