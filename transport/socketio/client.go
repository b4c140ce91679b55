package socketio

import (
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

	mu         sync.Mutex              // guards the next block
	connecting *deadline.Entry[client] // the time to connect, nil while it does not run
	first      *Socket                 // the others hang on its next; nearly always the only one
	accepted   int32                   // how many of the sockets are accepted
	gone       bool                    // the connection ends: nothing is accepted any more
}

// socketIn returns the socket of a namespace, nil if there is none.
func (c *client) socketIn(namespace []byte) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := c.first; s != nil; s = s.next {
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
func (c *client) sockets() (all []*Socket) {
	for s := c.first; s != nil; s = s.next {
		all = append(all, s)
	}
	return all
}

// join adds a socket that asks to connect.
func (c *client) join(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := &c.first
	for *last != nil {
		last = &(*last).next
	}
	*last = s
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
	c.connected()
	return true
}

// part removes a socket that ended. With the last accepted one the time to
// connect begins again.
func (c *client) part(s *Socket, wasAccepted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at := &c.first; *at != nil; at = &(*at).next {
		if *at == s {
			*at, s.next = s.next, nil
			break
		}
	}
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
	if c.server.options.ConnectTimeout > 0 && c.connecting == nil {
		c.connecting = &deadline.Entry[client]{Owner: c}
		c.server.connects.Add(c.connecting)
	}
}

// connected ends the connect timeout. Needs mu.
func (c *client) connected() {
	if c.connecting != nil {
		c.server.connects.Remove(c.connecting)
		c.connecting = nil
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
	c.connected()
	sockets := c.sockets()
	c.first = nil
	return sockets
}
