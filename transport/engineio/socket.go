package engineio

import (
	"sync/atomic"

	"outcry/transport/engineio/deadline"
	"outcry/transport/websocket"
)

// Handler is told what happens on a socket. Calls for one socket come one at a
// time, from its loop, and must not block.
type Handler interface {
	// Open is told of a socket that completed the handshake.
	Open(s *Socket)
	// Message gets the data of a message packet. It is valid during the call only
	// and may be overwritten.
	Message(s *Socket, payload []byte)
	// Binary gets a binary message, under the same terms.
	Binary(s *Socket, payload []byte)
	// Writable follows a write that was blocked.
	Writable(s *Socket)
	// Close comes exactly once for each Open, last. err is what went wrong, nil
	// where nothing did.
	Close(s *Socket, reason Reason, err error)
}

// carrier is what brings a socket's frames to the client.
type carrier interface {
	// WriteFrames, Close and Abort are those of websocket.Conn.
	WriteFrames(frames []byte) (blocked bool, err error)
	Close(code websocket.Code, reason string)
	Abort(cause error)
	// Pending is the number of bytes that wait for the client.
	Pending() int
}

// Socket is one client that completed the handshake. Its methods may be called
// from any goroutine and never block.
type Socket struct {
	// immutable after construction
	server  *Server
	id      string
	request *websocket.Request

	// immutable once the connection opened, before which nobody has the Socket:
	// a websocket.Conn, or polling
	carrier carrier

	// atomic: written once, by whoever closes first
	ending atomic.Pointer[ending]

	deadline deadline.Entry[Socket] // guarded by heartbeat.mu

	// UserData belongs to the Handler, which sets it in Open.
	UserData any
}

// ID is the Engine.IO session id. It is the client's secret.
func (s *Socket) ID() string { return s.id }

// Request is the handshake request; it is never nil.
func (s *Socket) Request() *websocket.Request { return s.request }

// WriteFrames sends finished WebSocket frames that hold finished packets, in
// one write. See websocket.Conn.WriteFrames.
func (s *Socket) WriteFrames(frames []byte) (blocked bool, err error) {
	return s.carrier.WriteFrames(frames)
}

// WriteMessage sends one message packet. Otherwise like WriteFrames.
func (s *Socket) WriteMessage(payload []byte) (blocked bool, err error) {
	var space [256]byte // most messages that are sent one by one are small
	frame := websocket.AppendTextHeader(space[:0], 1+len(payload))
	return s.WriteFrames(AppendPacket(frame, PacketMessage, payload))
}

// WriteBinary sends one binary message. Otherwise like WriteFrames.
func (s *Socket) WriteBinary(payload []byte) (blocked bool, err error) {
	return s.WriteFrames(append(websocket.AppendBinaryHeader(make([]byte, 0, len(payload)+10), len(payload)), payload...))
}

// Transport is what carries the socket now: polling or websocket.
func (s *Socket) Transport() string {
	if p, ok := s.carrier.(*polling); ok && !p.upgraded() {
		return transportPolling
	}
	return transportWebSocket
}

// Pending is the number of bytes that wait for the client to read or to poll.
func (s *Socket) Pending() int { return s.carrier.Pending() }

// Close ends the socket: a close frame with code and text follows what is
// queued. The first close decides on the reason.
func (s *Socket) Close(reason Reason, code websocket.Code, text string) {
	if s.ending.CompareAndSwap(nil, &ending{reason: reason}) {
		s.carrier.Close(code, text)
	}
}

// fail closes the socket of a client that broke the protocol; err says how, to
// the client too.
func (s *Socket) fail(reason Reason, err error) {
	if !s.ending.CompareAndSwap(nil, &ending{reason, err}) {
		return
	}
	if p, ok := s.carrier.(*polling); ok {
		p.expel(err)
		return
	}
	s.carrier.Close(websocket.CodePolicyViolation, err.Error())
}

// abort ends the socket without a word, for a peer that hears none.
func (s *Socket) abort(reason Reason, err error) {
	if s.ending.CompareAndSwap(nil, &ending{reason, err}) {
		s.carrier.Abort(err)
	}
}

// leave ends the socket of a client that said so.
func (s *Socket) leave() {
	if !s.ending.CompareAndSwap(nil, &ending{reason: TransportClose}) {
		return
	}
	if p, ok := s.carrier.(*polling); ok {
		p.leave()
		return
	}
	s.carrier.Close(websocket.CodeNormal, "")
}

// shutDown ends the socket because the server stops.
func (s *Socket) shutDown() {
	s.Close(ServerShutdown, websocket.CodeGoingAway, string(ServerShutdown))
}
