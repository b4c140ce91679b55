package badgerjournal

import (
	"fmt"

	"outcry/persistence"
)

// Finding is one place where a journal is not as it was written.
type Finding struct {
	// Stream is the stream concerned; empty for what belongs to none.
	Stream string
	// Version is the event concerned, 0 if it is none.
	Version uint64
	// Key is the idempotency key concerned, without a stream the document.
	Key string
	// Problem says what is wrong, in a sentence.
	Problem string

	remedy remedy
}

// remedy is how a finding is repaired from what else the journal holds.
type remedy uint8

const (
	noRemedy       remedy = iota // what is lost is nowhere else
	setMark                      // list the stream, whose event Version is there
	setKey                       // let Key lead to the event Version, which has it
	dropCheckpoint               // the events before it are whole
)

// Advice says what an operator can do about a finding that is not repaired.
func (f *Finding) Advice() string {
	switch {
	case f.Stream != "":
		return "nothing more is saved for it until it is whole: restore a backup, or stop the engine and run `outcry journal verify --accept-loss`"
	case f.Key != "":
		return "it is well again once it is saved anew; else restore a backup, or stop the engine and run `outcry journal verify --accept-loss`"
	}
	return "restore a backup, or stop the engine and run `outcry journal verify --accept-loss`"
}

// String is the problem and the advice.
func (f *Finding) String() string { return f.Problem + ": " + f.Advice() }

// shown is the finding as operators see it.
func (f *Finding) shown() persistence.Problem {
	return persistence.Problem{Stream: f.Stream, Text: f.Problem, Advice: f.Advice()}
}

// span is a run of versions, both ends included.
type span struct{ from, to uint64 }

func (s span) String() string { return fmt.Sprintf("events %d to %d", s.from, s.to) }
