package portfolio

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"outcry/actors/ledger"
	"outcry/persistence"
)

// command is a message that may change the account: *RecordTrade, *PlaceOrder
// or *Execution.
type command any

// step is a command that was decided and awaits its commit.
type step struct {
	command command
	event   int // index of its event in the batch
	append  Trace
}

// batch is one append under way. Its events and steps are in the order in
// which they were decided.
type batch struct {
	staged *ledger.Account // the account once the events are durable
	steps  []step
	events []ledger.Event
	keyed  []persistence.Event // the events as the journal takes them
	buffer []byte              // holds their data
	ends   []int               // where the data of each ends in buffer

	followed bool // a step is
}

// batches are used again: thousands of accounts have none at any moment.
var batches = sync.Pool{New: func() any { return new(batch) }}

// maxPooledBatchBytes bounds what one large batch leaves in the pool.
const maxPooledBatchBytes = 256 << 10

// maxBatchEvents and maxBatchBytes bound one append, so that a flood into one
// account does not hold up the commits of others. The event that reaches them is
// the last: with it, and all keys, the append is within the journal's limits.
const (
	maxBatchEvents = 512
	maxBatchBytes  = 256 << 10
)

func (b *batch) add(c command, e ledger.Event, key string) {
	if c != nil {
		b.steps = append(b.steps, step{command: c, event: len(b.events)})
	}
	b.events = append(b.events, e)
	b.buffer = ledger.AppendEvent(b.buffer, e)
	b.ends = append(b.ends, len(b.buffer))
	b.keyed = append(b.keyed, persistence.Event{Key: key})
}

// seal points the events at their data, now that the buffer has stopped moving.
func (b *batch) seal() []persistence.Event {
	start := 0
	for i, end := range b.ends {
		b.keyed[i].Data = b.buffer[start:end:end]
		start = end
	}
	return b.keyed
}

func (b *batch) full() bool { return len(b.events) >= maxBatchEvents || len(b.buffer) >= maxBatchBytes }

func (b *batch) has(key string) bool {
	for i := range b.keyed {
		if b.keyed[i].Key == key {
			return true
		}
	}
	return false
}

func (b *batch) recycle() {
	if cap(b.buffer) > maxPooledBatchBytes {
		return
	}
	clear(b.steps)
	clear(b.events)
	clear(b.keyed)
	*b = batch{steps: b.steps[:0], events: b.events[:0], keyed: b.keyed[:0], buffer: b.buffer[:0], ends: b.ends[:0]}
	batches.Put(b)
}

// stage decides the commands that wait, each against the account as those
// before it leave it, and hands their events to the journal as one append.
func (a *portfolioActor) stage(now time.Time) {
	if !a.loaded || a.append != nil || len(a.queue) == 0 || a.retrying || a.pausing {
		return
	}
	b := batches.Get().(*batch)
	b.staged = a.account.Clone()
	if a.opening != nil {
		b.add(nil, *a.opening, "opening")
	}
	opened := len(b.events)
	queue := a.queue
	a.queue = nil
	for i, c := range queue {
		if b.full() {
			a.queue = append(a.queue, queue[i:]...)
			break
		}
		if key := keyOf(c); key != "" && b.has(key) {
			a.queue = append(a.queue, c) // decided after this batch, when the journal knows the key
			continue
		}
		a.decide(b, c, now)
	}
	if len(b.events) == opened {
		b.recycle()
		return
	}
	a.append = b
	b.beginAppend()
	a.portfolios.deps.Journal.Append(persistence.Append{
		Stream: StreamOf(a.entry.userID), Expected: a.version, Events: b.seal(), Open: a.openChange(b.staged),
		Done: func(err error) { a.post(&committed{batch: b, err: err}) },
	})
	a.entry.writing = true
}

// keyOf is the idempotency key of a command's event.
func keyOf(c command) string {
	switch c := c.(type) {
	case *RecordTrade:
		return tradeKey(c.Trade.ID)
	case *PlaceOrder:
		if c.ClientOrderID != "" {
			return orderKey(c.ClientOrderID)
		}
	case *Execution:
		if c.Outcome == Cancelled {
			return "cancel/" + c.OrderID
		}
		return tradeKey(c.TradeID)
	}
	return ""
}

func tradeKey(id string) string { return "trade/" + id }

func orderKey(clientOrderID string) string { return "order/" + clientOrderID }

