package engineio

import (
	"errors"
	"net"
	"sync"
	"time"

	"outcry/transport/engineio/deadline"
	"outcry/transport/websocket"
)

// polling is the carrier of a client that began by long-polling: it asks for what
// there is, again and again. It stays the carrier when a WebSocket takes over,
// to which it then hands everything on.
//
// What it carries is state, not a backlog. A write is reported as blocked unless a
// WebSocket took it, since nobody waits for the next one; Handler.Writable follows
// when the client asks and there is nothing for it yet. So a session puts its
// newest quotes and its notices into a poll at the moment the poll is there, and
// only control packets wait here.
type polling struct {
	// immutable after construction
	socket *Socket

	// calls makes the calls of the Handler one at a time: packets come by one
	// request, polls by another, and both beside a WebSocket. Taken before mu.
	calls sync.Mutex

	deadline deadline.Entry[polling] // guarded by the lock of Server.lingering

	mu      sync.Mutex // guards the next block
	state   pollState
	frames  []byte          // that wait for a poll, as a WebSocket would be sent them
	poll    chan<- answer   // of the poll that waits, nil if none does; it never blocks
	posting bool            // packets are coming in
	parting bool            // the client left before its poll was there, which is owed a noop
	probe   *probe          // the WebSocket that tries to take over, nil if none does
	conn    *websocket.Conn // the WebSocket that took over, nil before
	closing *closing        // how to close a WebSocket that takes over too late, nil for not at all
}

// closing is what Close was asked for.
type closing struct {
	code websocket.Code
	text string
}

// How far the end of a polling socket is.
type pollState uint8

const (
	pollOpen    pollState = iota
	pollClosing           // what is left waits for one more poll
	pollClosed
)

// answer is what a poll is told.
type answer struct {
	frames  []byte
	last    PacketType        // a packet behind frames, 0 for none
	refusal *websocket.Reject // instead of both
}

// maxWaitingBytes is how much may wait for a poll: the packets of some seconds,
// or a session's first snapshots.
const maxWaitingBytes = 4 << 20

// lingerTimeout is how long the last packets of a socket wait for a poll.
const lingerTimeout = 2 * time.Second

var (
	errTwoPolls      = errors.New("two polls at a time are not allowed")
	errTwoPosts      = errors.New("two posts at a time are not allowed")
	errPollCancelled = errors.New("the client gave up a poll")
	errNobodyPolls   = errors.New("too much waits for a client that does not poll")
	errPostCancelled = errors.New("the client gave up a post")
)

// WriteFrames hands finished frames to the poll that waits, or keeps them for the
// next one. Otherwise see websocket.Conn.WriteFrames.
func (p *polling) WriteFrames(frames []byte) (blocked bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.conn != nil:
		return p.conn.WriteFrames(frames)
	case p.state != pollOpen:
		return false, net.ErrClosed
	case len(p.frames)+len(frames) > maxWaitingBytes:
		p.fail(TransportError, errNobodyPolls)
		return false, errNobodyPolls
	}
	p.frames = append(p.frames, frames...)
	if p.poll != nil {
		p.give(answer{})
	}
	return true, nil
}

// Pending is the number of bytes that wait for a poll, or for a WebSocket that took
// over to be read.
func (p *polling) Pending() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		return p.conn.Pending()
	}
	return len(p.frames)
}

// give answers the poll that waits, and with it all that waits for it. Needs mu.
func (p *polling) give(a answer) {
	if a.refusal == nil {
		a.frames, p.frames = p.frames, nil
	}
	p.poll <- a
	p.poll = nil
}

// Close ends the socket: a close packet goes with the poll that waits or, for a
// moment, with the one behind what is left. It never shares a payload with events:
// socket.io-client drops those that come together with a close.
func (p *polling) Close(code websocket.Code, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.conn != nil:
		p.conn.Close(code, text)
	case p.state != pollOpen:
	case p.poll != nil:
		p.end()
	default:
		p.state = pollClosing
		if p.probe != nil && p.probe.answered {
			// The client polls no more: it gets what is left when it has changed over.
			p.closing = &closing{code, text}
		} else {
			p.dropProbe()
		}
		p.socket.server.lingering.Add(&p.deadline)
	}
}

// Abort ends the socket at once.
func (p *polling) Abort(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.conn != nil:
		p.conn.Abort(cause)
	case p.state != pollClosed:
		p.end()
	}
}

// expel ends the socket of a client that broke the protocol, without last packets.
func (p *polling) expel(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		p.conn.Close(websocket.CodePolicyViolation, err.Error())
		return
	}
	p.end()
}

// fail ends the socket of a client that broke the rules of polling. Needs mu.
func (p *polling) fail(reason Reason, err error) {
	p.socket.ending.CompareAndSwap(nil, &ending{reason, err})
	p.end()
}

// lingered ends a socket whose client did not poll for the last packets, and forgets
// one that left.
func (p *polling) lingered() {
	p.mu.Lock()
	if p.state == pollClosing && p.conn == nil { // no WebSocket took over at the last moment
		p.end()
	}
	p.mu.Unlock()
	p.socket.server.forget(p.socket.id)
}

// leave ends the socket of a client that said so, by a POST: the poll that waits
// gets a noop. Clients send both at once, and which is served first is chance: a
// poll that comes behind is owed its noop for a moment.
func (p *polling) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		p.conn.Close(websocket.CodeNormal, "")
		return
	}
	if p.state == pollClosed {
		return
	}
	if p.parting = p.poll == nil; !p.parting {
		p.give(answer{last: PacketNoop})
	}
	p.end()
	if p.parting {
		p.socket.server.lingering.Add(&p.deadline)
	}
}

// end closes the socket, whose ending says why, and tells the poll that waits. The
// Handler is told by a goroutine of its own, for which Server.Close waits: whoever
// ends the socket may hold locks that the Handler needs. Needs mu.
func (p *polling) end() {
	if p.state == pollClosed {
		return
	}
	p.state = pollClosed
	p.frames = nil
	if p.poll != nil {
		p.give(answer{last: PacketClose}) // as the official suite wants it
	}
	p.dropProbe()
	p.socket.server.lingering.Remove(&p.deadline)
	go p.closed()
}

// dropProbe ends the attempt of a WebSocket to take over. Needs mu.
func (p *polling) dropProbe() {
	if p.probe != nil && p.probe.conn != nil {
		p.probe.conn.Abort(net.ErrClosed)
	}
}

// closed tells everybody that the socket has ended, once.
func (p *polling) closed() {
	s := p.socket.server
	if !p.isParting() {
		s.forget(p.socket.id)
	}
	s.heartbeat.remove(p.socket)
	p.calls.Lock()
	defer p.calls.Unlock()
	end := p.socket.ending.Load()
	s.handler.Close(p.socket, end.reason, end.err)
	s.leave()
}

// writable tells the Handler that somebody waits for what it has.
func (p *polling) writable() {
	p.calls.Lock()
	defer p.calls.Unlock()
	if p.socket.ending.Load() == nil {
		p.socket.server.handler.Writable(p.socket)
	}
}

func (p *polling) isParting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.parting
}

// polls reports whether the socket is open and no WebSocket has taken over.
func (p *polling) polls() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state != pollClosed && p.conn == nil
}

// upgraded reports whether a WebSocket has taken over.
func (p *polling) upgraded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn != nil
}
