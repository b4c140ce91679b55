package socketio

import (
	"errors"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

// errState closes a client as the official server does in an "invalid state":
// CONNECT to a namespace it is in already, or anything else in one it is not in.
var errState = errors.New("the packet does not fit the state of its namespace")

// packet handles one packet of the client. Loop only.
func (c *client) packet(payload []byte) {
	if c.gathering != nil {
		c.malformed(errTextBetween)
		return
	}
	p, err := Decode(payload)
	if err != nil {
		c.malformed(err)
		return
	}
	s := c.socketIn(p.Namespace)
	switch {
	case s == nil && p.Type == Connect:
		c.connect(&p)
	case s == nil || !s.isAccepted():
		c.unfit()
	case p.IsBinary():
		c.gather(s, &p)
	case p.Type == EventPacket:
		c.event(s, &p)
	case p.Type == Disconnect:
		c.disconnect(s)
	case p.Type == Ack:
		s.answered(p.ID, Answer{Args: p.Data})
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
	was, last, asks := s.end()
	c.part(s, was == accepted)
	unanswered(asks)
	if last {
		c.server.handler.Disconnect(s, ReasonClientDisconnect)
	}
}

// malformed ends the connection over what is no packet.
func (c *client) malformed(err error) {
	c.gathering = nil
	c.engine.Close(engineio.ParseError, websocket.CodePolicyViolation, err.Error())
}

// unfit ends the connection over a packet in the wrong state.
func (c *client) unfit() {
	c.engine.Close(engineio.ForcedServerClose, websocket.CodePolicyViolation, errState.Error())
}
