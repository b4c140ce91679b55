package session

import (
	"sync"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/mailbox"
)

// outBuffers hold what a session writes in one flush; between flushes a
// session holds none.
var outBuffers = sync.Pool{New: func() any {
	buffer := make([]byte, 0, 16<<10)
	return &buffer
}}

// maxPooledOut bounds what one large flush leaves in the pool.
const maxPooledOut = 256 << 10

// reply makes sure that there is a buffer to append to.
func (s *sessionActor) reply() {
	if s.outBuffer == nil {
		s.outBuffer = outBuffers.Get().(*[]byte)
		s.out = (*s.outBuffer)[:0]
	}
}

func (s *sessionActor) releaseOut() {
	if s.outBuffer == nil {
		return
	}
	if cap(s.out) <= maxPooledOut {
		*s.outBuffer = s.out[:0]
		outBuffers.Put(s.outBuffer)
	}
	s.out, s.outBuffer = nil, nil
}

// flush writes what came up since the last one: answers and notices first, then
// the newest valuation and the newest quotes, in one write. While the browser does not read, answers wait and
// quotes conflate.
func (s *sessionActor) flush(f *mailbox.Flush) {
	s.askAgain()
	if s.connection == nil || s.closing || s.detached {
		s.releaseOut()
		s.delivered(errGone)
		return
	}
	if s.blocked {
		s.stall.waiting.Store(int64(len(s.out)))
		if len(s.out) > s.sessions.options.Load().OutboxBytes {
			s.close(SlowConsumer)
		}
		return
	}
	if s.stall != nil {
		f.WroteLate(s.stall.held)
		s.stall = nil
	}
	s.reply()
	s.appendAccount()
	s.appendQuotes(f)
	if len(s.out) > 0 {
		s.write(f.Now)
		s.report(f)
	}
	s.releaseOut()
	s.keepUp()
	s.saveRecord()
}

// appendQuotes appends the newest frame of every symbol that has one the
// browser was not given.
func (s *sessionActor) appendQuotes(f *mailbox.Flush) {
	batched := false
	subscriptions := s.subscriptions()
	for i := range subscriptions.Len() {
		if !subscriptions.Behind(i) {
			continue
		}
		if Dialects(subscriptions.Tag(i)) == QuoteBatch {
			batched = true
			continue
		}
		s.appendQuote(f, subscriptions, i)
	}
	if batched {
		s.appendBatch(f)
	}
}

func (s *sessionActor) appendQuote(f *mailbox.Flush, subscriptions mailbox.Subscriptions, i int) {
	snapshot := !subscriptions.Given(i)
	frame, merged := subscriptions.Next(i)
	if frame == nil {
		return
	}
	age := ageOf(f, subscriptions.Slot(i), frame, snapshot, merged)
	for dialects := Dialects(subscriptions.Tag(i)); dialects != 0; dialects &= dialects - 1 {
		lowest := dialects & -dialects
		s.out = s.sessions.encoder.AppendFrame(s.out, frame, lowest, merged, age)
		f.Quotes++
	}
}

// appendBatch appends one packet with the quotes of all batched subscriptions.
func (s *sessionActor) appendBatch(f *mailbox.Flush) {
	encoder, start := s.sessions.encoder, len(s.out)
	s.out = encoder.BeginBatch(s.out)
	empty := len(s.out)
	subscriptions := s.subscriptions()
	for i := range subscriptions.Len() {
		if Dialects(subscriptions.Tag(i)) != QuoteBatch {
			continue
		}
		snapshot := !subscriptions.Given(i)
		frame, merged := subscriptions.Next(i)
		if frame == nil {
			continue
		}
		s.out = encoder.AppendBatched(s.out, frame, merged, ageOf(f, subscriptions.Slot(i), frame, snapshot, merged))
		f.Quotes++
	}
	if len(s.out) == empty {
		s.out = s.out[:start]
		return
	}
	s.out = encoder.EndBatch(s.out, start)
}

// ageOf returns how old a quote is, and notes it for the pacer and for what is
// measured. A snapshot and a mere change of state are as old as the market made
// them and say nothing about the engine.
func ageOf(f *mailbox.Flush, slot *conflation.Slot, frame *conflation.Frame, snapshot bool, merged uint32) time.Duration {
	age := max(time.Duration(f.Now.UnixNano()-frame.Received), 0)
	if !snapshot && merged > 0 {
		f.Age = max(f.Age, age)
		f.Take(slot, frame, merged)
	}
	return age
}

// write hands the buffer to the connection.
func (s *sessionActor) write(now time.Time) {
	blocked, err := s.connection.WriteFrames(s.out)
	if err != nil {
		// The connection is ending; its Detached message says why.
		s.closing = true
		s.delivered(err)
		return
	}
	if s.arrival != nil {
		s.arrival.wrote = true // and no notice
	} else {
		s.delivered(nil)
	}
	if blocked {
		s.block(now)
	}
}

// report counts the quotes of a write: those that a connection keeps until its
// browser reads are not written before that.
func (s *sessionActor) report(f *mailbox.Flush) {
	switch {
	case s.closing: // nobody gets them
	case s.blocked:
		s.stall.held = f.Held(len(s.out))
	case f.Taken():
		f.Wrote(s.sessions.now(), len(s.out))
	default:
		f.Wrote(f.Now, len(s.out))
	}
}
