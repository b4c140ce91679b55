package symbol

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/conflation"
	"outcry/actors/feed"
	"outcry/actors/mailbox"
	"outcry/actors/market"
)

// Encoder turns a quote into the bytes of a frame. The transport implements
// it, so that a symbol publishes finished bytes without knowing the wire.
type Encoder interface {
	// AppendQuote appends the frame of q to dst and notes in marks where the
	// parts are that differ between subscribers.
	AppendQuote(dst []byte, q *market.Quote, state market.State, marks *[8]uint16) []byte
}

// life is what of a symbol outlives a restart of its actor: the quote as last
// published. A panic costs the ticks of the run it happened in.
//
// owned by the symbol actor, whichever incarnation
type life struct {
	slot      *conflation.Slot
	days      market.Calendar // of its market
	published market.Quote
	source    *feed.Source // nil before the first tick in this process
	// unconfirmed: the quote was read from the store, and is stale until its feed
	// reports it again, however young it is.
	unconfirmed bool
}

// symbolActor is one instrument. Its fields are its own.
type symbolActor struct {
	directory *Directory // immutable after construction; for its encoder and settings
	life      *life

	quote   market.Quote
	state   market.State
	changed bool
	oldest  time.Time // receipt of the oldest tick that is not published
}

// Receive handles one message. actor.Actor.
func (a *symbolActor) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *Ingest:
		a.ingest(m)
	case *Sweep:
		a.sweep(m.Now)
	case *mailbox.Flush:
		a.publish(m)
	case *Tell:
		m.Reply <- a.quote
	case *actor.Started:
		a.begin()
	}
}

// begin takes up what was published before a restart, or by Restore.
func (a *symbolActor) begin() {
	a.quote = a.life.published
	if newest := MarkOf(a.life.slot.Newest()); newest != nil {
		a.state = newest.State
	}
}

func (a *symbolActor) ingest(m *Ingest) {
	defer a.directory.gate.Done()
	if !a.quote.Apply(m.Tick, m.Received, a.life.days) {
		a.directory.late.Add(1)
	}
	if a.quote.Ticks == a.life.published.Ticks+1 {
		a.oldest = m.Received
	}
	a.life.slot.Received(a.quote.Ticks, m.Received.UnixNano())
	a.life.source = m.Source
	a.state = a.stateAt(m.Received)
	a.changed = true
}

// sweep republishes the quote where only its freshness changed.
func (a *symbolActor) sweep(now time.Time) {
	if state := a.stateAt(now); state != a.state {
		a.state = state
		a.changed = true
	}
}

func (a *symbolActor) stateAt(now time.Time) market.State {
	policy := a.directory.options.Load().freshness()
	if a.life.unconfirmed && a.life.source == nil {
		return market.Stale
	}
	live, halted := false, a.quote.Halted
	if source := a.life.source; source != nil {
		live = source.Live(now, policy.FeedSilence)
		_, feedHalted := source.Halted()
		halted = halted || feedHalted
	}
	return policy.State(now.Sub(a.quote.Received), live, halted)
}

// shown is the quote with the reason of a halt, which may be that of the whole feed.
func (a *symbolActor) shown() market.Quote {
	q := a.quote
	if a.life.source != nil && !q.Halted {
		q.HaltReason, _ = a.life.source.Halted()
	}
	return q
}

// publish encodes the quote once for everybody.
func (a *symbolActor) publish(flush *mailbox.Flush) {
	if !a.changed || a.quote.Ticks == 0 {
		return
	}
	a.changed = false
	now := a.directory.now()
	a.life.slot.Publish(a.frame(now))
	flush.Ingested(now, a.oldest, a.quote.Ticks-a.life.published.Ticks)
	a.life.published = a.quote
}

// frame encodes the quote, to be published at now.
func (a *symbolActor) frame(now time.Time) *conflation.Frame {
	quote := a.shown()
	p := &published{mark: quote.MarkAt(a.state)}
	f := &p.frame
	f.Ticks, f.Received, f.Value = a.quote.Ticks, a.quote.Received.UnixNano(), &p.mark
	f.Bytes = a.directory.encoder.AppendQuote(make([]byte, 0, a.frameSize()), &quote, a.state, &f.Marks)
	f.Published = now.UnixNano()
	return f
}

// published is a frame and the mark it shows, in one allocation.
type published struct {
	frame conflation.Frame
	mark  market.Mark
}

// MarkOf returns the mark that a frame shows; nil for no frame.
func MarkOf(f *conflation.Frame) *market.Mark {
	if f == nil {
		return nil
	}
	return f.Value.(*market.Mark)
}

// frameSize guesses the size of the next frame from the last.
func (a *symbolActor) frameSize() int {
	const margin = 32 // prices and volumes that grew some digits
	if last := a.life.slot.Newest(); last != nil {
		return len(last.Bytes) + margin
	}
	return 512
}
