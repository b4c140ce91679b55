package portfolio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/govalues/decimal"
	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/admission"
	"outcry/actors/conflation"
	"outcry/actors/ledger"
	"outcry/actors/mailbox"
	"outcry/actors/market"
	"outcry/actors/offload"
	"outcry/persistence"
)

// Symbols is where a portfolio finds the marks of its positions.
type Symbols interface {
	Acquire(symbol string) *conflation.Slot
	Release(slot *conflation.Slot)
	Mark(symbol string) (market.Mark, bool)
}

// Deps are what Portfolios work with.
type Deps struct {
	System     *actors.System
	Dispatcher *mailbox.Dispatcher
	Supervisor *actors.Supervisor // restarts on failure: the account is loaded again
	Journal    persistence.Journal
	Store      persistence.Store
	Symbols    Symbols
	Broker     Broker
	Encoder    Encoder
	Calendar   ledger.Days
	Log        zerolog.Logger
	Now        func() time.Time
	// NewID makes the id of an order: unique among all, hard to guess.
	NewID func() string
}

// Portfolios loads accounts when they are needed, lets them go when they are
// not, and hands messages to them.
type Portfolios struct {
	// immutable after construction
	deps      Deps
	gate      *admission.Gate
	readers   *offload.Pool
	stopClock context.CancelFunc
	clock     sync.WaitGroup
	paces     chan struct{} // tells the clock that its intervals may have changed
	props     *actor.Props  // shared by all accounts: one for each would be a twentieth of their memory

	// atomic: written by Configure, read by anybody
	options atomic.Pointer[Options]

	// atomic: counters for Stats, written by portfolio actors
	stats counters

	mu      sync.Mutex // guards the next block
	entries map[string]*entry
	parked  map[string][]parked // those who watch accounts that are not loaded
	spawned uint64
	closed  bool
	empty   chan struct{} // closed when the last account has left after Close began
}

// readers is how many accounts are read at a time. They mostly wait for the
// processor: what is read often is in the page cache.
const readers = 4

// entry is one loaded account.
type entry struct {
	// immutable after construction
	userID string
	pid    *actor.PID
	part   uint8 // of the clock's round

	sent uint64 // messages handed to it; guarded by Portfolios.mu

	received uint64   // messages that were handled; owned by the actor
	parked   []parked // for the actor to take over at its start
	writing  bool     // an append is under way, whichever life of the actor began it; owned by the actor

	// atomic: written by the actor, read by the clock
	watched  atomic.Bool // somebody watches
	parkable atomic.Bool // and there is nothing that prices could change
}

// ErrBusy refuses a request because too many wait already. It is an
// persistence.ErrUnavailable.
var ErrBusy = fmt.Errorf("%w: too many trades and orders wait to be saved; try again in a moment", persistence.ErrUnavailable)

// ErrRefused is that an account cannot take a trade, whenever it is sent.
var ErrRefused = errors.New("the account cannot take this")

// parked is a session that watches an account which is not loaded.
type parked struct {
	watcher Watcher
	wants   Wants
}

// New returns portfolios without any account loaded. Start begins their work,
// Close ends it.
func New(o Options, deps Deps) (*Portfolios, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("portfolios: %w", err)
	}
	p := &Portfolios{
		deps:      deps,
		gate:      admission.NewGate(o.MaxPending, func() {}),
		readers:   offload.NewPool(readers),
		paces:     make(chan struct{}, 1),
		entries:   make(map[string]*entry),
		parked:    make(map[string][]parked),
		stopClock: func() {},
	}
	p.options.Store(&o)
	p.props = actor.PropsFromProducer(
		func() actor.Actor { return &portfolioActor{portfolios: p} },
		actor.WithMailbox(deps.Dispatcher.OrdinaryMailbox),
		actor.WithDispatcher(deps.Dispatcher.Ordinary()),
		actor.WithGuardian(deps.Supervisor),
	)
	return p, nil
}

// Options returns the settings in force.
func (p *Portfolios) Options() Options { return *p.options.Load() }

// Configure changes the settings of the running portfolios. An opening deposit is
// that of accounts that are opened later.
func (p *Portfolios) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("portfolios: %w", err)
	}
	p.options.Store(&o)
	p.gate.SetLimit(o.MaxPending)
	select {
	case p.paces <- struct{}{}:
	default: // the clock has not yet heard of the last change, and will find this one
	}
	return nil
}

// Start begins to value accounts as prices move, and loads those that have
// open orders, so that the broker gets them.
func (p *Portfolios) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	p.stopClock = cancel
	p.clock.Go(func() { p.tick(ctx) })
	p.readers.Do(p.wakeOrders)
}

// Tell hands a message to a user's account and never blocks. The error is
// ErrBusy, or persistence.ErrClosed at the end; the message is then not handled.
func (p *Portfolios) Tell(userID string, message any) error {
	if pending(message) && !p.gate.Try() {
		return ErrBusy
	}
	return p.send(userID, message)
}

// TellWait is Tell for those who can wait for room until ctx ends.
func (p *Portfolios) TellWait(ctx context.Context, userID string, message any) error {
	if pending(message) {
		if err := p.gate.Acquire(ctx); err != nil {
			return fmt.Errorf("%w (%w)", ErrBusy, err)
		}
	}
	return p.send(userID, message)
}

// Report hands what the broker did to the account. Desk.
func (p *Portfolios) Report(userID string, e *Execution) {
	if err := p.send(userID, e); err != nil {
		p.deps.Log.Debug().Err(err).Str("order", e.OrderID).Msg("execution not reported: its order is submitted again at the next start")
	}
}

