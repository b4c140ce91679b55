package paper

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors"
	"outcry/actors/conflation"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
)

// Symbols is where the broker finds quotes.
type Symbols interface {
	Acquire(symbol string) *conflation.Slot
	Release(slot *conflation.Slot)
	Mark(symbol string) (market.Mark, bool)
	// Market returns the market of a symbol with its hours of now.
	Market(symbol string) *market.Market
}

// Deps are what a Broker works with.
type Deps struct {
	System     *actors.System
	Supervisor *actors.Supervisor // restarts on failure: the orders outlive it
	Symbols    Symbols
	Now        func() time.Time
	// Props say how the actor is run; without any, with protoactor-go's own
	// unbounded mailbox on a goroutine.
	Props []actor.PropsOption
}

// Broker is the paper broker. Its methods are safe for concurrent use and
// never block, but for Close.
type Broker struct {
	// immutable after construction
	deps    Deps
	stopped chan struct{} // closed when the actor has ended

	// atomic: written by Configure, read by accounts and by the actor
	rules atomic.Pointer[rules]

	// immutable after Start
	desk portfolio.Desk
	pid  *actor.PID

	orders *orders // owned by the actor, whichever incarnation

	closing sync.Once

	// atomic: counters for Stats, written by the actor
	resting, watched         atomic.Int64
	fills, failures, cancels atomic.Uint64
}

var _ portfolio.Broker = (*Broker)(nil)

// New returns a broker that can Check. Start makes it work orders.
func New(o Options, deps Deps) (*Broker, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("paper broker: %w", err)
	}
	b := &Broker{deps: deps, stopped: make(chan struct{}), orders: newOrders()}
	b.rules.Store(o.rules())
	return b, nil
}

// Options returns the settings in force.
func (b *Broker) Options() Options { return b.rules.Load().options }

// Configure changes what the broker takes from now on, and what it charges for
// fills, also of orders that rest.
func (b *Broker) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("paper broker: %w", err)
	}
	b.rules.Store(o.rules())
	return nil
}

// Start begins to work orders and report to desk. It comes before the first
// Submit or Cancel, and apart from New because a desk is made with its broker.
func (b *Broker) Start(desk portfolio.Desk) error {
	b.desk = desk
	options := append([]actor.PropsOption{actor.WithGuardian(b.deps.Supervisor)}, b.deps.Props...)
	props := actor.PropsFromProducer(func() actor.Actor { return &brokerActor{broker: b, orders: b.orders} }, options...)
	pid, err := b.deps.System.Root.SpawnNamed(props, "broker/"+b.Name())
	if err != nil {
		return fmt.Errorf("start the paper broker: %w", err)
	}
	b.pid = pid
	return nil
}

// Close ends the actor after the message under way, waits for it and lets go
// of its symbols. Messages that still wait are not handled: their orders are
// open and submitted again at the next start. What runs the actor must still run.
func (b *Broker) Close() {
	b.closing.Do(func() {
		if b.pid == nil {
			return
		}
		b.deps.System.Root.Stop(b.pid)
		<-b.stopped
		for _, w := range b.orders.watched {
			w.slot.Unlisten(w)
			b.deps.Symbols.Release(w.slot)
		}
		b.orders = newOrders()
		b.count()
	})
}

// Name is what orders show as their broker. portfolio.Broker.
func (b *Broker) Name() string { return "paper" }

// Submit hands over an open order; one that the broker has already is left as
// it is. portfolio.Broker.
func (b *Broker) Submit(userID string, o ledger.Order) {
	b.tell(&submit{userID: userID, order: o})
}

// Cancel asks to end an order. It is answered with Cancelled, also for an order
// that is not here, unless the order ended first. portfolio.Broker.
func (b *Broker) Cancel(userID, orderID string) {
	b.tell(&cancel{key: orderKey{userID: userID, orderID: orderID}})
}

func (b *Broker) tell(message any) { b.deps.System.Root.Send(b.pid, message) }

// count publishes how much there is. Called by the actor.
func (b *Broker) count() {
	b.resting.Store(int64(len(b.orders.byKey)))
	b.watched.Store(int64(len(b.orders.watched)))
}

// Stats are the counters of a Broker.
type Stats struct {
	// Resting orders wait now, in so many Watched symbols.
	Resting, Watched int64
	// Fills, Failures and Cancels reported since the start.
	Fills, Failures, Cancels uint64
}

// Stats returns the counters.
func (b *Broker) Stats() Stats {
	return Stats{
		Resting:  b.resting.Load(),
		Watched:  b.watched.Load(),
		Fills:    b.fills.Load(),
		Failures: b.failures.Load(),
		Cancels:  b.cancels.Load(),
	}
}
