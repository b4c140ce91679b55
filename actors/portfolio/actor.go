package portfolio

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/ledger"
	"outcry/actors/mailbox"
	"outcry/persistence"
)

// portfolioActor is one account. Its fields are its own.
type portfolioActor struct {
	portfolios *Portfolios // immutable after construction
	entry      *entry
	self       *actor.PID

	loading bool // the account is read, or has been
	loaded  bool
	unread  error     // why the account could not be read: it is tried again; nil otherwise
	waiting []any     // messages told before the account was loaded
	used    time.Time // when the last was handled
	leaving bool      // asked to finish and go

	account      *ledger.Account // as its durable events made it
	version      uint64          // of the last durable event
	opening      *ledger.Deposited
	checkpointed uint64 // version of the newest checkpoint
	marked       bool   // the stream has its open mark, which this life wrote
	stray        bool   // it may have one without an open order
	listed       bool   // a document of an earlier version stands for the mark

	queue    []command // to be decided
	append   *batch    // under way to the disk, nil if none
	doubt    *doubt    // about what became of append, nil if none
	setbacks int       // appends in a row that came to nothing
	pausing  bool      // the account appends nothing until resume
	reads    int       // under way for messages of this account
	retrying bool      // executions wait for the journal to be writable
	cancels  []*CancelOrder
	placed   uint64 // orders that became durable in this life
	watchers []*watching
	changes  *changes         // nil while no session wants deltas
	holdings []holding        // one for each position, in its order
	followed map[string]Trace // of open orders; nil while nobody follows any
}

// What the actor is sent by its own reads, appends and timers, wrapped in own.
type (
	loaded struct {
		account      *ledger.Account
		version      uint64
		checkpointed uint64
		err          error
	}
	reload    struct{}
	committed struct {
		batch *batch
		err   error
	}
	retry struct{}
)

// own is a message of the actor to itself. One that was sent before the actor
// failed and was loaded again is about a state that is gone.
type own struct {
	life    *portfolioActor
	message any
}

// What Portfolios send to every account.
type (
	revalue  struct{ at time.Time }
	sample   struct{ at time.Time }
	restIdle struct{ at time.Time }
	leave    struct{}
)

// Receive handles one message. actor.Actor.
func (a *portfolioActor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		a.start(ctx)
	case *actor.Stopping, *actor.Restarting:
		if a.entry != nil {
			a.end()
		}
	case *actor.Stopped:
		if a.entry != nil {
			a.portfolios.gone(a.entry)
		}
	case *mailbox.Bound:
	case *mailbox.Flush:
		a.stage(m.Now)
	case *own:
		if a.entry != nil {
			a.hear(m)
		}
	case *revalue:
		a.revalue(m.at)
	case *sample:
		a.sample(m.at)
	case *restIdle:
		a.restIdle(m.at)
	case *leave:
		a.leaving = true
	default:
		a.told(m)
	}
	if a.leaving && a.finished() {
		ctx.Stop(ctx.Self())
		a.leaving = false
	}
}

// hear takes what the actor sent itself, in this life or in one before. Of that it
// only matters that an append has ended, behind which the account can be read.
func (a *portfolioActor) hear(m *own) {
	if _, ended := m.message.(*committed); ended {
		a.entry.writing = false
	}
	switch {
	case m.life == a:
		a.receiveOwn(m.message)
	case !a.loading && !a.entry.writing:
		a.load()
	}
}

// receiveOwn handles what the actor sent itself.
func (a *portfolioActor) receiveOwn(message any) {
	switch m := message.(type) {
	case *loaded:
		a.loadedAs(m)
	case *reload:
		a.unread = nil
		a.load()
	case *committed:
		a.settle(m)
	case *known:
		a.answerKnown(m)
	case *orderIsNew:
		a.reads--
		a.queue = append(a.queue, m.order)
	case *caughtUp:
		a.caughtUp(m)
	case *retry:
		a.retrying = false
	case *tail:
		a.heardTail(m)
	case *reread:
		if m.doubt == a.doubt {
			a.readTail()
		}
	case *resume:
		a.pausing = false
	}
}

// finished reports whether nothing is left that could still become durable.
func (a *portfolioActor) finished() bool {
	if !a.loaded {
		return a.unread != nil
	}
	return a.append == nil && a.reads == 0 && (len(a.queue) == 0 || a.retrying)
}

// told handles what came through Tell, now or once the account is loaded.
func (a *portfolioActor) told(message any) {
	a.entry.received++
	a.used = a.portfolios.deps.Now()
	switch {
	case a.loaded:
		a.handle(message)
	case a.unread != nil:
		a.waiting = append(a.waiting, a.refuseUnread([]any{message})...)
	default:
		a.waiting = append(a.waiting, message)
	}
}

