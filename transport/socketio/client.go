package socketio

import (
	"errors"
	"sync"
	"time"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

// client is one connection and its sockets.
type client struct {
	// immutable after construction
	server *Server
	engine *engineio.Socket

	mu      sync.Mutex  // guards the next block
	root    *Socket     // in "/", which is nearly always the only one
	others  []*Socket   // in other namespaces
	timeout *time.Timer // runs while no CONNECT was accepted
}

// socketIn returns the socket of a namespace, nil if there is none.
func (c *client) socketIn(namespace []byte) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	if string(namespace) == "/" {
		return c.root
	}
	for _, s := range c.others {
		if s.namespace == string(namespace) {
			return s
		}
	}
	return nil
}

func (c *client) remember(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.namespace == "/" {
		c.root = s
		return
	}
	c.others = append(c.others, s)
}

// forget removes a socket that ended. With the last one the time to connect
// begins again.
func (c *client) forget(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.root == s {
		c.root = nil
	}
	for i, other := range c.others {
		if other == s {
			c.others = append(c.others[:i], c.others[i+1:]...)
			break
		}
	}
	if c.root == nil && len(c.others) == 0 {
		c.awaitConnect()
	}
}

// awaitConnect starts the connect timeout unless it runs. mu is held.
func (c *client) awaitConnect() {
	if d := c.server.options.ConnectTimeout; d > 0 && c.timeout == nil {
		c.timeout = time.AfterFunc(d, func() {
			c.engine.Close(engineio.ForcedClose, websocket.CodePolicyViolation, "no connection was accepted in time")
		})
	}
}

// accepted ends the connect timeout and frees what the handshake needed.
func (c *client) accepted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopTimeout()
	c.engine.ForgetRequest()
}

func (c *client) stopTimeout() {
	if c.timeout != nil {
		c.timeout.Stop()
		c.timeout = nil
	}
}

// sockets takes all sockets out.
func (c *client) takeSockets() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopTimeout()
	sockets := c.others
	if c.root != nil {
		sockets = append([]*Socket{c.root}, sockets...)
	}
	c.root, c.others = nil, nil
	return sockets
}

// write sends one packet.
func (c *client) write(appendPacket func(dst []byte) []byte) (blocked bool, err error) {
	frame := append(websocket.BeginText(nil), byte(engineio.PacketMessage))
	return c.engine.WriteFrames(websocket.EndText(appendPacket(frame), 0))
}

// packet handles one packet of the client.
func (c *client) packet(payload []byte) {
	p, err := Decode(payload)
	if err != nil {
		c.malformed(err)
		return
	}
	if p.Type == BinaryEvent || p.Type == BinaryAck {
		c.refuseBinary()
		return
	}
	s := c.socketIn(p.Namespace)
	switch {
	case s == nil && p.Type == Connect:
		c.connect(p)
	case s == nil || p.Type == Connect || p.Type == ConnectError || !s.isAccepted():
		c.malformed(errNotConnected)
	case p.Type == EventPacket:
		c.event(s, &p)
	case p.Type == Disconnect:
		c.disconnect(s)
	}
	// An ACK answers an event of ours that wanted one; none does.
}

var errNotConnected = errors.New("a packet that does not fit the state of its namespace")

func (c *client) connect(p Packet) {
	namespace := string(p.Namespace)
	if !c.server.serves(namespace) {
		// A write that fails ends the connection, which says so itself.
		_, _ = c.write(func(dst []byte) []byte { return AppendConnectError(dst, namespace, "Invalid namespace", nil) })
		return
	}
	s := &Socket{client: c, id: engineio.NewID(), namespace: namespace}
	c.remember(s)
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

func (c *client) disconnect(s *Socket) {
	c.forget(s)
	if s.end() {
		c.server.handler.Disconnect(s, "client namespace disconnect")
	}
}

// malformed ends the connection, as the official server does.
func (c *client) malformed(err error) {
	c.engine.Close(engineio.ParseError, websocket.CodePolicyViolation, err.Error())
}

func (c *client) refuseBinary() {
	c.engine.Close(engineio.ParseError, websocket.CodeUnsupportedData, ErrBinary.Error())
}
