package socketio

import (
	"errors"
	"fmt"
	"net"
	"time"

	"outcry/transport/engineio/deadline"
)

// AckTimeout is how long a client may take to acknowledge an event that asks for it.
const AckTimeout = 10 * time.Second

// maxAsked is how many events of one socket may wait for an acknowledgement.
const maxAsked = 100

var (
	// ErrAckTimeout says that no acknowledgement came in time.
	ErrAckTimeout = errors.New("no acknowledgement came in time")
	// ErrTooManyAsked says that too many events wait for an acknowledgement.
	ErrTooManyAsked = fmt.Errorf("%d events wait for an acknowledgement already", maxAsked)
)

// Answer is what became of an event that asked for an acknowledgement.
type Answer struct {
	// Args is the JSON array that the client acknowledged with, and Attachments
	// are those its placeholders stand for. Valid during the call only.
	Args        []byte
	Attachments [][]byte
	// Err is nil with an acknowledgement, ErrAckTimeout when none came in
	// AckTimeout, and net.ErrClosed when the socket ended first.
	Err error
}

// asked is an event that waits for its acknowledgement.
type asked struct {
	// immutable after construction
	socket *Socket
	id     int64
	hear   func(Answer)

	deadline deadline.Entry[asked] // guarded by the lock of Server.asks
}

// EmitWithAck sends an event and asks for an acknowledgement. Unless it returns
// an error, hear is called once with the answer: from the loop, a timer or
// whoever ends the socket, also before EmitWithAck returns. It must not block.
// Otherwise see Emit.
func (s *Socket) EmitWithAck(hear func(Answer), event string, args []byte, attachments ...[]byte) (blocked bool, err error) {
	a, err := s.ask(hear)
	if err != nil {
		return false, err
	}
	blocked, err = s.write(Packet{Type: EventPacket, ID: a.id, Data: eventData(event, args)}, attachments)
	if err != nil && s.unask(a.id) == nil {
		return blocked, nil // the socket ended meanwhile, which hear was told
	}
	return blocked, err
}

// ask notes that the event with the next id is to be acknowledged.
func (s *Socket) ask(hear func(Answer)) (*asked, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state.Load() != accepted:
		return nil, net.ErrClosed
	case len(s.asks) >= maxAsked:
		return nil, ErrTooManyAsked
	case s.asks == nil:
		s.asks = make(map[int64]*asked)
	}
	a := &asked{socket: s, id: s.nextAsk, hear: hear}
	a.deadline.Owner = a
	s.nextAsk++
	s.asks[a.id] = a
	s.client.server.asks.Add(&a.deadline)
	return a, nil
}

// unask takes an event out of those that wait; nil if it is not among them. Only
// who takes it out tells what became of it.
func (s *Socket) unask(id int64) *asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.asks[id]
	if a != nil {
		delete(s.asks, id)
		s.client.server.asks.Remove(&a.deadline)
	}
	return a
}

// answered tells of the client's acknowledgement. The official server ignores one
// that it does not wait for, and so do we.
func (s *Socket) answered(id int64, answer Answer) {
	if a := s.unask(id); a != nil {
		a.hear(answer)
	}
}

// expired tells of an acknowledgement that did not come.
func (a *asked) expired() { a.socket.answered(a.id, Answer{Err: ErrAckTimeout}) }

// takeAsks takes out all events that wait, of a socket that ends. Needs mu.
func (s *Socket) takeAsks() map[int64]*asked {
	asks := s.asks
	s.asks = nil
	for _, a := range asks {
		s.client.server.asks.Remove(&a.deadline)
	}
	return asks
}

// unanswered tells that the socket ended before the acknowledgements came.
func unanswered(asks map[int64]*asked) {
	for _, a := range asks {
		a.hear(Answer{Err: net.ErrClosed})
	}
}
