package portfolio

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/ledger"
	"outcry/persistence"
)

// doubt is why the account must read its stream before it decides anything more:
// the outcome of an append is unknown, or another wrote the stream. The batch is
// portfolioActor.append until that is settled.
type doubt struct {
	// immutable after construction
	cause   error
	unknown bool // the batch may be in the stream; otherwise it certainly is not
	since   time.Time

	failures int // of reads of the stream; owned by the actor
}

const (
	// doubtPatience is how long commands wait for a stream that cannot be read
	// before they are refused: less than a request over HTTP waits for its answer,
	// so that the answer has the reason.
	doubtPatience = 5 * time.Second
	// firstRereadDelay is after how long a stream that could not be read is read
	// again. It doubles with each failure, up to reloadDelay.
	firstRereadDelay = 20 * time.Millisecond
	// maxSetbacks is how many appends of an account in a row may come to nothing
	// before their commands are refused.
	maxSetbacks = 8
	// firstPause is the longest pause after the second setback in a row. It doubles
	// with each one, up to maxPause.
	firstPause = 10 * time.Millisecond
	maxPause   = time.Second
)

// What the actor is sent by its reads and timers while it is in doubt.
type (
	reread struct{ doubt *doubt }
	resume struct{}
	// tail is what stands in the stream after the version that the account knows.
	tail struct {
		doubt   *doubt
		account *ledger.Account // with the events
		events  []ledger.Event
		keys    map[string]int // the index of the event with a key
		same    int            // how many of the events are those of the batch, from its first on
		err     error
	}
	// lostEvents is the error of a stream that ends before the account's version.
	lostEvents struct{ version uint64 }
)

func (e *lostEvents) Error() string {
	return fmt.Sprintf("its stream ends before version %d, which was on disk", e.version)
}

// inDoubt reads the stream to see what became of a batch.
func (a *portfolioActor) inDoubt(b *batch, cause error) {
	a.append = b
	a.doubt = &doubt{cause: cause, unknown: errors.Is(cause, persistence.ErrUnknown), since: a.portfolios.deps.Now()}
	a.readTail()
}

// readTail reads the stream on another goroutine; tail follows. The batch does
// not change meanwhile.
func (a *portfolioActor) readTail() {
	p, stream, version, d, b := a.portfolios, StreamOf(a.entry.userID), a.version, a.doubt, a.append
	account := &ledger.Account{} // without an opening deposit that is not in the stream
	if version > 0 {
		account = a.account.Clone()
	}
	p.readers.Do(func() {
		t := &tail{doubt: d, account: account, keys: make(map[string]int)}
		t.err = p.readAfter(stream, version, b.keyed, t)
		a.post(t)
	})
}

// readAfter reads the events after a version. It begins at the version itself,
// since a stream that ended earlier would look like one without anything new.
func (p *Portfolios) readAfter(stream string, version uint64, written []persistence.Event, t *tail) error {
	reached := version == 0
	for record, err := range p.deps.Journal.Read(stream, max(version, 1)-1) {
		if err != nil {
			return fmt.Errorf("read %s after version %d: %w", stream, version, err)
		}
		if !reached {
			reached = true
			continue
		}
		event, err := ledger.ParseEvent(record.Data)
		if err == nil {
			err = t.account.Apply(event, p.deps.Calendar)
		}
		if err != nil {
			return fmt.Errorf("event %d of %s: %w", record.Version, stream, err)
		}
		i := len(t.events)
		if t.same == i && i < len(written) && written[i].Key == record.Key && bytes.Equal(written[i].Data, record.Data) {
			t.same++
		}
		if record.Key != "" {
			t.keys[record.Key] = i
		}
		t.events = append(t.events, event)
	}
	if !reached {
		return &lostEvents{version: version}
	}
	return nil
}

// find returns the index of the event that a command made.
func (t *tail) find(c command) (index int, found bool) {
	if key := keyOf(c); key != "" {
		index, found = t.keys[key]
		return index, found
	}
	if order, ok := c.(*PlaceOrder); ok {
		for i, e := range t.events {
			if placed, ok := e.(ledger.OrderPlaced); ok && placed.OrderID == order.orderID {
				return i, true
			}
		}
	}
	return 0, false
}

// heardTail ends the doubt, or keeps it.
func (a *portfolioActor) heardTail(t *tail) {
	var lost *lostEvents
	switch {
	case t.doubt != a.doubt: // it was given up
	case errors.As(t.err, &lost):
		a.loseEvents(t.err)
	case t.err != nil:
		a.tailUnread(t.err)
	default:
		a.resolve(t)
	}
}

// resolve makes what stands in the stream the account, answers the commands that
// stand there with their first outcome, and decides the others again.
func (a *portfolioActor) resolve(t *tail) {
	d, b, first := a.doubt, a.append, a.version+1
	a.doubt, a.append = nil, nil
	own := d.unknown && t.same == len(b.keyed)
	if own {
		b.endAppend(nil)
		a.setbacks = 0
		a.portfolios.stats.events.Add(uint64(len(b.events)))
	} else {
		b.endAppend(d.cause)
		a.setbacks++
	}
	a.adopt(t)
	again := a.answerStanding(b, t, first, own)
	a.tellWatchers(t.events, first, b)
	if len(again) > 0 && a.setbacks > maxSetbacks {
		a.setbacks = 0
		// Its text alone: what became of the append is known now.
		a.keepExecutions(again, fmt.Errorf("%w: %d appends in a row came to nothing, the last one: %s",
			persistence.ErrUnavailable, maxSetbacks+1, d.cause.Error()))
	} else if len(again) > 0 {
		a.queue = append(again, a.queue...)
		a.pause(pauseAfter(a.setbacks, rand.Int64N))
	}
	b.recycle()
}

