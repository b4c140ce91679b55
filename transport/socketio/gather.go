package socketio

import (
	"bytes"
	"errors"
	"fmt"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

// gathering is a binary packet whose attachments are still coming. Its texts are
// copies of what was received.
type gathering struct {
	socket      *Socket
	ackID       int64 // of a BINARY_ACK: the event it answers
	args        []byte
	event       *Event // of a BINARY_EVENT, nil otherwise
	attachments [][]byte
	missing     int
	bytes       int // all that is held for it
}

// The words of the official decoder.
var (
	errTextBetween = errors.New("got plaintext data when reconstructing a packet: attachments must follow their packet")
	errNotAwaited  = errors.New("got binary data when not reconstructing a packet: attachments must follow a binary packet")
)

// gather begins a binary packet. All that can be wrong with its text is found
// before anything is held.
func (c *client) gather(s *Socket, p *Packet) {
	if err := checkPlaceholders(p.Data, p.Attachments); err != nil {
		c.malformed(err)
		return
	}
	p.Data = bytes.Clone(p.Data)
	g := &gathering{socket: s, ackID: p.ID, args: p.Data, missing: p.Attachments, bytes: len(p.Data)}
	if p.Type == BinaryEvent {
		e, err := p.event()
		if err != nil {
			c.malformed(err)
			return
		}
		g.event = &e
	}
	c.gathering = g
}

// binary handles one attachment. Loop only.
func (c *client) binary(payload []byte) {
	g := c.gathering
	switch {
	case g == nil:
		c.malformed(errNotAwaited)
		return
	case c.server.maxBytes > 0 && g.bytes+len(payload) > c.server.maxBytes:
		c.tooLarge()
		return
	}
	g.attachments = append(g.attachments, bytes.Clone(payload))
	g.bytes += len(payload)
	g.missing--
	if g.missing == 0 {
		c.gathering = nil
		c.complete(g)
	}
}

// complete hands a binary packet on.
func (c *client) complete(g *gathering) {
	switch {
	case !g.socket.isAccepted(): // the server took it out of the namespace meanwhile
		c.unfit()
	case g.event != nil:
		g.event.Attachments = g.attachments
		c.server.handler.Event(g.socket, *g.event)
	default:
		g.socket.answered(g.ackID, Answer{Args: g.args, Attachments: g.attachments})
	}
}

// tooLarge ends the connection over attachments that are larger, all together,
// than one message may be.
func (c *client) tooLarge() {
	c.gathering = nil
	c.server.largePackets.Add(1)
	c.engine.Close(engineio.ParseError, websocket.CodeMessageTooBig,
		fmt.Sprintf("a packet with its attachments may have %d bytes", c.server.maxBytes))
}