// decide turns a command into an event of the batch, or answers it at once.
func (a *portfolioActor) decide(b *batch, c command, now time.Time) {
	var event ledger.Event
	switch c := c.(type) {
	case *RecordTrade:
		event = a.decideTrade(b.staged, c)
	case *PlaceOrder:
		event = a.decideOrder(b.staged, c, now)
	case *Execution:
		c.trace = a.followed[c.OrderID].Begin(partExecution)
		if event = a.decideExecution(b.staged, c); event == nil {
			c.trace.End(nil)
		}
	}
	if event == nil {
		return // answered
	}
	if err := b.staged.Apply(event, a.portfolios.deps.Calendar); err != nil {
		a.refuse(c, fmt.Errorf("%w: %w", ErrRefused, err))
		return
	}
	b.add(c, event, keyOf(c))
}

// settle ends an append: what is durable becomes the account, and only then is
// anybody told.
func (a *portfolioActor) settle(m *committed) {
	a.append = nil
	if errors.Is(m.err, persistence.ErrUnknown) || errors.Is(m.err, persistence.ErrConflict) {
		a.inDoubt(m.batch, m.err)
		return
	}
	m.batch.endAppend(m.err)
	var duplicate *persistence.DuplicateError
	switch {
	case m.err == nil:
		a.commit(m.batch)
	case errors.As(m.err, &duplicate):
		a.setAside(m.batch, duplicate.Known)
	default:
		a.failed(m.batch, m.err)
	}
	m.batch.recycle()
}

func (a *portfolioActor) commit(b *batch) {
	first := a.version + 1
	a.account, a.opening = b.staged, nil
	a.version += uint64(len(b.events))
	a.marked, a.stray, a.setbacks = len(a.account.Orders) > 0, false, 0 // the batch wrote the mark
	a.portfolios.stats.events.Add(uint64(len(b.events)))
	for _, s := range b.steps {
		a.committed(s.command, b.events[s.event], first+uint64(s.event))
	}
	a.tellWatchers(b.events, first, b)
}

// tellWatchers shows an account that events have changed, the first of which has
// a version. b, if any, are the commands that follow them.
func (a *portfolioActor) tellWatchers(events []ledger.Event, first uint64, b *batch) {
	if len(events) == 0 {
		return
	}
	a.notify(events, first, b)
	a.saveCheckpoint(uint64(a.portfolios.options.Load().CheckpointEvery))
	a.unlist()
	a.noteWatchers()
	a.showAccount()
}

// committed answers a command whose event is durable.
func (a *portfolioActor) committed(c command, e ledger.Event, version uint64) {
	switch c := c.(type) {
	case *RecordTrade:
		a.portfolios.stats.trades.Add(1)
		a.reply(func() { c.Reply(TradeOutcome{Version: version, Failed: c.Trade.Failed}, nil) })
	case *PlaceOrder:
		if refused, rejected := e.(ledger.OrderRejected); rejected {
			a.rejected(c, &refused)
			return
		}
		a.accepted(c, e.(ledger.OrderPlaced).OrderID)
	case *Execution:
		a.executed(c)
	}
}

// setAside takes the commands whose keys the stream knows out of a batch, has
// them answered with the first outcome, and decides the others again.
func (a *portfolioActor) setAside(b *batch, versions map[int]uint64) {
	var again []command
	for _, s := range b.steps {
		if version, repeated := versions[s.event]; repeated {
			a.findKnown(s.command, version)
			continue
		}
		again = append(again, s.command)
	}
	a.queue = append(again, a.queue...)
}

// failed answers the commands of a batch of which nothing was saved. What the
// broker did stays to be saved.
func (a *portfolioActor) failed(b *batch, err error) {
	commands := make([]command, 0, len(b.steps))
	for _, s := range b.steps {
		commands = append(commands, s.command)
	}
	a.keepExecutions(commands, err)
}

// keepExecutions refuses commands of which nothing was saved, but for what the
// broker did: that is tried again in a moment.
func (a *portfolioActor) keepExecutions(commands []command, err error) {
	executions := a.refuseCommands(commands, err)
	if len(executions) == 0 || errors.Is(err, persistence.ErrInvalid) {
		return
	}
	if errors.Is(err, persistence.ErrClosed) {
		return // their orders are open and submitted again at the next start
	}
	a.queue = append(executions, a.queue...)
	a.retrying = true
	time.AfterFunc(retryDelay, func() { a.post(&retry{}) })
}

// retryDelay is after how long executions that could not be saved are tried again.
const retryDelay = time.Second
