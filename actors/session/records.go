package session

import (
	"sync"
	"time"

	"outcry/actors/offload"
	"outcry/persistence"
)

// records keep what ended sessions are recovered from: in memory for those of
// this process, in the store for the next.
//
// A session that ends leaves the copy in the store as it is, and one that comes
// back finds it there: when thousands lose their connections at once and return,
// nothing is written. Only who does not return is taken out of the store.
type records struct {
	// immutable after construction
	store   persistence.Store
	readers *offload.Pool
	now     func() time.Time

	mu    sync.Mutex // guards the next block
	ended map[string]endedRecord
	queue []ending // in the order of their expiry
	// leaving are forgotten, and the store's copy is being taken out: who asks for one
	// meanwhile must not find it there.
	leaving map[string]struct{}
}

type endedRecord struct {
	record  *Record
	expires time.Time
	// stored: the store would keep its copy for longer than the window.
	stored bool
}

// ending is one end of a session. The same browser may have ended again since.
type ending struct {
	recoveryID string
	expires    time.Time
}

// recordReaders is how many records are read at a time.
const recordReaders = 2

func newRecords(store persistence.Store, now func() time.Time) *records {
	return &records{store: store, readers: offload.NewPool(recordReaders), now: now, ended: make(map[string]endedRecord), leaving: make(map[string]struct{})}
}

func (r *records) save(recoveryID string, record *Record, lifetime time.Duration, done func(error)) {
	r.store.Put(document(recoveryID, record.encode(), lifetime), done)
}

// leave keeps the record of a session that ended.
func (r *records) leave(recoveryID string, record *Record, window time.Duration) {
	stored := !record.savedAt.IsZero()
	if !stored {
		r.save(recoveryID, record, window, nil)
	}
	r.mu.Lock()
	gone := r.expire()
	expires := r.now().Add(window)
	r.ended[recoveryID] = endedRecord{record: record, expires: expires, stored: stored}
	r.queue = append(r.queue, ending{recoveryID, expires})
	r.mu.Unlock()
	r.remove(gone)
}

// expire forgets what is too old and returns what the store is to forget, too.
// Needs mu.
func (r *records) expire() (gone []string) {
	now := r.now()
	for len(r.queue) > 0 && !r.queue[0].expires.After(now) {
		id := r.queue[0].recoveryID
		r.queue = r.queue[1:]
		if e, found := r.ended[id]; found && !e.expires.After(now) {
			delete(r.ended, id)
			if e.stored {
				r.leaving[id] = struct{}{}
				gone = append(gone, id)
			}
		}
	}
	return gone
}

// forget takes the record of a session out of the store that is not to be recovered.
func (r *records) forget(recoveryID string) {
	r.mu.Lock()
	gone := append(r.expire(), recoveryID)
	r.leaving[recoveryID] = struct{}{}
	r.mu.Unlock()
	r.remove(gone)
}

// remove takes records out of the store. One that stays there, since that could
// not be written, is forgotten when its lifetime is over.
func (r *records) remove(recoveryIDs []string) {
	for _, id := range recoveryIDs {
		r.store.Put(document(id, nil, 0), func(error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.leaving, id)
		})
	}
}

// kept is how many records are in memory. It forgets what is too old, so that
// whoever watches an engine that nobody connects to sees it become empty.
func (r *records) kept() int {
	r.mu.Lock()
	gone := r.expire()
	kept := len(r.ended)
	r.mu.Unlock()
	r.remove(gone)
	return kept
}

// find looks for the record of an ended session of a user and calls done with it,
// nil if there is none.
func (r *records) find(userID, recoveryID string, done func(*Record)) {
	r.mu.Lock()
	ended, found := r.ended[recoveryID]
	gone := r.expire()
	_, leaving := r.leaving[recoveryID]
	refused := leaving || found && (!ended.expires.After(r.now()) || ended.record.UserID != userID)
	if found && !refused && ended.stored {
		// The browser's next session needs the copy in the store.
		kept := ended
		kept.stored = false
		r.ended[recoveryID] = kept
	}
	r.mu.Unlock()
	r.remove(gone)
	switch {
	case refused:
		done(nil)
	case found:
		copied := *ended.record
		done(&copied)
	default:
		r.readers.Do(func() { done(r.read(recoveryID)) })
	}
}

// read returns the record in the store, nil if there is none.
func (r *records) read(recoveryID string) *Record {
	value, err := r.store.Get(recordKey(recoveryID))
	if err != nil {
		return nil
	}
	record, err := decodeRecord(value)
	if err != nil {
		return nil
	}
	return record
}
