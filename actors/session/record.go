package session

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

// Record is what a browser needs to go on where its session ended, on another
// connection or in another process.
type Record struct {
	// SocketID stays the browser's over all connections that recover it.
	SocketID string `json:"sid"`
	UserID   string `json:"user"`
	// Base is the journal's version when the browser got its first snapshot:
	// where its notices begin if it shows no offset.
	Base uint64 `json:"base"`
	// Updated: it asked for portfolio:updated.
	Updated bool `json:"updated,omitempty"`
	// Delta: it asked for what changes of the account.
	Delta bool `json:"delta,omitempty"`
	// Symbols are the names of those that are sent in the same dialects, as
	// joinSymbols writes them: thousands of records are written when thousands of
	// browsers come at once, so they are short.
	Symbols map[Dialects]string `json:"symbols,omitempty"`

	// savedAt is when exactly this was saved for liveLifetime, zero if it was not.
	savedAt time.Time

	// After is the last notice that the browser has; Sessions.Resume sets it.
	After portfolio.Offset `json:"-"`
}

// recording is the state of a session's record in the store. A session that is
// restarted with the process is found by it.
//
// owned by the session actor
type recording struct {
	changed bool // since it was last saved
	saving  bool
	handed  bool      // to the browser's next session
	failed  bool      // the last attempt
	at      time.Time // when the last attempt began or, if it did, failed; zero before the first
}

// savedAt is when saving the record began, zero if it was not saved.
func (r *recording) savedAt() time.Time {
	if r.failed {
		return time.Time{}
	}
	return r.at
}

// liveLifetime is how long the record of a live session is kept. It is read
// only if the process dies before the session ends.
const liveLifetime = 7 * 24 * time.Hour

// renewAfter is how old the copy in the store may be that a browser which comes
// back is not saved anew for: long before it is forgotten.
const renewAfter = 24 * time.Hour

// recorded is that the record is saved. Sent by the store.
type recorded struct{ err error }

// changeRecord notes that the browser would be recovered to something else now.
func (s *sessionActor) changeRecord() { s.record.changed = true }

// saveRecord saves a changed record, one at a time.
func (s *sessionActor) saveRecord() {
	if !s.record.changed || s.record.saving || !s.account.known || !s.recoverable() {
		return
	}
	if s.record.failed && s.sessions.now().Sub(s.record.at) < saveAgainAfter {
		return
	}
	s.record = recording{saving: true, at: s.sessions.now()}
	root, self := s.sessions.system.Root, s.self
	s.sessions.records.save(s.recoveryID, s.makeRecord(), liveLifetime, func(err error) { root.Send(self, &recorded{err: err}) })
}

// recorded goes on with what changed meanwhile. What could not be saved is tried
// again at a later flush; a browser that outlives the process before that
// starts a new session.
func (s *sessionActor) recorded(err error) {
	s.record.saving = false
	if err != nil {
		s.record.changed, s.record.failed, s.record.at = true, true, s.sessions.now()
	}
}

// saveAgainAfter is the least time between two attempts to save a record that
// could not be saved.
const saveAgainAfter = 5 * time.Second

func (s *sessionActor) recoverable() bool {
	return s.recoveryID != "" && s.sessions.options.Load().RecoveryWindow > 0
}

func (s *sessionActor) makeRecord() *Record {
	r := &Record{SocketID: s.socketID, UserID: s.userID, Base: s.account.base, Updated: s.account.wants.Updated, Delta: s.account.wants.Delta}
	if !s.record.changed && !s.record.saving {
		r.savedAt = s.record.savedAt()
	}
	subscriptions := s.subscriptions()
	if subscriptions.Len() == 0 {
		return r
	}
	names := make(map[Dialects][]string)
	for i := range subscriptions.Len() {
		dialects := Dialects(subscriptions.Tag(i))
		names[dialects] = append(names[dialects], subscriptions.Slot(i).Symbol())
	}
	r.Symbols = make(map[Dialects]string, len(names))
	for dialects, symbols := range names {
		r.Symbols[dialects] = joinSymbols(symbols)
	}
	return r
}

// symbolMark stands before each symbol of a list, since a name may have blanks in it.
const symbolMark = "\n"

func joinSymbols(symbols []string) string { return symbolMark + strings.Join(symbols, symbolMark) }

// splitSymbols reads what joinSymbols wrote, or an earlier version, which had blanks
// between the names.
func splitSymbols(list string) []string {
	if names, marked := strings.CutPrefix(list, symbolMark); marked {
		return strings.Split(names, symbolMark)
	}
	return strings.Fields(list)
}

// restore subscribes as the browser's last session was; snapshots follow.
func (s *sessionActor) restore(r *Record) {
	for dialects, names := range r.Symbols {
		var slots []*conflation.Slot
		for _, symbol := range splitSymbols(names) {
			slots = append(slots, s.sessions.symbols.Acquire(symbol))
		}
		s.add(slots, dialects)
	}
	s.account.wants = portfolio.Wants{Updated: r.Updated, Delta: r.Delta}
	s.account.base, s.account.known = r.Base, true
	s.account.offset = r.After
	if r.savedAt.IsZero() || s.sessions.now().Sub(r.savedAt) > renewAfter {
		s.changeRecord()
	}
	s.record.at = r.savedAt
}

// handOver asks a session whose browser is back for its record; it ends.
type handOver struct {
	reply func(*Record)
}

func (s *sessionActor) handOver(m *handOver) {
	if !s.account.known {
		m.reply(nil)
	} else {
		m.reply(s.makeRecord())
	}
	s.record.handed = true
	s.close(Replaced)
}

// leaveRecord keeps the record for the recovery window, unless the browser left on its
// own: it begins anew then.
func (s *sessionActor) leaveRecord() {
	switch {
	case s.recoveryID == "" || s.record.handed:
	case s.left:
		if !s.record.at.IsZero() {
			s.sessions.records.forget(s.recoveryID)
		}
	case s.account.known && s.recoverable():
		s.sessions.records.leave(s.recoveryID, s.makeRecord(), s.sessions.options.Load().RecoveryWindow)
	}
}

// encode is the record as a document of the store.
func (r *Record) encode() []byte {
	encoded, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("session: record: %v", err)) // its fields always encode
	}
	return encoded
}

func decodeRecord(data []byte) (*Record, error) {
	r := &Record{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("record of a session: %w", err)
	}
	return r, nil
}

func recordKey(recoveryID string) string { return "session/" + recoveryID }

func document(recoveryID string, value []byte, lifetime time.Duration) []persistence.Document {
	return []persistence.Document{{Key: recordKey(recoveryID), Value: value, Lifetime: lifetime}}
}
