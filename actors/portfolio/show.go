package portfolio

import (
	"slices"
	"time"

	"outcry/actors/ledger"
)

// budget paces what one session is sent of valuations: half a second's worth may come at
// once, and what is larger delays the next.
//
// owned by the portfolio actor
type budget struct {
	bytes float64 // that may be sent now; below 0 after something large
	at    time.Time
}

// open reports whether a session may be sent something, at a rate in bytes a second, 0
// for any.
func (b *budget) open(rate int, now time.Time) bool {
	if rate == 0 {
		*b = budget{}
		return true
	}
	most := float64(rate) / 2
	if b.at.IsZero() {
		b.bytes = most
	} else {
		b.bytes = min(b.bytes+float64(rate)*max(now.Sub(b.at), 0).Seconds(), most)
	}
	b.at = now
	return b.bytes > 0
}

// showing is one valuation of the account, encoded as far as sessions ask for it and once
// for all that get the same.
type showing struct {
	actor     *portfolioActor
	account   Account
	valuation *ledger.Valuation // pooled
	now       time.Time

	whole, updated []byte
	deltas         map[uint64][]byte // by the valuation that they begin at
}

// look values the account for its sessions.
func (a *portfolioActor) look() *showing {
	s := &showing{actor: a, valuation: valuations.Get().(*ledger.Valuation), now: a.portfolios.deps.Now()}
	a.value(s.now, s.valuation)
	a.portfolios.stats.updates.Add(1)
	s.account = a.shown(s.now)
	s.account.Valuation = *s.valuation
	a.noteChanges(&s.account)
	return s
}

// done gives back what look borrowed.
func (s *showing) done() { valuations.Put(s.valuation) }

// noteChanges remembers what changed while a session is sent deltas.
func (a *portfolioActor) noteChanges(account *Account) {
	oldest, deltas := uint64(1<<63), false
	for _, w := range a.watchers {
		if w.wants.Delta {
			deltas = true
			if w.base > 0 {
				oldest = min(oldest, w.base)
			}
		}
	}
	switch {
	case !deltas:
		a.changes = nil
		return
	case a.changes == nil:
		a.changes = &changes{}
	}
	a.changes.note(account, oldest)
}

// Sizes that guess how large an update is, so that it is allocated once. A whole one has
// its positions and orders twice.
const flatSize, positionSize, orderSize = 750, 350, 150

func (s *showing) frame() []byte {
	if s.whole == nil {
		size := 2 * (flatSize + positionSize*len(s.account.Valuation.Positions) + orderSize*len(s.account.Orders))
		s.whole = s.encoder().AppendUpdate(make([]byte, 0, size), &s.account)
	}
	return s.whole
}

func (s *showing) updatedFrame() []byte {
	if s.updated == nil {
		s.updated = s.encoder().AppendUpdated(make([]byte, 0, len(s.frame())), &s.account)
	}
	return s.updated
}

func (s *showing) delta(base uint64) []byte {
	if frame, made := s.deltas[base]; made {
		return frame
	}
	d := s.actor.changes.delta(base, s.account.Orders)
	size := flatSize + positionSize*len(d.Positions) + orderSize*len(d.Orders)
	frame := s.encoder().AppendDelta(make([]byte, 0, size), &s.account, d)
	if s.deltas == nil {
		s.deltas = make(map[uint64][]byte, 1)
	}
	s.deltas[base] = frame
	return frame
}

func (s *showing) encoder() Encoder { return s.actor.portfolios.deps.Encoder }

// send hands a session what it wants of the account, and returns how many bytes that is.
func (s *showing) send(w *watching, snapshot bool) int {
	u := Update{Version: s.account.Version, Snapshot: snapshot}
	changes := s.actor.changes
	switch {
	case w.wants.Delta && changes.knows(w.base):
		u.Frame = s.delta(w.base)
	default:
		u.Frame = s.frame()
	}
	if w.wants.Updated {
		u.Updated = s.updatedFrame()
	}
	if w.wants.Delta {
		u.Number = changes.number
		w.base, w.unread = u.Number, true
	}
	w.due = false
	w.watcher.Update(u)
	return len(u.Frame) + len(u.Updated)
}

// showAccount shows every session what the account is worth now, each as soon as its pace
// allows.
func (a *portfolioActor) showAccount() {
	for _, w := range a.watchers {
		w.due = true
	}
	a.show()
}

// show sends the account to the sessions that are due it. The clock comes back for those
// that were sent too much, and Read for those that have not read what they were sent.
func (a *portfolioActor) show() {
	var s *showing
	rate := a.portfolios.options.Load().UpdateByteRate
	for _, w := range a.watchers {
		if !w.due || w.catchingUp || w.unread && w.base > 0 || !w.budget.open(rate, a.portfolios.deps.Now()) {
			continue
		}
		if s == nil {
			s = a.look()
			defer s.done()
		}
		w.budget.bytes -= float64(s.send(w, false))
	}
}

// owing reports whether a session has yet to be shown what the account is worth.
func (a *portfolioActor) owing() bool {
	return slices.ContainsFunc(a.watchers, func(w *watching) bool { return w.due && !w.catchingUp })
}

// snapshot shows one session the whole account, at once. One that wants deltas has asked
// for it, so that the deltas after it need not wait for what it cost.
func (a *portfolioActor) snapshot(w *watching, first bool) {
	s := a.look()
	defer s.done()
	w.base = 0
	bytes := s.send(w, first)
	if !w.wants.Delta {
		w.budget.open(a.portfolios.options.Load().UpdateByteRate, s.now)
		w.budget.bytes -= float64(bytes)
	}
}

// refresh sends one session the whole account again: at once if it wants something else
// from now on, or is owed it, and else at its pace.
func (a *portfolioActor) refresh(m *Refresh) {
	at := slices.IndexFunc(a.watchers, func(w *watching) bool { return w.watcher == m.Watcher })
	if at < 0 {
		return
	}
	w := a.watchers[at]
	changed := w.wants != m.Wants
	w.wants, w.base = m.Wants, 0
	if changed {
		w.budget = budget{}
	}
	switch {
	case w.catchingUp: // a snapshot follows
	case changed || m.Owed:
		a.snapshot(w, false)
	default:
		w.due = true
		a.show()
	}
}

// read notes that a session has written the valuation that it was sent last.
func (a *portfolioActor) read(m *Read) {
	for _, w := range a.watchers {
		if w.watcher != m.Watcher || w.base != m.Number {
			continue
		}
		w.unread = false
		if w.due {
			a.show()
		}
	}
}

// revalue shows the account if prices moved since it was last shown, and to sessions that
// could not be shown it then.
func (a *portfolioActor) revalue(time.Time) {
	switch {
	case !a.loaded || len(a.watchers) == 0:
	case a.pricesMoved():
		a.showAccount()
	default:
		a.show()
	}
}
