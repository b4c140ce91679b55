package engineio

import "outcry/transport/websocket"

// What the requests of a client that polls do to its socket: polls, which ask for
// what there is, and posts, which bring packets.

// begin takes a poll, which gets its answer from the channel. ready asks to tell
// the Handler that somebody waits for what it has; changing, to let the client
// wait only briefly, since it is about to change over to a WebSocket.
func (p *polling) begin() (wait <-chan answer, ready, changing bool) {
	poll := make(chan answer, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.parting:
		p.parting = false
		poll <- answer{last: PacketNoop}
	case p.state == pollClosed:
		poll <- answer{refusal: unknownSession}
	case p.conn != nil:
		poll <- answer{refusal: badRequest}
	case p.poll != nil:
		poll <- answer{refusal: badRequest}
		p.fail(TransportError, errTwoPolls)
	case len(p.frames) > 0:
		p.poll = poll
		p.give(answer{})
	case p.state == pollClosing:
		p.poll = poll
		p.give(answer{last: PacketClose})
		p.end()
	default:
		p.poll = poll
		ready, changing = true, p.probe != nil && p.probe.answered
	}
	return poll, ready, changing
}

// release ends the poll that waits, if one does: the client changes over without one.
func (p *polling) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.poll != nil {
		p.give(answer{last: PacketNoop})
	}
}

// cancel ends the socket of a client that gave up a request, as the official
// server does: what the request would have brought might be lost. Where a WebSocket
// has taken over, that is so only if lost says that packets went with the request.
func (p *polling) cancel(err error, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state == pollClosed:
	case p.conn == nil:
		p.fail(TransportError, err)
	case lost:
		p.socket.ending.CompareAndSwap(nil, &ending{TransportError, err})
		p.conn.Abort(err)
	}
}

// beginPost takes packets of the client, or says why not. Those of a client that does
// not know yet that its session is closing are taken and count no more: refused, it
// would leave before it has polled for what is left.
func (p *polling) beginPost() *websocket.Reject {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state == pollClosed:
		return unknownSession
	case p.conn != nil:
		return badRequest
	case p.posting:
		p.fail(TransportError, errTwoPosts)
		return badRequest
	}
	p.posting = true
	return nil
}

func (p *polling) endPost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.posting = false
}

// receive handles the packets of a payload.
func (p *polling) receive(payload []byte) error {
	p.calls.Lock()
	defer p.calls.Unlock()
	if err := eachPacket(payload, p.socket.text); err != nil {
		p.socket.fail(ParseError, err)
	}
	if end := p.socket.ending.Load(); end != nil {
		return end.err
	}
	return nil
}
