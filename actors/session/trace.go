package session

import (
	"errors"

	"outcry/actors/portfolio"
)

// followed are the notices that wait for the next write and whose way somebody
// follows.
type followed struct{ traces []portfolio.Trace }

// follow takes over traces of notices that were appended to what is written next.
func (s *sessionActor) follow(traces []portfolio.Trace) {
	if len(traces) == 0 {
		return
	}
	if s.followed == nil {
		s.followed = &followed{}
	}
	s.followed.traces = append(s.followed.traces, traces...)
}

// delivered ends the traces of what was handed to the connection, or with why it
// never will be.
func (s *sessionActor) delivered(err error) {
	if s.followed == nil {
		return
	}
	endTraces(s.followed.traces, err)
	s.followed = nil
}

func endTraces(traces []portfolio.Trace, err error) {
	for _, trace := range traces {
		trace.End(err)
	}
}

// errGone is that a browser left before its notices could be written. They are in
// the journal, and it gets them when it comes back.
var errGone = errors.New("the browser is gone")

// asked returns a command's trace within that of a browser's request, and a reply
// that ends both.
func asked(request portfolio.Trace, part string, reply func(portfolio.OrderOutcome, error)) (portfolio.Trace, func(portfolio.OrderOutcome, error)) {
	if !request.Follows() {
		return portfolio.Trace{}, reply
	}
	command := request.Begin(part)
	return command, func(o portfolio.OrderOutcome, err error) {
		command.End(err)
		reply(o, err)
		request.End(err)
	}
}
