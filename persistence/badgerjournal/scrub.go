package badgerjournal

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// scrub reads the whole journal again and again while it is open, at leisure, and
// compares it with itself. It repairs what can be made of what else is there, and
// holds the other streams in quarantine.
//
// It reads each value that counts, not Badger's files as they are:
// badger.DB.VerifyChecksum would, but all at once.
type scrub struct {
	// immutable after construction
	journal    *Journal
	quarantine *quarantine
	woken      chan struct{}                                      // there are suspects, or other options
	rest       func(ctx context.Context, bytes, rate int64) error // after each piece; a test's, or the pacer's

	mu       sync.Mutex // guards the next block
	suspects []string   // streams to be examined at once
	standing persistence.ScrubStanding
	others   map[string]otherFinding // problems of no stream, by what they are
	turn     uint64                  // the pass under way
}

func newScrub(j *Journal) *scrub {
	s := &scrub{journal: j, quarantine: newQuarantine(), woken: make(chan struct{}, 1), others: make(map[string]otherFinding)}
	s.rest = (&pacer{}).rest
	return s
}

const (
	// pieceBytes is about how much is read of one moment of the journal: iterators keep
	// tables and logs that were compacted meanwhile, and a commit waits for no more.
	pieceBytes = 256 << 10
	// quietRate is the rate at which suspects are examined while passes are switched off.
	quietRate = 4 << 20
	// yieldFor is how long a piece waits at most while appends wait for their commit.
	yieldFor = time.Second
	// yieldStep is how often it looks.
	yieldStep = 5 * time.Millisecond
)

// run makes passes until ctx ends, one after the other, and examines suspects. While
// passes are switched off it looks as often at the streams that are damaged.
func (s *scrub) run(ctx context.Context) {
	var passed, looked time.Time // when the last of each ended
	for ctx.Err() == nil {
		o := s.journal.Options()
		last, due := &passed, s.pass
		if o.ScrubByteRate == 0 {
			last, due = &looked, s.examineDamaged
		}
		timer := time.NewTimer(time.Until(last.Add(o.ScrubInterval)))
		select {
		case <-ctx.Done():
		case <-timer.C:
			due(ctx)
			*last = time.Now()
		case <-s.woken:
			s.examineSuspects(ctx)
		}
		timer.Stop()
	}
}

// wake has run look at its options and suspects.
func (s *scrub) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// examineDamaged examines the streams that are in quarantine.
func (s *scrub) examineDamaged(ctx context.Context) {
	for _, stream := range s.quarantine.names() {
		s.examineStream(ctx, stream)
	}
}

// pass examines the whole journal once.
func (s *scrub) pass(ctx context.Context) {
	began := time.Now()
	s.mu.Lock()
	s.turn++
	s.mu.Unlock()
	batch := &scrubBatch{}
	p := &pass{known: s.quarantine.known, ended: batch.end}
	total := int64(0)
	for more := true; more; {
		var read int64
		var err error
		if more, read, err = s.piece(ctx, batch, p.piece); err != nil {
			return
		}
		total += read
		s.examineSuspects(ctx)
	}
	s.passed(time.Since(began), total)
}

// scrubBatch is what one piece found and which streams ended in it.
type scrubBatch struct {
	found []Finding
	ended []*progress
}

func (b *scrubBatch) add(f Finding)   { b.found = append(b.found, f) }
func (b *scrubBatch) end(p *progress) { b.ended = append(b.ended, p) }

// piece has a part of the journal examined on one moment of it, acts on what that
// found, and rests. A journal that cannot be read now is tried again until ctx ends;
// an error is logged, and ends what it was a piece of.
func (s *scrub) piece(ctx context.Context, batch *scrubBatch, examine func(*examiner, int64) (bool, error)) (more bool, read int64, err error) {
	batch.found, batch.ended = batch.found[:0], batch.ended[:0]
	err = s.journal.view(func(txn *badger.Txn) (err error) {
		x := newExaminer(txn, &persistence.Contents{}, batch.add)
		defer x.close()
		more, err = examine(x, pieceBytes)
		read = x.bytes
		return err
	})
	switch {
	case errors.Is(err, persistence.ErrUnavailable):
		return true, 0, sleep(ctx, lookInterval)
	case err != nil:
		if !errors.Is(err, persistence.ErrClosed) {
			s.journal.log.Error().Err(err).Msg("journal not examined: it could not be read")
		}
		return false, 0, err
	}
	s.mu.Lock()
	s.standing.ReadBytes += uint64(read)
	s.mu.Unlock()
	if err := s.settle(ctx, batch); err != nil {
		return false, 0, err
	}
	s.yield(ctx)
	rate := s.journal.Options().ScrubByteRate
	if rate == 0 {
		rate = quietRate
	}
	return more, read, s.rest(ctx, read, rate)
}