// adopt makes the account what its stream holds.
func (a *portfolioActor) adopt(t *tail) {
	if len(t.events) == 0 {
		return
	}
	a.account, a.opening = t.account, nil
	a.version += uint64(len(t.events))
	a.marked = false // another may have written the mark
}

// answerStanding answers those commands of a batch that stand in the stream and
// returns the others. An own batch stands there as it was written, so its commands
// are no duplicates. Events without a command of the batch are handled here, too.
func (a *portfolioActor) answerStanding(b *batch, t *tail, first uint64, own bool) (again []command) {
	accepted := make(map[int]bool)
	for _, s := range b.steps {
		if s.command == nil {
			continue // it was refused while the stream could not be read
		}
		if own {
			accepted[s.event] = true
			a.committed(s.command, b.events[s.event], first+uint64(s.event))
			continue
		}
		if i, found := t.find(s.command); found {
			a.answerFirst(s.command, first+uint64(i), t.events[i])
			continue
		}
		again = append(again, s.command)
	}
	for i, e := range t.events {
		if !accepted[i] {
			a.happened(e)
		}
	}
	return again
}

// happened does what follows from an event of the stream that no command of this
// actor waits for.
func (a *portfolioActor) happened(e ledger.Event) {
	switch e := e.(type) {
	case ledger.OrderPlaced:
		a.placed++
		a.submit(e.OrderID)
	case ledger.OrderFilled:
		a.ended(e.OrderID, false)
	case ledger.OrderFailed:
		a.ended(e.OrderID, false)
	case ledger.OrderCancelled:
		a.ended(e.OrderID, true)
	}
}

// pause keeps the account from appending for a while.
func (a *portfolioActor) pause(length time.Duration) {
	if length <= 0 {
		return
	}
	a.pausing = true
	time.AfterFunc(length, func() { a.post(&resume{}) })
}

// pauseAfter is how long an account pauses after so many setbacks in a row: not
// after the first, then between half and all of a time that doubles, so that two
// writers of a stream do not meet again.
func pauseAfter(setbacks int, random func(n int64) int64) time.Duration {
	if setbacks < 2 {
		return 0
	}
	longest := min(firstPause<<min(setbacks-2, 16), maxPause)
	return longest/2 + time.Duration(random(int64(longest/2)+1))
}

// tailUnread tries again in a moment. Commands that waited long enough are
// refused; what the broker did goes on waiting.
func (a *portfolioActor) tailUnread(err error) {
	d := a.doubt
	if d.failures++; d.failures == 1 && !errors.Is(err, persistence.ErrUnavailable) { // of which the journal says enough
		a.portfolios.deps.Log.Error().Err(err).Str("user", a.entry.userID).AnErr("cause", d.cause).
			Msg("account waits for its stream to be readable")
	}
	over := a.leaving || errors.Is(err, persistence.ErrClosed)
	if over || a.portfolios.deps.Now().Sub(d.since) >= doubtPatience {
		a.refuseInDoubt(err)
	}
	if over {
		a.append.endAppend(d.cause)
		a.doubt, a.append, a.queue = nil, nil, nil // their orders are submitted again at the next start
		return
	}
	time.AfterFunc(min(firstRereadDelay<<min(d.failures-1, 10), reloadDelay), func() { a.post(&reread{doubt: d}) })
}

// refuseInDoubt refuses the commands of the batch, of which it is not known
// whether they stand in the stream, and those that wait, which do not.
func (a *portfolioActor) refuseInDoubt(err error) {
	ofBatch := err
	if a.doubt.unknown {
		ofBatch = fmt.Errorf("%w: %w", persistence.ErrUnknown, err)
	}
	for i, s := range a.append.steps {
		if _, executed := s.command.(*Execution); s.command != nil && !executed {
			a.refuse(s.command, ofBatch)
			a.append.steps[i].command = nil
			a.portfolios.stats.refused.Add(1)
		}
	}
	a.queue = a.refuseCommands(a.queue, err)
}

// refuseCommands refuses all but what the broker did, which it returns.
func (a *portfolioActor) refuseCommands(commands []command, err error) (executions []command) {
	for _, c := range commands {
		if _, executed := c.(*Execution); executed {
			executions = append(executions, c)
			continue
		}
		a.refuse(c, err)
		a.portfolios.stats.refused.Add(1)
	}
	return executions
}

// loseEvents is for a journal that lost what it had said was on disk. Nothing that
// this account says is true any more: it is loaded again.
func (a *portfolioActor) loseEvents(err error) {
	err = fmt.Errorf("account of %s: %w: %w", a.entry.userID, persistence.ErrCorrupt, err)
	critical := a.portfolios.deps.Log.WithLevel(zerolog.FatalLevel) // which ends nothing
	critical.Err(err).Msg("the journal lost events that were acknowledged: " +
		"restore a backup, or compare with what executors and the broker recorded")
	a.append.endAppend(err)
	for _, s := range a.append.steps {
		if s.command != nil {
			a.queue = append(a.queue, s.command)
		}
	}
	for _, execution := range a.refuseCommands(a.queue, err) {
		a.waiting = append(a.waiting, execution)
	}
	for _, cancel := range a.cancels {
		a.refuse(cancel, err)
	}
	a.doubt, a.append, a.queue, a.cancels, a.followed = nil, nil, nil, nil, nil
	a.loseWatchers()
	a.loaded, a.opening, a.marked, a.stray, a.setbacks = false, nil, false, false, 0
	a.pause(reloadDelay) // what waits would find the same at once
	a.load()
}