func (a *portfolioActor) handle(message any) {
	switch m := message.(type) {
	case *RecordTrade:
		a.queue = append(a.queue, m)
	case *Execution:
		a.queue = append(a.queue, m)
	case *PlaceOrder:
		a.placeOrder(m)
	case *CancelOrder:
		a.cancelOrder(m)
	case *Watch:
		a.watch(m)
	case *Unwatch:
		a.unwatch(m.Watcher)
	case *Refresh:
		a.refresh(m)
	case *Read:
		a.read(m)
	case *Resume:
		m.Done(a.resumable(m.After))
	case *View:
		m.Reply(a.view(), nil)
	case *Wake:
		a.wake(m)
	}
}

// idle reports whether nothing of the account is under way.
func (a *portfolioActor) idle() bool {
	return a.loaded && a.append == nil && a.reads == 0 && len(a.queue) == 0 && !a.retrying
}

// parkAfter is after how long an account without positions leaves memory though
// somebody watches: only a trade can change it, and that loads it again.
const parkAfter = time.Second

// restEvents is how many events must have come since the last checkpoint for an
// account that leaves to save another; fewer are read faster than it is written.
const restEvents = 50

// restIdle lets the account leave memory if nobody needs it there.
func (a *portfolioActor) restIdle(now time.Time) {
	idle := a.portfolios.options.Load().IdleTimeout
	if len(a.watchers) > 0 {
		if !a.entry.parkable.Load() {
			return
		}
		idle = parkAfter
	}
	if !a.idle() || a.owing() || now.Sub(a.used) < idle || !a.portfolios.retire(a.entry, a.watchers) {
		return
	}
	a.watchers = nil
	a.saveCheckpoint(restEvents)
	a.portfolios.deps.System.Root.Stop(a.self)
}

// start begins the life of an actor, also one that failed and begins again.
func (a *portfolioActor) start(ctx actor.Context) {
	a.self = ctx.Self()
	a.entry = a.portfolios.entryOfActor(a.self)
	if a.entry == nil {
		ctx.Stop(a.self)
		return
	}
	a.used = a.portfolios.deps.Now()
	for _, w := range a.entry.parked {
		a.watchers = append(a.watchers, &watching{watcher: w.watcher, wants: w.wants})
	}
	a.entry.parked = nil // one that failed has told them
	a.noteWatchers()
	a.leaving = a.portfolios.closing() // an account that failed was told before
	if !a.entry.writing {
		a.load()
	} // or else when that is in the journal: read now, the next append would conflict with it
}

// noteWatchers tells the clock what has become of the account.
func (a *portfolioActor) noteWatchers() {
	a.entry.watched.Store(len(a.watchers) > 0)
	a.entry.parkable.Store(len(a.watchers) > 0 && a.loaded && len(a.account.Positions) == 0)
}

// end leaves nothing behind. It also runs when the actor failed: those who
// wait for an answer hear that they must ask again, and sessions watch anew. What
// became of an append that is under way nobody waits to see.
func (a *portfolioActor) end() {
	lost := fmt.Errorf("account of %s: %w: it is being loaded again", a.entry.userID, persistence.ErrUnavailable)
	for _, message := range a.waiting {
		a.refuse(message, lost)
	}
	for _, c := range a.queue {
		a.refuse(c, lost)
	}
	if a.append != nil {
		unknown := fmt.Errorf("account of %s: %w: it is being loaded again", a.entry.userID, persistence.ErrUnknown)
		a.append.endAppend(unknown)
		for _, s := range a.append.steps {
			a.refuse(s.command, unknown)
		}
	}
	for _, cancel := range a.cancels {
		a.refuse(cancel, lost)
	}
	a.waiting, a.queue, a.append, a.cancels = nil, nil, nil, nil
	a.loseWatchers()
}

// loseWatchers makes sessions watch anew.
func (a *portfolioActor) loseWatchers() {
	for _, w := range a.watchers {
		w.watcher.Lost()
	}
	a.watchers = nil
	a.releaseHoldings()
}

// refuse answers a message that will not be handled.
func (a *portfolioActor) refuse(message any, err error) {
	switch m := message.(type) {
	case *RecordTrade:
		a.reply(func() { m.Reply(TradeOutcome{}, err) })
	case *PlaceOrder:
		a.reply(func() { m.Reply(OrderOutcome{}, err) })
	case *CancelOrder:
		a.reply(func() { m.Reply(OrderOutcome{}, err) })
	case *View:
		m.Reply(Account{}, err)
	case *Resume:
		m.Done(false)
	case *Watch:
		m.Watcher.Lost()
	}
}

// reply answers a message that counted as pending.
func (a *portfolioActor) reply(answer func()) {
	a.portfolios.gate.Done()
	answer()
}

// post sends the actor a message of its own; from any goroutine.
func (a *portfolioActor) post(message any) {
	a.portfolios.deps.System.Root.Send(a.self, &own{life: a, message: message})
}
