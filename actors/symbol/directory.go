package symbol

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors"
	"outcry/actors/admission"
	"outcry/actors/conflation"
	"outcry/actors/feed"
	"outcry/actors/latency"
	"outcry/actors/mailbox"
	"outcry/actors/market"
)

// Directory finds, creates and sweeps the symbols of an engine.
type Directory struct {
	// immutable after construction
	alwaysOpen bool
	system     *actors.System
	dispatcher *mailbox.Dispatcher
	supervisor *actors.Supervisor
	encoder    Encoder
	now        func() time.Time
	gate       *admission.Gate
	stopSweep  context.CancelFunc
	swept      chan struct{} // closed when the sweeper has ended
	paces      chan struct{} // tells the sweeper that its interval may have changed

	// atomic: written by Configure, read by anybody
	options atomic.Pointer[Options]
	markets atomic.Pointer[market.Markets]

	// atomic: counters for Stats
	accepted, late, refused atomic.Uint64

	lag latency.Recorder // added to by feeds, read by ReadLag

	mu      sync.RWMutex // guards the next block
	entries map[string]*entry
	actors  int // entries that have an actor
}

var _ feed.Sink = (*Directory)(nil)

// entry is one symbol that somebody watches or that has an actor.
type entry struct {
	slot     *conflation.Slot
	pid      *actor.PID // nil before the first tick
	watchers int        // sessions that acquired the slot
}

// Deps are what a Directory works with.
type Deps struct {
	System     *actors.System
	Dispatcher *mailbox.Dispatcher
	Supervisor *actors.Supervisor
	Encoder    Encoder
	Now        func() time.Time
	// AlwaysOpen keeps the main market open at any time, as one that is made up is.
	AlwaysOpen bool
}

// NewDirectory returns an empty directory and starts its sweeper. Close ends it.
func NewDirectory(o Options, deps Deps) (*Directory, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("symbol directory: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := &Directory{
		alwaysOpen: deps.AlwaysOpen,
		system:     deps.System,
		dispatcher: deps.Dispatcher,
		supervisor: deps.Supervisor,
		encoder:    deps.Encoder,
		now:        deps.Now,
		gate:       admission.NewGate(o.MaxPendingTicks, deps.Dispatcher.DrainSymbols),
		stopSweep:  cancel,
		swept:      make(chan struct{}),
		paces:      make(chan struct{}, 1),
		entries:    make(map[string]*entry),
	}
	if err := d.configureMarkets(o); err != nil {
		cancel()
		return nil, err
	}
	d.options.Store(&o)
	go d.sweepLoop(ctx)
	return d, nil
}

// Options returns the settings in force.
func (d *Directory) Options() Options { return *d.options.Load() }

// Markets are the markets with the hours in force.
func (d *Directory) Markets() *market.Markets { return d.markets.Load() }

// Market returns the market of a symbol, which need not be known.
func (d *Directory) Market(symbol string) *market.Market { return d.Markets().Of(symbol) }

func (d *Directory) configureMarkets(o Options) error {
	if d.alwaysOpen {
		o.Hours = market.Always
	}
	markets, err := o.NewMarkets()
	if err != nil {
		return fmt.Errorf("symbol directory: %w", err)
	}
	d.markets.Store(markets)
	return nil
}

// Configure changes the settings of the running directory, but for the trading days
// of symbols that are there. Symbols that are too many for a new limit stay.
func (d *Directory) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("symbol directory: %w", err)
	}
	if err := d.configureMarkets(o); err != nil {
		return err
	}
	d.options.Store(&o)
	d.gate.SetLimit(o.MaxPendingTicks)
	select {
	case d.paces <- struct{}{}:
	default: // the sweeper has not yet heard of the last change, and will find this one
	}
	return nil
}

// Close ends the sweeper and stops the symbol actors.
func (d *Directory) Close() {
	d.stopSweep()
	<-d.swept
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.entries {
		if e.pid != nil {
			d.system.Root.Stop(e.pid)
		}
	}
	clear(d.entries)
	d.actors = 0
}

// Publish hands a tick to its symbol, which it creates if need be. It blocks
// while too many ticks wait. feed.Sink.
func (d *Directory) Publish(ctx context.Context, src *feed.Source, t market.Tick) error {
	now := d.now()
	src.Heard(now)
	if err := t.Validate(now); err != nil {
		d.refused.Add(1)
		return err
	}
	if t.OfFeed() {
		d.setFeedStatus(src, &t, now)
		return nil
	}
	pid, err := d.actorOf(t.Symbol)
	if err != nil {
		d.refused.Add(1)
		return err
	}
	if err := d.gate.Acquire(ctx); err != nil {
		return fmt.Errorf("publish a tick of %s: %w", t.Symbol, err)
	}
	d.accepted.Add(1)
	if !t.Time.IsZero() {
		d.lag.Add(now.Sub(t.Time), 1)
	}
	d.system.Root.Send(pid, &Ingest{Tick: t, Received: now, Source: src})
	return nil
}

// setFeedStatus halts or resumes all symbols of a feed, which look at it as at their
// freshness.
func (d *Directory) setFeedStatus(src *feed.Source, t *market.Tick, now time.Time) {
	d.accepted.Add(1)
	if !src.SetStatus(t, now) {
		d.late.Add(1)
		return
	}
	d.sweep(now, nil)
}

