package session

import (
	"crypto/rand"
	"sync"
	"time"

	"outcry/actors/offload"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

// records keep what ended sessions are recovered from: in memory for those of
// this process, in the store for the next.
type records struct {
	// immutable after construction
	store   persistence.Store
	readers *offload.Pool
	now     func() time.Time

	mu    sync.Mutex // guards the next block
	ended map[string]endedRecord
	queue []string // recovery ids in the order of their end
}

type endedRecord struct {
	record  *Record
	expires time.Time
}

// recordReaders is how many records are read at a time.
const recordReaders = 2

func newRecords(store persistence.Store, now func() time.Time) *records {
	return &records{store: store, readers: offload.NewPool(recordReaders), now: now, ended: make(map[string]endedRecord)}
}

func (r *records) save(recoveryID string, record *Record, lifetime time.Duration, done func(error)) {
	r.store.Put(document(recoveryID, record.encode(), lifetime), done)
}

// leave keeps the record of a session that ended.
func (r *records) leave(recoveryID string, record *Record, window time.Duration) {
	r.save(recoveryID, record, window, nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire()
	r.ended[recoveryID] = endedRecord{record: record, expires: r.now().Add(window)}
	r.queue = append(r.queue, recoveryID)
}

// expire forgets what is too old. Needs mu.
func (r *records) expire() {
	now := r.now()
	for len(r.queue) > 0 {
		oldest, found := r.ended[r.queue[0]]
		if found && oldest.expires.After(now) {
			return
		}
		delete(r.ended, r.queue[0])
		r.queue = r.queue[1:]
	}
}

// kept is how many records are in memory. It forgets what is too old, so that
// whoever watches an engine that nobody connects to sees it become empty.
func (r *records) kept() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire()
	return len(r.ended)
}

// find looks for the record of an ended session and calls done with it, nil if
// there is none.
func (r *records) find(recoveryID string, done func(*Record)) {
	r.mu.Lock()
	r.expire()
	ended, found := r.ended[recoveryID]
	r.mu.Unlock()
	if found {
		copied := *ended.record
		done(&copied)
		return
	}
	r.readers.Do(func() {
		value, err := r.store.Get(recordKey(recoveryID))
		if err != nil {
			done(nil)
			return
		}
		record, err := decodeRecord(value)
		if err != nil {
			record = nil
		}
		done(record)
	})
}

// NewRecoveryID makes what a browser shows to be recovered: hard to guess, as
// it opens a session. It is empty where nothing is recovered.
func (s *Sessions) NewRecoveryID() string {
	if s.options.Load().RecoveryWindow == 0 {
		return ""
	}
	return rand.Text()
}

// Close ends what Sessions do besides sessions, which must have ended before.
func (s *Sessions) Close() { s.records.readers.Stop() }

// handOverTimeout is how long a session that is still live may take to hand
// over to the browser's next one, before what it saved last is good enough.
const handOverTimeout = time.Second

// Resume finds out whether a browser of a user can go on exactly where it was:
// recoveryID and offset are what it shows, offset empty if it has no notice
// yet. done is called once, from any goroutine, with the record to attach the
// new session with, or nil if it has to begin anew.
func (s *Sessions) Resume(userID, recoveryID, offset string, done func(*Record)) {
	check := func(r *Record) { s.checkResume(userID, offset, r, done) }
	s.mu.Lock()
	live := s.recoveries[recoveryID]
	foreign := live != nil && s.live[live].userID != userID
	s.mu.Unlock()
	if foreign { // asking it to hand over would end it
		done(nil)
		return
	}
	if live == nil {
		s.records.find(recoveryID, check)
		return
	}
	// A proxy may hold the old connection open long after the browser left it.
	// If the session ends before it hears of this, its record is kept by then.
	var once sync.Once
	answer := func(r *Record) { once.Do(func() { check(r) }) }
	look := func() { once.Do(func() { s.records.find(recoveryID, check) }) }
	timer := time.AfterFunc(handOverTimeout, look)
	s.onEnd(live, func() {
		timer.Stop()
		look()
	})
	s.system.Root.Send(live, &handOver{reply: func(r *Record) {
		timer.Stop()
		answer(r)
	}})
}

// checkResume asks the portfolio whether it can replay what the browser missed.
func (s *Sessions) checkResume(userID, offset string, r *Record, done func(*Record)) {
	if r == nil || r.UserID != userID {
		done(nil)
		return
	}
	r.After = portfolio.Offset{Version: r.Base}
	if offset != "" {
		after, err := portfolio.ParseOffset(offset)
		if err != nil {
			done(nil)
			return
		}
		r.After = after
	}
	err := s.accounts.Tell(userID, &portfolio.Resume{After: r.After, Done: func(ok bool) {
		if !ok {
			r = nil
		}
		done(r)
	}})
	if err != nil {
		done(nil)
	}
}
