package session

import (
	"crypto/rand"
	"sync"
	"time"

	"outcry/actors/portfolio"
)

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
		s.records.find(userID, recoveryID, check)
		return
	}
	// A proxy may hold the old connection open long after the browser left it.
	// If the session ends before it hears of this, its record is kept by then.
	var once sync.Once
	answer := func(r *Record) { once.Do(func() { check(r) }) }
	look := func() { once.Do(func() { s.records.find(userID, recoveryID, check) }) }
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
