package engineio

import (
	"errors"
	"time"

	"outcry/transport/engineio/deadline"
	"outcry/transport/websocket"
)

// What both sides say before a WebSocket takes over: the client asks whether it
// works, the server answers, the client changes over.
const (
	probePing = "2probe"
	probePong = "3probe"
)

var (
	errProbe        = errors.New("the WebSocket of a session that polls must begin with 2probe, then 5")
	errProbeTimeout = errors.New("the WebSocket did not take over in time")
)

// probe is a WebSocket that takes over from polling. Its handler methods run on
// its loop.
type probe struct {
	// immutable after construction
	polling *polling

	deadline deadline.Entry[probe] // guarded by the lock of Server.probes

	// guarded by polling.mu
	conn     *websocket.Conn // nil before it opened
	answered bool            // the client knows that it works

	switched bool // it carries the socket; owned by the loop
}

var _ websocket.Handler = (*probe)(nil)

// openProbe decides on an upgrade request with a session's id.
func (s *Server) openProbe(sid string) (websocket.Handler, func(*websocket.Conn), *websocket.Reject) {
	socket := s.polled(sid)
	if socket == nil {
		return nil, nil, unknownSession
	}
	if s.isDraining() {
		return nil, nil, shuttingDown
	}
	pr := &probe{polling: socket.carrier.(*polling)}
	pr.deadline.Owner = pr
	switch pr.polling.admit(pr) {
	case admitted:
		return pr, pr.opened, nil
	case isSurplus:
		return surplus{}, surplus{}.opened, nil
	default:
		return nil, nil, unknownSession
	}
}

// admission is what becomes of a WebSocket that wants to take over.
type admission uint8

const (
	tooLate  admission = iota // the session has ended
	admitted                  // it may try
	isSurplus
)

// admit lets a WebSocket try to take over: one at a time, and once.
func (p *polling) admit(pr *probe) admission {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state != pollOpen:
		return tooLate
	case p.conn != nil || p.probe != nil:
		return isSurplus
	default:
		p.probe = pr
		return admitted
	}
}

// opened is called once the connection is a WebSocket, before anything is read.
func (pr *probe) opened(c *websocket.Conn) {
	p := pr.polling
	p.mu.Lock()
	pr.conn = c
	open := p.state == pollOpen
	p.mu.Unlock()
	if !open {
		c.Abort(errProbe)
		return
	}
	p.socket.server.probes.Add(&pr.deadline)
}

// timeout ends a WebSocket that did not take over; the client goes on polling.
func (pr *probe) timeout() {
	pr.polling.mu.Lock()
	defer pr.polling.mu.Unlock()
	if pr.polling.conn != pr.conn {
		pr.conn.Close(websocket.CodePolicyViolation, errProbeTimeout.Error())
	}
}

// Text handles one packet.
func (pr *probe) Text(c *websocket.Conn, payload []byte) {
	switch {
	case pr.switched:
		pr.polling.calls.Lock()
		defer pr.polling.calls.Unlock()
		pr.polling.socket.text(payload)
	case !pr.answered && string(payload) == probePing:
		pr.answer(c)
	case pr.answered && len(payload) == 1 && PacketType(payload[0]) == PacketUpgrade:
		pr.takeOver(c)
	default:
		c.Close(websocket.CodePolicyViolation, errProbe.Error())
	}
}

// Binary handles one binary message.
func (pr *probe) Binary(c *websocket.Conn, payload []byte) {
	if !pr.switched {
		c.Close(websocket.CodePolicyViolation, errProbe.Error())
		return
	}
	pr.polling.calls.Lock()
	defer pr.polling.calls.Unlock()
	pr.polling.socket.binary(payload)
}

// releaseDelay is how long the poll that waits goes on behind the answer to a probe.
// A client that said 5 without waiting for the answer has changed over by then, and
// the poll it then sent is refused, in whichever order the two were read.
const releaseDelay = 10 * time.Millisecond

// answer says that the WebSocket works, and soon ends the poll that waits: the client
// asks no more before it changes over.
func (pr *probe) answer(c *websocket.Conn) {
	p := pr.polling
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.answered = true // before the client knows it
	// A write that fails ends the connection, which says so itself.
	_, _ = c.WriteText([]byte(probePong))
	if p.poll != nil {
		time.AfterFunc(releaseDelay, p.release) // a noop does no harm to a later poll
	}
}

// takeOver makes the WebSocket the one that carries the socket, behind all that
// was written before.
func (pr *probe) takeOver(c *websocket.Conn) {
	p := pr.polling
	p.calls.Lock()
	defer p.calls.Unlock()
	blocked, open := p.switchTo(c)
	if !open {
		return
	}
	pr.switched = true
	s := p.socket.server
	s.probes.Remove(&pr.deadline)
	s.upgraded.Add(1)
	if !blocked && p.socket.ending.Load() == nil {
		s.handler.Writable(p.socket) // what was reported as blocked is gone
	}
}

// switchTo hands what waits to a WebSocket, and from then on everything. open is
// false where the socket has ended.
func (p *polling) switchTo(c *websocket.Conn) (blocked, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != pollOpen && p.closing == nil || p.state == pollClosed {
		return false, false // end has closed c
	}
	p.socket.server.lingering.Remove(&p.deadline)
	if len(p.frames) > 0 {
		// A write that fails ends the connection, which says so itself.
		blocked, _ = c.WriteFrames(p.frames)
		p.frames = nil
	}
	if p.poll != nil {
		// Clients end their polls before they change over. This one came behind,
		// on a connection that was read sooner.
		p.give(answer{refusal: badRequest})
	}
	p.conn, p.probe = c, nil
	if p.closing != nil {
		c.Close(p.closing.code, p.closing.text)
	}
	return blocked, true
}

// Writable says that a blocked write is done.
func (pr *probe) Writable(*websocket.Conn) {
	if pr.switched {
		pr.polling.writable()
	}
}

// Closed ends the socket if the WebSocket carried it. If not, the client goes on
// polling.
func (pr *probe) Closed(_ *websocket.Conn, cause error) {
	p := pr.polling
	p.socket.server.probes.Remove(&pr.deadline)
	p.mu.Lock()
	if !pr.switched {
		if p.probe == pr {
			p.probe = nil
		}
		p.mu.Unlock()
		return
	}
	p.state = pollClosed
	p.mu.Unlock()
	p.socket.ending.CompareAndSwap(nil, endingOf(cause))
	p.closed()
}
