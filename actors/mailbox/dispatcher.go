package mailbox

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"outcry/actors/latency"
)

// Dispatcher owns the workers that run symbols and sessions, and the goroutines
// that run everything else.
type Dispatcher struct {
	// immutable after construction
	workers []*Worker
	symbols *pool
	others  *ordinary
	system  *actor.ActorSystem
	log     zerolog.Logger
	now     func() time.Time

	// atomic: written by Configure, read by mailboxes and workers
	options atomic.Pointer[Options]

	// atomic: counters for Stats
	dropped atomic.Uint64
	panics  atomic.Uint64
	depth   depth
	next    atomic.Uint64 // round robin of Assign
}

// NewDispatcher starts the workers. Stop ends them.
func NewDispatcher(o Options, system *actor.ActorSystem, log zerolog.Logger, now func() time.Time) (*Dispatcher, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("paced dispatcher: %w", err)
	}
	d := &Dispatcher{system: system, log: log, now: now}
	d.options.Store(&o)
	d.symbols = &pool{dispatcher: d}
	d.others = newOrdinary(now)
	for range o.workers() {
		d.workers = append(d.workers, newWorker(d))
	}
	for _, w := range d.workers {
		go w.loop()
	}
	return d, nil
}

// Stop ends the workers after the round under way and waits for them. Actors
// must have been stopped before: what is posted later is not run.
func (d *Dispatcher) Stop() {
	for _, w := range d.workers {
		w.stop()
	}
	for _, w := range d.workers {
		<-w.done
	}
	d.others.stop()
}

// Options returns the settings in force.
func (d *Dispatcher) Options() Options { return *d.options.Load() }

// Configure changes the settings of the running dispatcher. Workers is fixed
// at the start and stays as it is.
func (d *Dispatcher) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("paced dispatcher: %w", err)
	}
	d.options.Store(&o)
	return nil
}

// Workers returns how many workers run.
func (d *Dispatcher) Workers() int { return len(d.workers) }

// Worker returns a worker as the dispatcher of a session's Props. A session
// stays with its worker.
func (d *Dispatcher) Worker(i int) actor.Dispatcher { return d.workers[i] }

// Assign picks the worker for a new session.
func (d *Dispatcher) Assign() int { return int(d.next.Add(1) % uint64(len(d.workers))) }

// Symbols is the dispatcher of symbol actors: any worker runs them, before and
// while it flushes, so that sessions read the newest frames.
func (d *Dispatcher) Symbols() actor.Dispatcher { return d.symbols }

// Ordinary is the dispatcher of actors that must never wait behind a fan-out,
// portfolios for one.
func (d *Dispatcher) Ordinary() actor.Dispatcher { return d.others }

// DrainSymbols wakes the workers to run symbol actors, also in a rest. Ingest
// calls it when ticks pile up faster than rounds come.
func (d *Dispatcher) DrainSymbols() {
	for _, w := range d.workers {
		w.drainSymbols.Store(true)
		w.wakeUp()
	}
}

// SessionMailbox makes bounded mailboxes, for Props.
func (d *Dispatcher) SessionMailbox() actor.Mailbox { return &Mailbox{dispatcher: d, bounded: true} }

// SymbolMailbox makes mailboxes without a bound of their own, for Props: the
// symbol directory admits ticks only while there is room.
func (d *Dispatcher) SymbolMailbox() actor.Mailbox { return &Mailbox{dispatcher: d} }

// OrdinaryMailbox makes mailboxes without a bound of their own, for Props with
// Ordinary: who sends to them admits messages only while there is room.
func (d *Dispatcher) OrdinaryMailbox() actor.Mailbox { return &Mailbox{dispatcher: d} }

// OrdinaryProps run an actor on Ordinary.
func (d *Dispatcher) OrdinaryProps() []actor.PropsOption {
	return []actor.PropsOption{actor.WithMailbox(d.OrdinaryMailbox), actor.WithDispatcher(d.Ordinary())}
}

// drop counts a message that found no room, and answers it if it was a request.
func (d *Dispatcher) drop(message any) {
	d.dropped.Add(1)
	if _, _, sender := actor.UnwrapEnvelope(message); sender != nil {
		d.system.Root.Send(sender, &actor.DeadLetterResponse{})
	}
}

// Stats are counters of the dispatcher since it started.
type Stats struct {
	// Rounds are flushes of quotes, Flushed the sessions flushed in them.
	Rounds, Flushed uint64
	// Quotes written, in as many dialects as their subscribers want them. Taken are
	// the new frames that they were made of, once for each subscriber, and Updates
	// the ticks that those brought, each or merged.
	Quotes, Taken, Updates uint64
	// Bytes handed to connections, of quotes and all else.
	Bytes uint64
	// Dropped messages found their mailbox full; Panics were contained.
	Dropped, Panics uint64
	// Busy is the time spent in rounds, Rested the time rested after them.
	Busy, Rested time.Duration
}

// Stats returns the counters of all workers.
func (d *Dispatcher) Stats() Stats {
	s := Stats{Dropped: d.dropped.Load(), Panics: d.panics.Load()}
	for _, w := range d.workers {
		s.Rounds += w.rounds.Load()
		s.Flushed += w.flushed.Load()
		s.Quotes += w.quotes.Load()
		s.Taken += w.taken.Load()
		s.Updates += w.updates.Load()
		s.Bytes += w.bytes.Load()
		s.Busy += time.Duration(w.busy.Load())
		s.Rested += time.Duration(w.rested.Load())
	}
	return s
}

// ReadStages adds what the workers measured since the start. It has one caller.
func (d *Dispatcher) ReadStages(into *latency.StageCounts) {
	for _, w := range d.workers {
		into.Read(&w.stages)
	}
}

// Depth says how many messages waited in one session's mailbox at most: since it
// was asked before, and since the start. It has one caller.
func (d *Dispatcher) Depth() (lately, ever int) { return d.depth.read() }