// sweep lets every symbol look at its freshness. It returns pids, whose memory it uses.
func (d *Directory) sweep(now time.Time, pids []*actor.PID) []*actor.PID {
	pids = d.appendActors(pids)
	sweep := &Sweep{Now: now}
	for _, pid := range pids {
		d.system.Root.Send(pid, sweep)
	}
	clear(pids)
	return pids[:0]
}

// actorOf returns the actor of a symbol; the first tick of a symbol creates it.
func (d *Directory) actorOf(symbol string) (*actor.PID, error) {
	d.mu.RLock()
	e := d.entries[symbol]
	if e != nil && e.pid != nil {
		pid := e.pid
		d.mu.RUnlock()
		return pid, nil
	}
	d.mu.RUnlock()

	d.mu.Lock()
	defer d.mu.Unlock()
	e = d.entries[symbol]
	if (e == nil || e.pid == nil) && d.actors >= d.options.Load().MaxSymbols {
		return nil, market.Refuse(market.ReasonSymbols, "symbol %s is new and %d exist already: raise market.max_symbols", symbol, d.actors)
	}
	if e == nil {
		e = &entry{slot: conflation.NewSlot(symbol)}
		d.entries[symbol] = e
	}
	if e.pid == nil {
		if err := d.spawn(e, d.newLife(e.slot)); err != nil {
			return nil, err
		}
	}
	return e.pid, nil
}

// newLife is that of a symbol without a quote, by the days of its market.
func (d *Directory) newLife(slot *conflation.Slot) *life {
	return &life{slot: slot, days: d.Market(slot.Symbol()).Days}
}

// spawn starts the actor of an entry, with what it had in another process, if any.
// Needs mu.
func (d *Directory) spawn(e *entry, life *life) error {
	props := actor.PropsFromProducer(
		func() actor.Actor { return &symbolActor{directory: d, life: life} },
		actor.WithMailbox(d.dispatcher.SymbolMailbox),
		actor.WithDispatcher(d.dispatcher.Symbols()),
		actor.WithGuardian(d.supervisor),
	)
	pid, err := d.system.Root.SpawnNamed(props, "symbol/"+e.slot.Symbol())
	if err != nil {
		return fmt.Errorf("start the actor of symbol %s: %w", e.slot.Symbol(), err)
	}
	e.pid = pid
	d.actors++
	return nil
}

// Acquire returns the slot of a symbol to watch, also before its first tick.
// Each call is followed by one Release.
func (d *Directory) Acquire(symbol string) *conflation.Slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[symbol]
	if e == nil {
		e = &entry{slot: conflation.NewSlot(symbol)}
		d.entries[symbol] = e
	}
	e.watchers++
	return e.slot
}

// Release says that a slot is no longer watched. A symbol that never ticked
// and that nobody watches is forgotten.
func (d *Directory) Release(slot *conflation.Slot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entries[slot.Symbol()]
	if e == nil || e.slot != slot {
		return // the directory was closed meanwhile
	}
	e.watchers--
	if e.watchers == 0 && e.pid == nil {
		delete(d.entries, slot.Symbol())
	}
}

// sweepLoop lets every symbol look at its freshness, again and again.
func (d *Directory) sweepLoop(ctx context.Context) {
	defer close(d.swept)
	interval := d.Options().SweepInterval
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	var pids []*actor.PID
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.paces:
			if was := interval; was != d.Options().SweepInterval {
				interval = d.Options().SweepInterval
				ticker.Reset(interval)
			}
			continue
		case <-ticker.C:
		}
		pids = d.sweep(d.now(), pids)
	}
}

func (d *Directory) appendActors(pids []*actor.PID) []*actor.PID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	pids = slices.Grow(pids, len(d.entries))
	for _, e := range d.entries {
		if e.pid != nil {
			pids = append(pids, e.pid)
		}
	}
	return pids
}

// Stats are the counters of a Directory since it started.
type Stats struct {
	// Symbols that ticked at least once.
	Symbols int
	// Accepted ticks, those of them that were Late (older than the newest of
	// their symbol), and Refused ones.
	Accepted, Late, Refused uint64
	// Pending ticks wait in mailboxes.
	Pending int64
}

// Stats returns the counters.
func (d *Directory) Stats() Stats {
	d.mu.RLock()
	symbols := d.actors
	d.mu.RUnlock()
	return Stats{
		Symbols:  symbols,
		Accepted: d.accepted.Load(),
		Late:     d.late.Load(),
		Refused:  d.refused.Load(),
		Pending:  d.gate.Pending(),
	}
}

// Standing returns how many ticks wait, and may wait.
func (d *Directory) Standing() admission.Standing { return d.gate.Standing() }

// ReadLag adds how long the accepted ticks that have a time of their own had been
// under way when they were received, since the start. It has one caller.
func (d *Directory) ReadLag(into *latency.Counts) { into.Read(&d.lag) }

// Known returns how many symbols the directory remembers: those that ticked
// and those that somebody waits for.
func (d *Directory) Known() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.entries)
}

// Watched returns how many symbols some session watches.
func (d *Directory) Watched() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	n := 0
	for _, e := range d.entries {
		if e.watchers > 0 || e.slot.Watched() {
			n++
		}
	}
	return n
}
