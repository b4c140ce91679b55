package socketio

import (
	"net"
	"sync"
	"sync/atomic"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

// ReasonClientDisconnect is the reason of a client that left the namespace. The
// other reasons are those of engineio.
const ReasonClientDisconnect = "client namespace disconnect"

// Handler is told what clients do in the namespaces. Calls for one socket come
// one at a time, from its loop, and must not block.
type Handler interface {
	// Connect: the client asks to connect. Answer with Accept or Refuse, now or
	// later, from any goroutine. auth is the raw JSON of the payload, nil where
	// there is none; valid during the call only.
	Connect(s *Socket, auth []byte)
	// Event gets an event of a socket that was accepted.
	Event(s *Socket, e Event)
	// Writable follows a write that was blocked, to sockets that are accepted.
	Writable(s *Socket)
	// Disconnect: the client or its connection ended the socket. It comes exactly
	// once for each Connect, also for one that was never answered, except after
	// Refuse and Socket.Disconnect, with which the handler ended it itself.
	Disconnect(s *Socket, reason string)
}

// The states of a socket.
const (
	waiting  uint32 = iota // the handler has not answered
	accepted               // connected
	ended                  // refused, or disconnected
)

// Socket is one client in one namespace. Its methods may be called from any
// goroutine and never block.
type Socket struct {
	// immutable after construction
	client    *client
	id        string
	namespace string

	// mu makes the reply to CONNECT and the change of state one step: nothing is
	// sent before the reply, and what the client sends on it finds it accepted.
	mu sync.Mutex

	next *Socket // of the client's sockets; guarded by client.mu

	asks    map[int64]*asked // guarded by mu; nil until the first
	nextAsk int64            // guarded by mu

	// atomic: written under mu, read by whoever writes
	state atomic.Uint32

	// UserData belongs to the Handler.
	UserData any
}

// ID is the Socket.IO id, which clients know as socket.id.
func (s *Socket) ID() string { return s.id }

// Namespace is where the client asked to connect.
func (s *Socket) Namespace() string { return s.namespace }

// Request is the handshake request of the connection; it is never nil.
func (s *Socket) Request() *websocket.Request { return s.client.engine.Request() }

// Accept connects the client. payload is the JSON object of the reply. The error
// is net.ErrClosed when the socket has ended, also through the connect timeout.
func (s *Socket) Accept(payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != waiting || !s.client.accept() {
		return net.ErrClosed
	}
	_, err := s.client.engine.WriteMessage(AppendConnect(nil, s.namespace, payload))
	s.state.Store(accepted)
	return err
}

// Refuse tells the client why it cannot connect. data is JSON, nil for none.
// socket.io-client never tries again by itself after a refusal. The connection
// stays open for another CONNECT until the connect timeout.
func (s *Socket) Refuse(message string, data []byte) {
	s.finish(waiting, func() []byte { return AppendConnectError(nil, s.namespace, message, data) })
}

// Disconnect takes an accepted client out of the namespace. The connection stays
// open for another CONNECT until the connect timeout.
func (s *Socket) Disconnect() {
	s.finish(accepted, func() []byte { return AppendDisconnect(nil, s.namespace) })
}

// finish ends a socket in the given state with a last packet; in any other state
// it does nothing.
func (s *Socket) finish(in uint32, packet func() []byte) {
	unanswered(s.finishLocked(in, packet))
}

// finishLocked is finish up to what others are told without a lock.
func (s *Socket) finishLocked(in uint32, packet func() []byte) map[int64]*asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != in {
		return nil
	}
	s.state.Store(ended)
	// A write that fails ends the connection, which says so itself.
	_, _ = s.client.engine.WriteMessage(packet())
	s.client.part(s, in == accepted)
	return s.takeAsks()
}

// WriteFrames sends finished WebSocket frames in one write. The error is
// net.ErrClosed unless the socket is accepted; otherwise see
// websocket.Conn.WriteFrames.
func (s *Socket) WriteFrames(frames []byte) (blocked bool, err error) {
	if s.state.Load() != accepted {
		return false, net.ErrClosed
	}
	return s.client.engine.WriteFrames(frames)
}

// Transport is what carries the connection now, and Pending the number of bytes
// that wait for the client: those of engineio.Socket.
func (s *Socket) Transport() string { return s.client.engine.Transport() }

// Pending is explained with Transport.
func (s *Socket) Pending() int { return s.client.engine.Pending() }

// Close ends the whole connection: a close frame with code and text follows
// what is queued. Disconnect follows.
func (s *Socket) Close(reason engineio.Reason, code websocket.Code, text string) {
	s.client.engine.Close(reason, code, text)
}

// end takes the socket out of service. It returns the state before, whether this
// call ended it, and the events that will have no acknowledgement.
func (s *Socket) end() (was uint32, last bool, asks map[int64]*asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was = s.state.Swap(ended)
	return was, was != ended, s.takeAsks()
}

// isAccepted waits for an Accept that is under way.
func (s *Socket) isAccepted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Load() == accepted
}
