package memjournal

import (
	"fmt"
	"slices"

	"outcry/persistence"
)

// unknown is a commit that fails so that nobody can tell whether it happened.
type unknown struct {
	happens bool
	reason  error
}

// LoseOutcome makes the next append end with reason as an ErrUnknown, as after a
// failed sync. happens says whether its events are in the stream from then on. An
// append that is refused is refused as ever and leaves this for the one after it.
func (j *Journal) LoseOutcome(happens bool, reason error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.unknown = &unknown{happens: happens, reason: reason}
}

// LosesOutcome reports whether an outcome is still to be lost.
func (j *Journal) LosesOutcome() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.unknown != nil
}

// unknownOr makes an append, unless its outcome is to be lost. It needs mu.
func (j *Journal) unknownOr(a *persistence.Append) error {
	u := j.unknown
	if u == nil {
		return j.append(a)
	}
	if err := j.check(a); err != nil {
		return err
	}
	j.unknown = nil
	if u.happens {
		j.write(a)
	}
	return fmt.Errorf("%w: %w", persistence.ErrUnknown, u.reason)
}

// BeforeAppends has f called before each append, on the journal's own goroutine. f
// may call what is in this file. nil ends it.
func (j *Journal) BeforeAppends(f func(persistence.Append)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.before = f
}

func (j *Journal) interpose(a *persistence.Append) {
	j.mu.Lock()
	f := j.before
	j.mu.Unlock()
	if f != nil {
		f(*a)
	}
}

// AppendAtHead appends at once, also while the journal is held, as another
// engine on the same journal would. The appends that wait then conflict.
func (j *Journal) AppendAtHead(name string, open persistence.OpenChange, events ...persistence.Event) error {
	events = slices.Clone(events)
	for i := range events {
		events[i].Data = slices.Clone(events[i].Data)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	a := &persistence.Append{Stream: name, Events: events, Open: open}
	if s := j.streams[name]; s != nil {
		a.Expected = uint64(len(s.records))
	}
	return j.append(a)
}

// Cut loses the events of a stream after a version, as a disk may that did not
// keep what it said it has.
func (j *Journal) Cut(name string, after uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.streams[name]
	for _, r := range s.records[after:] {
		delete(s.keys, r.Key)
	}
	s.records = s.records[:after:after]
	if c, found := j.checkpoints[name]; found && c.Version > after {
		delete(j.checkpoints, name)
	}
	if after == 0 {
		delete(j.streams, name)
	}
}
