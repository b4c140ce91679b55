package session

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors"
	"outcry/actors/mailbox"
	"outcry/persistence"
)

// Sessions makes session actors and knows all that live.
type Sessions struct {
	// immutable after construction
	system     *actors.System
	dispatcher *mailbox.Dispatcher
	symbols    Symbols
	accounts   Accounts
	watchlists Watchlists
	encoder    Encoder
	records    *records
	now        func() time.Time
	after      func(d time.Duration, f func()) (stop func() bool)
	props      []*actor.Props // one a worker, shared by its sessions

	// atomic: replaced whole by Configure, read by session actors
	options atomic.Pointer[Options]

	// atomic: replaced whole by SetMarket, read by session actors
	market atomic.Pointer[MarketStatus]

	// atomic: counters for Stats, written by session actors
	blocked atomic.Int64
	refused atomic.Uint64 // subscriptions
	closed  [len(closeReasons)]atomic.Uint64
	failed  failures
	slow    slowList

	mu         sync.Mutex // guards the next block
	live       map[*actor.PID]liveSession
	recoveries map[string]*actor.PID // the newest session of each recovery id
	users      map[string]int        // sessions of each user, and places that are reserved
	opened     uint64
	empty      chan struct{}           // closed when live becomes empty, nil unless awaited
	onEnds     map[*actor.PID][]func() // what to do when a live session has ended
}

// failures count requests that could not be carried out.
type failures struct {
	// atomic: written from any goroutine, read by Stats
	internal, unavailable atomic.Uint64
}

// liveSession is what Sessions know of a session.
type liveSession struct {
	userID, recoveryID string
}

// Deps are what Sessions work with.
type Deps struct {
	System     *actors.System
	Dispatcher *mailbox.Dispatcher
	Supervisor *actors.Supervisor
	Symbols    Symbols
	Accounts   Accounts
	Watchlists Watchlists
	Store      persistence.Store // keeps what sessions are recovered from
	Encoder    Encoder
	Now        func() time.Time
	// After calls f on another goroutine when d is over, unless it is stopped before; nil
	// is time.AfterFunc.
	After func(d time.Duration, f func()) (stop func() bool)
}

// NewSessions returns an empty set.
func NewSessions(o Options, deps Deps) (*Sessions, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	s := &Sessions{
		system:     deps.System,
		dispatcher: deps.Dispatcher,
		symbols:    deps.Symbols,
		accounts:   deps.Accounts,
		watchlists: deps.Watchlists,
		encoder:    deps.Encoder,
		records:    newRecords(deps.Store, deps.Now),
		now:        deps.Now,
		after:      deps.After,
		live:       make(map[*actor.PID]liveSession),
		recoveries: make(map[string]*actor.PID),
		users:      make(map[string]int),
		onEnds:     make(map[*actor.PID][]func()),
	}
	if s.after == nil {
		s.after = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	s.options.Store(&o)
	for i := range deps.Dispatcher.Workers() {
		s.props = append(s.props, actor.PropsFromProducer(
			func() actor.Actor { return &sessionActor{sessions: s} },
			actor.WithMailbox(deps.Dispatcher.SessionMailbox),
			actor.WithDispatcher(deps.Dispatcher.Worker(i)),
			actor.WithGuardian(deps.Supervisor),
		))
	}
	return s, nil
}

// Open starts the session of a browser that was let in, and attaches it.
func (s *Sessions) Open(a *Attach) (*actor.PID, error) {
	s.mu.Lock()
	s.opened++
	name := fmt.Sprintf("session/%s/%d", a.SocketID, s.opened) // a browser keeps its socket id over several sessions
	s.mu.Unlock()
	pid, err := s.system.Root.SpawnNamed(s.props[s.dispatcher.Assign()], name)
	if err != nil {
		return nil, fmt.Errorf("start the session of socket %s: %w", a.SocketID, err)
	}
	s.mu.Lock()
	s.live[pid] = liveSession{userID: a.UserID, recoveryID: a.RecoveryID}
	if !a.Reserved {
		s.users[a.UserID]++
	}
	if a.RecoveryID != "" {
		s.recoveries[a.RecoveryID] = pid
	}
	s.mu.Unlock()
	s.system.Root.Send(pid, a)
	return pid, nil
}

// onEnd calls f once a session has ended, at once if it has already.
func (s *Sessions) onEnd(pid *actor.PID, f func()) {
	s.mu.Lock()
	_, lives := s.live[pid]
	if lives {
		s.onEnds[pid] = append(s.onEnds[pid], f)
	}
	s.mu.Unlock()
	if !lives {
		f()
	}
}

// ended forgets a session that stopped.
func (s *Sessions) ended(pid *actor.PID) {
	for _, f := range s.forget(pid) {
		f()
	}
}

// forget takes a session out and returns what is to do at its end.
func (s *Sessions) forget(pid *actor.PID) []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	onEnd := s.onEnds[pid]
	delete(s.onEnds, pid)
	ended := s.live[pid]
	delete(s.live, pid)
	if s.recoveries[ended.recoveryID] == pid {
		delete(s.recoveries, ended.recoveryID)
	}
	s.release(ended.userID)
	if len(s.live) == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
	return onEnd
}

// CloseAll asks every session to end its connection, and returns a channel
// that is closed when the last one has ended.
func (s *Sessions) CloseAll(reason CloseReason) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	done := s.empty
	if len(s.live) == 0 {
		close(s.empty)
		s.empty = nil
		return done
	}
	for pid := range s.live {
		s.system.Root.Send(pid, &Close{Reason: reason})
	}
	return done
}

// Reserve takes a place of a user for a session that is about to open, unless the
// user has so many already; most 0 is without bound. It counts at once: several
// browsers of a user may be let in at the same time.
func (s *Sessions) Reserve(userID string, most int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if most > 0 && s.users[userID] >= most {
		return false
	}
	s.users[userID]++
	return true
}

// Release gives a place back that no session opened with.
func (s *Sessions) Release(userID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(userID)
}

// release needs mu.
func (s *Sessions) release(userID string) {
	if s.users[userID]--; s.users[userID] <= 0 {
		delete(s.users, userID)
	}
}

// Options returns the settings in force.
func (s *Sessions) Options() Options { return *s.options.Load() }

// Configure changes the settings of the running sessions.
func (s *Sessions) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	s.options.Store(&o)
	return nil
}

// Stats are the counters of Sessions.
type Stats struct {
	// Live sessions now, the distinct Users among them, and Total since the start.
	Live, Users int
	Total       uint64
	// Blocked browsers do not read right now.
	Blocked int64
	// Recoverable sessions have ended, and their browsers may still come back.
	Recoverable int
	// Refused subscriptions were of more symbols than are allowed.
	Refused uint64
	// Closed by us, by CloseReason.
	Closed map[string]uint64
	// Failed requests of browsers, by the code they were answered with.
	Failed map[Code]uint64
}

// Stats returns the counters.
func (s *Sessions) Stats() Stats {
	s.mu.Lock()
	stats := Stats{Live: len(s.live), Users: len(s.users), Total: s.opened}
	s.mu.Unlock()
	stats.Blocked, stats.Refused, stats.Recoverable = s.blocked.Load(), s.refused.Load(), s.records.kept()
	stats.Closed = make(map[string]uint64, len(closeReasons))
	for reason := range closeReasons {
		stats.Closed[closeReasons[reason]] = s.closed[reason].Load()
	}
	stats.Failed = map[Code]uint64{CodeServerError: s.failed.internal.Load(), CodeUnavailable: s.failed.unavailable.Load()}
	return stats
}