// pending reports whether a message counts among those that wait to be durable.
func pending(message any) bool {
	switch message.(type) {
	case *RecordTrade, *PlaceOrder, *CancelOrder:
		return true
	}
	return false
}

func (p *Portfolios) send(userID string, message any) error {
	if m, leaves := message.(*Unwatch); leaves && p.unpark(userID, m.Watcher) {
		return nil
	}
	if _, reads := message.(*Read); reads && !p.isLoaded(userID) {
		return nil // it gets a whole valuation when the account is loaded
	}
	e, err := p.entryOf(userID)
	if err != nil {
		if pending(message) {
			p.gate.Done()
		}
		return err
	}
	p.deps.System.Root.Send(e.pid, message)
	return nil
}

func (p *Portfolios) isLoaded(userID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.entries[userID] != nil
}

// entryOf returns a user's loaded account and counts a message to it. An
// account that is counting on being idle sees the count and stays.
func (p *Portfolios) entryOf(userID string) (*entry, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, fmt.Errorf("account of %s: %w", userID, persistence.ErrClosed)
	}
	e := p.entries[userID]
	if e == nil {
		var err error
		if e, err = p.spawn(userID); err != nil {
			return nil, err
		}
		p.entries[userID] = e
	}
	e.sent++
	return e, nil
}

// spawn starts the actor of an account, which loads itself. mu is held.
func (p *Portfolios) spawn(userID string) (*entry, error) {
	p.spawned++
	e := &entry{userID: userID, part: uint8(p.spawned % parts), parked: p.parked[userID]}
	delete(p.parked, userID)
	// The number, since an account that leaves and comes back at once must not meet its old name.
	pid, err := p.deps.System.Root.SpawnNamed(p.props, fmt.Sprintf("portfolio/%d/%s", p.spawned, userID))
	if err != nil {
		return nil, fmt.Errorf("start the account of %s: %w", userID, err)
	}
	e.pid = pid
	return e, nil
}

// entryOfActor returns the entry of an actor that starts, or starts again after a
// failure; nil if its account has left.
func (p *Portfolios) entryOfActor(pid *actor.PID) *entry {
	parts := strings.SplitN(pid.Id, "/", 3) // as spawn names it; a user's id may have slashes
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entries[parts[2]]
	if e == nil || !e.pid.Equal(pid) {
		return nil
	}
	return e
}

// retire forgets an account, called by it, if it has handled every message that
// it was sent. Those who watch it, none of whom is catching up, are kept for the next
// time it is loaded.
func (p *Portfolios) retire(e *entry, watchers []*watching) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.sent != e.received && !p.closed {
		return false
	}
	if len(watchers) > 0 {
		kept := make([]parked, len(watchers))
		for i, w := range watchers {
			kept[i] = parked{w.watcher, w.wants}
		}
		p.parked[e.userID] = kept
	}
	p.forget(e)
	return true
}

// unpark takes a watcher off an account that is not loaded, and reports whether
// that is so: a browser that leaves must not load the account it watched.
func (p *Portfolios) unpark(userID string, watcher Watcher) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entries[userID] != nil {
		return false
	}
	left := slices.DeleteFunc(p.parked[userID], func(w parked) bool { return w.watcher == watcher })
	if len(left) == 0 {
		delete(p.parked, userID)
	} else {
		p.parked[userID] = left
	}
	return true
}

// gone forgets an account that stopped, however it did.
func (p *Portfolios) gone(e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(e)
}

// forget needs mu.
func (p *Portfolios) forget(e *entry) {
	if p.entries[e.userID] == e {
		delete(p.entries, e.userID)
	}
	if len(p.entries) == 0 && p.empty != nil {
		close(p.empty)
		p.empty = nil
	}
}

// Close takes no more messages, lets what is under way become durable, and
// stops all accounts. The journal must still be open.
func (p *Portfolios) Close(ctx context.Context) error {
	if p.stopClock != nil {
		p.stopClock()
	}
	p.clock.Wait()
	p.mu.Lock()
	p.closed = true
	var empty chan struct{}
	if len(p.entries) > 0 {
		p.empty = make(chan struct{})
		empty = p.empty
	}
	for _, e := range p.entries {
		p.deps.System.Root.Send(e.pid, &leave{})
	}
	p.mu.Unlock()
	defer p.readers.Stop()
	if empty == nil {
		return nil
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("accounts did not finish: %w", ctx.Err())
	}
}

// closing reports whether Close has begun.
func (p *Portfolios) closing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// streamPrefix is what the streams of accounts begin with.
const streamPrefix = "portfolio/"

// StreamOf is the journal's stream of a user's account.
func StreamOf(userID string) string { return streamPrefix + userID }

// marks is ledger.Marks: what has no price values nothing.
func (p *Portfolios) marks(symbol string) (market.Mark, bool) {
	mark, _ := p.deps.Symbols.Mark(symbol)
	return mark, mark.Price.IsPos()
}

// OpeningNote marks the deposit that an account begins with: no news to anybody.
const OpeningNote = "opening deposit"

// openAccount is an account before its first event: with its opening deposit,
// which is appended with the first event.
func (p *Portfolios) openAccount(now time.Time) (*ledger.Account, ledger.Deposited) {
	deposit := ledger.Deposited{Amount: decimal.MustParse(p.options.Load().OpeningDeposit), Note: OpeningNote, Time: now}
	account := &ledger.Account{}
	if !deposit.Amount.IsPos() {
		return account, deposit
	}
	if err := account.Apply(deposit, p.deps.Calendar); err != nil {
		panic(fmt.Sprintf("portfolio: opening deposit of %s: %v", deposit.Amount, err)) // Options.Validate let it pass
	}
	return account, deposit
}