// yield waits while appends wait for their commit, but not for ever.
func (s *scrub) yield(ctx context.Context) {
	for waited := time.Duration(0); waited < yieldFor && s.journal.queue.len() > 0; waited += yieldStep {
		if sleep(ctx, yieldStep) != nil {
			return
		}
	}
}

// examineSuspects examines the streams of which damage was met.
func (s *scrub) examineSuspects(ctx context.Context) {
	for ctx.Err() == nil {
		s.mu.Lock()
		if len(s.suspects) == 0 {
			s.mu.Unlock()
			return
		}
		stream := s.suspects[0]
		s.suspects = s.suspects[1:]
		s.mu.Unlock()
		s.examineStream(ctx, stream)
	}
}

// examineStream examines one stream, and once more if something was repaired.
func (s *scrub) examineStream(ctx context.Context, stream string) {
	for range 2 {
		batch := &scrubBatch{}
		p := &progress{stream: stream}
		p.known, p.generation = s.quarantine.known(stream)
		for more := true; more; {
			var err error
			more, _, err = s.piece(ctx, batch, func(x *examiner, bytes int64) (bool, error) {
				x.bytes += seekBytes
				done, err := x.examine(p, bytes)
				if done {
					batch.end(p)
				}
				return !done, err
			})
			if err != nil {
				return
			}
		}
		if p.found == 0 || !s.quarantine.holds(stream) {
			return
		}
	}
}

// settle acts on what a piece found. The error is that ctx or the journal ended.
func (s *scrub) settle(ctx context.Context, b *scrubBatch) error {
	var repairable []Finding
	for i := range b.found {
		f := &b.found[i]
		switch {
		case f.remedy != noRemedy:
			repairable = append(repairable, *f)
		case f.Stream != "":
			s.hold(*f, 0)
		default:
			s.note(*f)
		}
	}
	for some := range slices.Chunk(repairable, amendmentsAtOnce) {
		if err := s.repair(ctx, some); err != nil {
			return err
		}
	}
	return s.compareHeads(ctx, b.ended)
}

// amend is Journal.amend once the journal can be written. The error is that it or ctx
// ended, or one of the amendment itself.
func (s *scrub) amend(ctx context.Context, a *amendment) error {
	for {
		err := s.journal.amend(a)
		if !errors.Is(err, persistence.ErrUnavailable) {
			return err
		}
		if err := sleep(ctx, lookInterval); err != nil {
			return err
		}
	}
}

// repair has findings repaired.
func (s *scrub) repair(ctx context.Context, findings []Finding) error {
	var done []Finding
	switch err := s.amend(ctx, repairs(findings, &done)); {
	case errors.Is(err, errUnchanged):
		return nil
	case err != nil:
		return err
	}
	s.mu.Lock()
	s.standing.Found += uint64(len(done))
	s.standing.Repaired += uint64(len(done))
	s.mu.Unlock()
	for i := range done {
		s.journal.log.Warn().Str("stream", done[i].Stream).Msg("journal repaired by what else it holds: " + done[i].Problem)
	}
	return nil
}

// compareHeads compares streams that were examined with what the committer knows of
// them, and ends the quarantine of those that are whole.
func (s *scrub) compareHeads(ctx context.Context, ended []*progress) error {
	if len(ended) == 0 {
		return nil
	}
	ends, lost := make(map[string]uint64, len(ended)), map[string]uint64{}
	for _, p := range ended {
		ends[p.stream] = p.at
	}
	if err := s.amend(ctx, headsOf(ends, func(stream string, head uint64) { lost[stream] = head })); err != nil {
		return err
	}
	for _, p := range ended {
		if head, is := lost[p.stream]; is {
			s.hold(Finding{Stream: p.stream, Version: p.at + 1, Problem: lostTail(p.stream, p.at, head)}, head)
		} else if p.found == 0 && s.quarantine.lift(p.stream, p.generation) {
			s.journal.log.Info().Str("stream", p.stream).Msg("journal whole again: what is appended to the stream is accepted")
		}
	}
	return nil
}
