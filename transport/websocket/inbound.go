package websocket

import (
	"unicode/utf8"

	"github.com/gobwas/ws"

	"outcry/transport/netpoll"
)

// inbound is the side of a Conn that netpoll calls, kept out of its API. All its
// methods run on the event loop.
type inbound Conn

// Data takes the complete frames from p and leaves the rest, at most one frame,
// with netpoll, which grows it as bytes arrive. Pings are answered before the messages
// after them are delivered, and in at most two writes: those before the first message,
// and those between and after the messages.
func (in *inbound) Data(_ netpoll.Conn, p []byte) (consumed int) {
	c := (*Conn)(in)
	var pongs pongs
	delivered := false
	for {
		state := c.state.Load()
		if state == closeReached {
			return len(p)
		}
		f, ok, refused := nextFrame(p[consumed:], c.rules())
		consumed += f.size
		switch {
		case !ok:
		case f.OpCode == ws.OpClose:
			c.answer(&pongs)
			c.peerClosed(f.payload)
		case f.OpCode == ws.OpPing && state == closeNone:
			pongs.add(f.payload)
		case f.OpCode.IsData() && state == closeNone:
			if !delivered {
				delivered = true
				c.answer(&pongs)
			}
			refused = c.take(f)
		}
		if refused != nil {
			c.answer(&pongs)
			c.fail(refused)
			return len(p)
		}
		if !ok {
			c.answer(&pongs)
			return consumed
		}
	}
}

// Writable sends the answer that waited, and tells the Handler.
func (in *inbound) Writable(netpoll.Conn) {
	c := (*Conn)(in)
	if owed := c.owed; owed != nil {
		c.owed = nil
		var pongs pongs
		pongs.add(*owed)
		c.answer(&pongs)
	}
	if c.state.Load() == closeNone {
		c.h.Writable(c)
	}
}

// Closed ends the connection for its Handler.
func (in *inbound) Closed(_ netpoll.Conn, cause error) {
	c := (*Conn)(in)
	c.partial, c.owed = nil, nil
	c.mu.Lock()
	c.blame(cause) // unless the peer's end of stream was only the answer
	cause = c.closing.cause
	c.state.Store(closeReached)
	waiting := c.closing.deadline
	c.closing.deadline = nil
	c.mu.Unlock()
	if waiting != nil {
		c.a.closes.remove(waiting)
	}
	c.h.Closed(c, cause)
}

func (c *Conn) rules() rules {
	if c.partial == nil {
		return rules{state: ws.StateServerSide, room: c.a.o.MaxMessageBytes}
	}
	return rules{
		state: ws.StateServerSide | ws.StateFragmented,
		room:  c.a.o.MaxMessageBytes - len(c.partial.data),
	}
}

// take handles a data frame. A message in one frame is delivered where it lies.
func (c *Conn) take(f frame) (refused *CloseError) {
	switch {
	case f.OpCode != ws.OpContinuation && f.Fin:
		return c.deliver(f.OpCode, f.payload)
	case f.OpCode != ws.OpContinuation:
		c.partial = &message{op: f.OpCode, data: append([]byte(nil), f.payload...)}
		return nil
	}
	c.partial.data = append(c.partial.data, f.payload...)
	if !f.Fin {
		return nil
	}
	whole := c.partial
	c.partial = nil
	return c.deliver(whole.op, whole.data)
}

// deliver gives a complete message to the Handler.
func (c *Conn) deliver(op ws.OpCode, payload []byte) (refused *CloseError) {
	switch {
	case op == ws.OpBinary:
		c.h.Binary(c, payload)
	case utf8.Valid(payload):
		c.h.Text(c, payload)
	default:
		return &CloseError{Code: CodeInvalidPayload, Reason: "text is not UTF-8"}
	}
	return nil
}
