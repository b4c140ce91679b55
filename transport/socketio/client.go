package socketio

import (
	"slices"
	"sync"

	"outcry/transport/engineio"
	"outcry/transport/engineio/deadline"
	"outcry/transport/websocket"
)

// engine is what a client needs of its Engine.IO socket.
type engine interface {
	// All are those of engineio.Socket.
	Request() *websocket.Request
	Transport() string
	Pending() int
	WriteFrames(frames []byte) (blocked bool, err error)
	WriteMessage(payload []byte) (blocked bool, err error)
	Close(reason engineio.Reason, code websocket.Code, text string)
}

// client is one connection and its sockets: at most one for each namespace.
// Lock order: Socket.mu before client.mu.
type client struct {
	// immutable after construction
	server *Server
	engine engine

	gathering *gathering // owned by the loop: a packet that waits for attachments, nil for none

	deadline deadline.Entry[client] // guarded by the lock of server.connects

	mu       sync.Mutex // guards the next block
	first    *Socket    // nearly always the only one
	others   []*Socket
	accepted int  // how many of the sockets are accepted
	gone     bool // the connection ends: nothing is accepted any more
}

// socketIn returns the socket of a namespace, nil if there is none.
func (c *client) socketIn(namespace []byte) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first != nil && c.first.namespace == string(namespace) {
		return c.first
	}
	for _, s := range c.others {
		if s.namespace == string(namespace) {
			return s
		}
	}
	return nil
}

// writable tells the accepted sockets that a blocked write is done.
func (c *client) writable() {
	c.mu.Lock()
	sockets := c.sockets()
	c.mu.Unlock()
	for _, s := range sockets {
		if s.isAccepted() {
			c.server.handler.Writable(s)
		}
	}
}

// sockets returns all sockets. Needs mu.
func (c *client) sockets() []*Socket {
	if c.first == nil {
		return slices.Clone(c.others)
	}
	return append([]*Socket{c.first}, c.others...)
}

// join adds a socket that asks to connect.
func (c *client) join(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		c.first = s
		return
	}
	c.others = append(c.others, s)
}

// accept counts an accepted socket, which ends the connect timeout. It reports
// false when the connection is ending.
func (c *client) accept() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return false
	}
	c.accepted++
	c.server.connects.Remove(&c.deadline)
	return true
}

// part removes a socket that ended. With the last accepted one the time to
// connect begins again.
func (c *client) part(s *Socket, wasAccepted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == s {
		c.first = nil
	}
	c.others = slices.DeleteFunc(c.others, func(other *Socket) bool { return other == s })
	if !wasAccepted {
		return // the time to connect is running, or another socket is accepted
	}
	c.accepted--
	if c.accepted == 0 && !c.gone {
		c.awaitConnect()
	}
}

// awaitConnect starts the connect timeout. Needs mu.
func (c *client) awaitConnect() {
	if c.server.options.ConnectTimeout > 0 {
		c.server.connects.Add(&c.deadline)
	}
}

// connectTimeout closes a connection that is in no namespace. It comes from the
// timer of the queue and may race with accept: mu decides.
func (c *client) connectTimeout() {
	c.mu.Lock()
	if c.accepted > 0 || c.gone {
		c.mu.Unlock()
		return
	}
	c.gone = true
	c.mu.Unlock()
	c.server.unconnected.Add(1)
	c.engine.Close(engineio.ForcedServerClose, websocket.CodePolicyViolation, "no connection to a namespace in time")
}

// close ends all sockets of a connection that ended.
func (c *client) close(reason engineio.Reason) {
	for _, s := range c.leave() {
		_, last, asks := s.end()
		unanswered(asks)
		if last {
			c.server.handler.Disconnect(s, string(reason))
		}
	}
}

// leave takes all sockets out of a connection that ended.
func (c *client) leave() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	c.server.connects.Remove(&c.deadline)
	sockets := c.sockets()
	c.first, c.others = nil, nil
	return sockets
}
