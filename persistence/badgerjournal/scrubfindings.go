package badgerjournal

import (
	"errors"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

// otherFinding is a problem that belongs to no stream, and the last pass that found it.
type otherFinding struct {
	Finding
	turn uint64
}

// maxOthers bounds how many problems of no stream are remembered.
const maxOthers = 1000

// hold puts the stream of a finding into quarantine.
func (s *scrub) hold(f Finding, known uint64) (fresh bool) {
	if fresh = s.quarantine.add(f, known); fresh {
		s.mu.Lock()
		s.standing.Found++
		s.mu.Unlock()
		s.journal.log.Error().Str("stream", f.Stream).Msg("journal damaged: " + f.String())
	}
	return fresh
}

// note remembers a finding that belongs to no stream.
func (s *scrub) note(f Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, again := s.others[f.Problem]
	if !again {
		s.standing.Found++
		s.journal.log.Error().Msg("journal damaged: " + f.String())
	}
	if again || len(s.others) < maxOthers {
		s.others[f.Problem] = otherFinding{f, s.turn}
	}
}

// met takes note of an error with which a stream was read or appended to, and returns
// it. Damage puts the stream into quarantine before the next append.
func (s *scrub) met(stream string, err error) error {
	if !errors.Is(err, persistence.ErrCorrupt) || s.knownLoss(stream) {
		return err
	}
	if s.hold(Finding{Stream: stream, Problem: err.Error()}, 0) {
		s.suspect(stream)
	}
	return err
}

// suspect has a stream examined at once.
func (s *scrub) suspect(stream string) {
	s.mu.Lock()
	if !slices.Contains(s.suspects, stream) {
		s.suspects = append(s.suspects, stream)
	}
	s.mu.Unlock()
	s.wake()
}

// knownLoss reports whether damage of a stream may be what an operator gave up. If it
// is, a pass finds whatever else there is.
func (s *scrub) knownLoss(stream string) (is bool) {
	err := s.journal.view(func(txn *badger.Txn) error {
		is = hasLost(txn, stream)
		return nil
	})
	return is && err == nil
}

// passed ends a pass: what it did not find any more is well again.
func (s *scrub) passed(took time.Duration, read int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for problem, f := range s.others {
		if f.turn != s.turn {
			delete(s.others, problem)
		}
	}
	s.standing.Passes++
	s.standing.Ended, s.standing.Took, s.standing.PassBytes = s.journal.now(), took, read
}

// maxShown bounds ScrubStanding.First.
const maxShown = 5

// ScrubStanding returns what the scrub did and found. persistence.Storage.
func (j *Journal) ScrubStanding() persistence.ScrubStanding {
	s := j.scrub
	s.mu.Lock()
	defer s.mu.Unlock()
	standing := s.standing
	standing.Damaged = int(s.quarantine.held.Load())
	standing.Open = standing.Damaged + len(s.others)
	for _, f := range s.quarantine.first(maxShown) {
		standing.First = append(standing.First, f.shown())
	}
	for _, f := range s.others {
		if len(standing.First) == maxShown {
			break
		}
		standing.First = append(standing.First, f.shown())
	}
	return standing
}
