package socketio

import (
	"net"
	"sync"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

// Handler is told what clients do in a namespace. Calls for one socket come
// one at a time, from its loop, and must not block.
type Handler interface {
	// Connect: the client asks to connect. Answer with Accept or Refuse, now
	// or later, from any goroutine. auth is the raw JSON of the payload, nil
	// where there is none; valid during the call only.
	Connect(s *Socket, auth []byte)
	// Event gets an event of a socket that was accepted.
	Event(s *Socket, e Event)
	// Writable follows a write that was blocked.
	Writable(s *Socket)
	// Disconnect comes once for each Connect that was accepted or not yet answered.
	Disconnect(s *Socket, reason string)
}

// state of a socket.
type state uint8

const (
	waiting  state = iota // the handler has not answered
	accepted              // connected
	ended                 // refused, or disconnected
)

// Socket is one client in one namespace.
type Socket struct {
	// immutable after construction
	client    *client
	id        string
	namespace string

	mu    sync.Mutex // guards state, and orders the reply before what follows it
	state state

	// UserData belongs to the Handler.
	UserData any
}

// ID is the Socket.IO id, which clients know as socket.id.
func (s *Socket) ID() string { return s.id }

// Request is the handshake request; nil once the socket was accepted.
func (s *Socket) Request() *websocket.Request { return s.client.engine.Request() }

// Accept connects the client. payload is the JSON object of the reply. The
// error is net.ErrClosed if the client is gone.
func (s *Socket) Accept(payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != waiting {
		return net.ErrClosed
	}
	s.state = accepted
	s.client.accepted()
	_, err := s.client.write(func(dst []byte) []byte { return AppendConnect(dst, s.namespace, payload) })
	return err
}

// Refuse tells the client why it cannot connect. data is JSON, nil for none.
// socket.io-client never tries again by itself after a refusal. The connection
// stays open for another CONNECT until the connect timeout. No Disconnect follows.
func (s *Socket) Refuse(message string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != waiting {
		return
	}
	s.state = ended
	s.client.forget(s)
	// A write that fails ends the connection, which says so itself.
	_, _ = s.client.write(func(dst []byte) []byte { return AppendConnectError(dst, s.namespace, message, data) })
}

// WriteFrames sends finished WebSocket frames in one write. See
// websocket.Conn.WriteFrames.
func (s *Socket) WriteFrames(frames []byte) (blocked bool, err error) {
	return s.client.engine.WriteFrames(frames)
}

// Close ends the whole connection: a close frame with code and text follows
// what is queued. Disconnect follows.
func (s *Socket) Close(reason engineio.Reason, code websocket.Code, text string) {
	s.client.engine.Close(reason, code, text)
}

// end takes the socket out of service and reports whether the handler has to
// be told.
func (s *Socket) end() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.state != ended
	s.state = ended
	return told
}

func (s *Socket) isAccepted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == accepted
}
