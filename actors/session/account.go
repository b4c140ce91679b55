package session

import (
	"errors"

	"outcry/actors/portfolio"
	"outcry/persistence"
)

// account is what a session knows of its user's portfolio.
//
// owned by the session actor
type account struct {
	// watching: the portfolio tells us, by the newest watch, or is about to.
	watching bool
	// behind: there are notices after offset that we left in the journal. They are
	// asked for when what waits has been written.
	behind bool
	// watch numbers what was asked of the portfolio: what an earlier one still sends
	// is not heard.
	watch uint32
	// update is the newest valuation that was not written yet, nil if none.
	update *portfolio.Update
	// wants is what the client asked for beside portfolio:update, told what the portfolio
	// knows of it.
	wants, told portfolio.Wants
	// shown: the portfolio has answered the newest watch with a valuation.
	shown bool
	// refresh: the valuation is wanted once more, for which askAgain asks; owed: at once.
	refresh, owed bool
	// known: it is known which notices the browser has, those up to offset. base
	// is the version of its first snapshot.
	known  bool
	offset portfolio.Offset
	base   uint64
}

// watcher posts to a session on behalf of a portfolio, from whose actor it reads
// only what never changes while it is watching. portfolio.Watcher.
type watcher struct {
	session *sessionActor
	watch   uint32 // as account.watch
}

// Notify hands over notices. portfolio.Watcher.
func (w watcher) Notify(frames []byte, last portfolio.Offset, traces []portfolio.Trace) {
	w.send(&notices{watch: w.watch, frames: frames, last: last, traces: traces})
}

// Missed hands over what the browser missed. portfolio.Watcher.
func (w watcher) Missed(frames []byte, last portfolio.Offset, more bool) {
	w.send(&missed{watch: w.watch, frames: frames, last: last, more: more})
}

// Update hands over a valuation. portfolio.Watcher.
func (w watcher) Update(u portfolio.Update) { w.send(&u) }

// Lost says that the portfolio has forgotten the session. portfolio.Watcher.
func (w watcher) Lost() { w.send(&accountLost{watch: w.watch}) }

func (w watcher) send(message any) { w.session.sessions.system.Root.Send(w.session.self, message) }

func (s *sessionActor) watcher() watcher { return watcher{s, s.account.watch} }

// updated keeps a valuation for the flush that ends this run, in place of one
// that could not be written.
func (s *sessionActor) updated(u *portfolio.Update) {
	s.account.update, s.account.shown = u, true
	if !s.account.known {
		s.account.offset, s.account.known, s.account.base = portfolio.Offset{Version: u.Version}, true, u.Version
	}
	if u.Snapshot && s.record.savedAt().IsZero() {
		s.changeRecord() // it is known now
	}
}

// appendAccount appends the valuation that waits.
func (s *sessionActor) appendAccount() {
	u := s.account.update
	if u == nil {
		return
	}
	s.account.update = nil
	s.out = append(s.out, u.Frame...)
	if s.account.wants.Updated {
		s.out = append(s.out, u.Updated...)
	}
	if u.Number > 0 {
		_ = s.sessions.accounts.Tell(s.userID, &portfolio.Read{Watcher: s.watcher(), Number: u.Number}) // fails only when portfolios end
	}
}

// subscribeAccount confirms; what it is about arrives anyway.
func (s *sessionActor) subscribeAccount(m *SubscribeAccount) {
	s.reply()
	s.out = s.sessions.encoder.AppendAccountConfirmation(s.out, m.Kind, m.On, s.userID, s.sessions.now())
	if m.Kind == PortfolioUpdates {
		s.account.wants = portfolio.Wants{Updated: m.On && !m.Delta, Delta: m.On && m.Delta}
		s.changeRecord()
		s.account.refresh = s.account.refresh || m.On
	}
	s.acknowledge(m.AckID)
}

// askAgain asks for the valuation once more at the end of a run that had a reason for
// it, unless one is to come or to be written anyway.
func (s *sessionActor) askAgain() {
	a := &s.account
	wanted := a.watching && (a.wants != a.told || a.refresh && a.shown && a.update == nil)
	if wanted {
		a.told = a.wants
		_ = s.sessions.accounts.Tell(s.userID, &portfolio.Refresh{Watcher: s.watcher(), Wants: a.wants, Owed: a.owed}) // fails only when portfolios end
	}
	a.refresh, a.owed = false, false
}

// later returns a function that, called from any goroutine, appends to what the
// session writes next.
func (s *sessionActor) later() func(write func(dst []byte) []byte) {
	root, self := s.sessions.system.Root, s.self
	return func(write func(dst []byte) []byte) { root.Send(self, &answer{write: write}) }
}

// problem is how the client is told of an error that kept a request from being
// carried out, and counts it.
func (s *Sessions) problem(err error) (Code, string) {
	var conflict *portfolio.IDConflict
	if errors.As(err, &conflict) {
		return CodeIDConflict, err.Error()
	}
	if errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrClosed) {
		s.failed.unavailable.Add(1)
		return CodeUnavailable, err.Error()
	}
	if errors.Is(err, persistence.ErrCorrupt) {
		s.failed.unavailable.Add(1)
		return CodeUnavailable, "what the journal holds of the account is damaged, and nothing is recorded for it until an operator has restored it: try again later"
	}
	s.failed.internal.Add(1)
	return CodeServerError, "the request failed; the server's log says why"
}
