package session

import (
	"errors"

	"outcry/actors/portfolio"
)

// maxReplayBytes bounds what is read back of missed notices at a time. A browser
// that cannot take as much within Options.SlowTimeout is slow.
const maxReplayBytes = 64 << 10

// errBehind is that a notice did not fit into the outbox. It is read back from the
// journal when there is room.
var errBehind = errors.New("the browser does not keep up: it gets the notice later, from the journal")

// watch asks the portfolio for what the browser has not seen.
func (s *sessionActor) watch() {
	s.account.behind, s.account.shown, s.account.told = false, false, s.account.wants
	s.account.watch++
	m := &portfolio.Watch{Watcher: s.watcher(), Wants: s.account.wants, Room: min(s.sessions.options.Load().OutboxBytes/4, maxReplayBytes)}
	if s.account.known {
		m.Resumed, m.After = true, s.account.offset
	}
	s.account.watching = s.sessions.accounts.Tell(s.userID, m) == nil // fails only when the engine is stopping
}

func (s *sessionActor) unwatch() {
	if s.account.watching {
		s.account.watching = false
		_ = s.sessions.accounts.Tell(s.userID, &portfolio.Unwatch{Watcher: s.watcher()}) // fails only when portfolios end
	}
}

// hears reports whether a message comes of what was asked of the portfolio last.
func (s *sessionActor) hears(watch uint32) bool {
	return s.account.watching && s.account.watch == watch
}

// fallBehind leaves notices in the journal until what waits has been written.
func (s *sessionActor) fallBehind() {
	s.unwatch()
	s.account.behind = true
}

// keepUp asks for notices that were left in the journal.
func (s *sessionActor) keepUp() {
	if s.account.behind && !s.closing && s.arrival == nil {
		s.watch()
	}
}

// notify appends notices: they overtake the quotes that wait, and are kept
// while the browser does not read, in half of the outbox. The rest of it is for
// answers, which can be had nowhere else.
func (s *sessionActor) notify(m *notices) {
	if s.hears(m.watch) && s.waiting()+len(m.frames) > s.sessions.options.Load().OutboxBytes/2 {
		s.fallBehind()
	}
	if !s.hears(m.watch) {
		endTraces(m.traces, errBehind)
		return
	}
	s.told(m.frames, m.last)
	s.follow(m.traces)
}

// missed appends notices that were read back. The rest is asked for when these
// are written: a browser catches up at the pace at which it reads.
func (s *sessionActor) missed(m *missed) {
	switch {
	case !s.hears(m.watch):
		return
	case s.waiting() > 0 && s.waiting()+len(m.frames) > s.sessions.options.Load().OutboxBytes:
		s.fallBehind()
		return
	}
	s.told(m.frames, m.last)
	if m.more {
		s.account.watching, s.account.behind = false, true
	}
}

func (s *sessionActor) told(frames []byte, last portfolio.Offset) {
	if s.arrival != nil {
		s.arrival.held = append(s.arrival.held, frames...)
	} else {
		s.reply()
		s.out = append(s.out, frames...)
	}
	s.account.offset, s.account.known = last, true
}

// accountLost goes on from the last notice that was taken.
func (s *sessionActor) accountLost(m *accountLost) {
	if s.hears(m.watch) {
		s.account.watching, s.account.behind = false, true
	}
}
