package socketio

import (
	"errors"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

// ErrBinary closes a client that sends binary packets, which are not served.
var ErrBinary = errors.New("binary is not supported")

// errState closes a client as the official server does in an "invalid state":
// CONNECT to a namespace it is in already, or anything else in one it is not in.
var errState = errors.New("the packet does not fit the state of its namespace")

// packet handles one packet of the client. Loop only.
func (c *client) packet(payload []byte) {
	p, err := Decode(payload)
	switch {
	case err != nil:
		c.malformed(err)
		return
	case p.IsBinary():
		c.refuseBinary()
		return
	}
	s := c.socketIn(p.Namespace)
	switch {
	case s == nil && p.Type == Connect:
		c.connect(&p)
	case s == nil || !s.isAccepted():
		c.unfit()
	case p.Type == EventPacket:
		c.event(s, &p)
	case p.Type == Disconnect:
		c.disconnect(s)
	case p.Type == Ack:
		// It would answer an event of ours that asked for one; none does. The
		// official server ignores an answer it does not wait for.
	default:
		c.unfit()
	}
}

// connect asks the handler, or refuses a namespace that is not served.
func (c *client) connect(p *Packet) {
	namespace := string(p.Namespace)
	if !c.server.serves(namespace) {
		// A write that fails ends the connection, which says so itself.
		_, _ = c.engine.WriteMessage(AppendConnectError(nil, namespace, "Invalid namespace", nil))
		return
	}
	s := &Socket{client: c, id: engineio.NewID(), namespace: namespace}
	c.join(s)
	c.server.handler.Connect(s, p.Data)
}

func (c *client) event(s *Socket, p *Packet) {
	e, err := p.event()
	if err != nil {
		c.malformed(err)
		return
	}
	c.server.handler.Event(s, e)
}

// disconnect ends a socket whose client left its namespace.
func (c *client) disconnect(s *Socket) {
	was, last := s.end()
	c.part(s, was == accepted)
	if last {
		c.server.handler.Disconnect(s, ReasonClientDisconnect)
	}
}

// malformed ends the connection over what is no packet.
func (c *client) malformed(err error) {
	c.engine.Close(engineio.ParseError, websocket.CodePolicyViolation, err.Error())
}

// unfit ends the connection over a packet in the wrong state.
func (c *client) unfit() {
	c.engine.Close(engineio.ForcedServerClose, websocket.CodePolicyViolation, errState.Error())
}

func (c *client) refuseBinary() {
	c.engine.Close(engineio.ParseError, websocket.CodeUnsupportedData, ErrBinary.Error())
}
