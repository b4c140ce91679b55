package portfolio

// Span is one part of a request's way, as whoever follows requests keeps it. Its
// methods are called by actors and must not block.
type Span interface {
	// Begin begins a part within this one, which may outlive it.
	Begin(part string) Span
	// Note says something of this part.
	Note(key, value string)
	// End ends it, with what went wrong if anything did.
	End(err error)
}

// Trace follows a request from its sender to the notices that it makes. Its zero
// value follows nothing, and costs nothing.
type Trace struct{ span Span }

// Follow returns a trace at a span.
func Follow(s Span) Trace { return Trace{span: s} }

// Begin begins a part within this one.
func (t Trace) Begin(part string) Trace {
	if t.span == nil {
		return Trace{}
	}
	return Trace{span: t.span.Begin(part)}
}

// Note says something of this part.
func (t Trace) Note(key, value string) {
	if t.span != nil {
		t.span.Note(key, value)
	}
}

// End ends this part.
func (t Trace) End(err error) {
	if t.span != nil {
		t.span.End(err)
	}
}

// Follows reports whether anybody follows.
func (t Trace) Follows() bool { return t.span != nil }

// The parts of a request's way, by which their spans are named. Those of commands
// are begun by who sends them.
const (
	PartRecordTrade = "portfolio.record_trade" // until its outcome is known
	PartPlaceOrder  = "portfolio.place_order"  // until its outcome is known
	partExecution   = "portfolio.execution"    // what the broker did, until it is durable
	partAppend      = "journal.append"         // until it is durable
	partNotice      = "session.notice"         // from there to each browser's connection
)

// traceOf is the trace that a command is followed by.
func traceOf(c command) Trace {
	switch c := c.(type) {
	case *RecordTrade:
		return c.Trace
	case *PlaceOrder:
		return c.Trace
	case *Execution:
		return c.trace
	}
	return Trace{}
}

// beginAppend begins the part of the journal for each command that is followed.
func (b *batch) beginAppend() {
	for i := range b.steps {
		if trace := traceOf(b.steps[i].command); trace.Follows() {
			b.steps[i].append = trace.Begin(partAppend)
			b.followed = true
		}
	}
}

// endAppend ends it, and that of executions, which nobody waits for.
func (b *batch) endAppend(err error) {
	if !b.followed {
		return
	}
	for i := range b.steps {
		b.steps[i].append.End(err)
		if e, ok := b.steps[i].command.(*Execution); ok {
			e.trace.End(err)
		}
	}
}

// beginNotices begins the part of a session that is about to be sent notices, for
// each command that is followed and makes some.
func (b *batch) beginNotices(e Encoder) (traces []Trace) {
	if !b.followed {
		return nil
	}
	for i := range b.steps {
		if trace := traceOf(b.steps[i].command); trace.Follows() && e.Notices(b.events[b.steps[i].event]) > 0 {
			traces = append(traces, trace.Begin(partNotice))
		}
	}
	return traces
}

// follow remembers who follows an order, for what the broker does with it. What
// is followed is forgotten with the order's end, and with the actor's.
func (a *portfolioActor) follow(orderID string, trace Trace) {
	if !trace.Follows() {
		return
	}
	if a.followed == nil {
		a.followed = make(map[string]Trace)
	}
	a.followed[orderID] = trace
}
