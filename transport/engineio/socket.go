package engineio

import (
	"sync/atomic"

	"outcry/transport/websocket"
)

// Reason is why a socket closed, in the words of the official server.
type Reason string

// The reasons.
const (
	TransportClose Reason = "transport close"
	TransportError Reason = "transport error"
	PingTimeout    Reason = "ping timeout"
	ParseError     Reason = "parse error"
	ForcedClose    Reason = "forced close"
	ServerShutdown Reason = "server shutting down"
)

// Handler is told what happens on a socket. Calls for one socket come one at a
// time, from its loop, and must not block.
type Handler interface {
	// Open is told of a socket that completed the handshake.
	Open(s *Socket)
	// Message gets a text message; payload is valid during the call only.
	Message(s *Socket, payload []byte)
	// Binary gets a binary message; payload is valid during the call only.
	Binary(s *Socket, payload []byte)
	// Writable follows a write that was blocked.
	Writable(s *Socket)
	// Close comes exactly once, last.
	Close(s *Socket, reason Reason)
}

// Socket is one client that completed the handshake.
type Socket struct {
	// immutable after construction
	server *Server
	id     string

	// owned by the loop: written when the connection opened, before any other call
	conn    *websocket.Conn
	request *websocket.Request

	// atomic: written once by whoever closes first
	reason atomic.Pointer[Reason]

	links links // guarded by the server's heartbeat.mu

	// UserData belongs to the Handler, which sets it in Open.
	UserData any
}

// ID is the Engine.IO session id.
func (s *Socket) ID() string { return s.id }

// Request is the handshake request, until ForgetRequest.
func (s *Socket) Request() *websocket.Request { return s.request }

// ForgetRequest frees the handshake request once the client was let in.
func (s *Socket) ForgetRequest() { s.request = nil }

// WriteFrames sends finished WebSocket frames that hold finished packets, in
// one write. blocked: see websocket.Conn.WriteFrames.
func (s *Socket) WriteFrames(frames []byte) (blocked bool, err error) {
	return s.conn.WriteFrames(frames)
}

// Close ends the socket: a close frame with code and text follows what is
// queued. Any goroutine; the first call decides.
func (s *Socket) Close(reason Reason, code websocket.Code, text string) {
	if s.reason.CompareAndSwap(nil, &reason) {
		s.conn.Close(code, text)
	}
}

// abort ends the socket without a word, for a peer that hears none.
func (s *Socket) abort(reason Reason, cause error) {
	if s.reason.CompareAndSwap(nil, &reason) {
		s.conn.Abort(cause)
	}
}

// Text handles one WebSocket text message. websocket.Handler.
func (s *Socket) Text(_ *websocket.Conn, payload []byte) {
	kind, data, err := DecodePacket(payload)
	if err != nil {
		s.Close(ParseError, websocket.CodePolicyViolation, err.Error())
		return
	}
	switch kind {
	case PacketMessage:
		s.server.handler.Message(s, data)
	case PacketPong:
		s.server.heartbeat.answered(s, s.server.now())
	case PacketClose:
		s.Close(TransportClose, websocket.CodeNormal, "")
	case PacketPing:
		// Protocol v4 has the server ping; a client that does speaks v3.
		s.Close(ParseError, websocket.CodePolicyViolation, "unexpected ping: in Engine.IO v4 the server pings")
	case PacketNoop:
	default:
		// open and upgrade mean nothing from a client on a WebSocket.
		s.Close(ParseError, websocket.CodePolicyViolation, "unexpected packet type "+string(kind))
	}
}

// Binary handles one WebSocket binary message. websocket.Handler.
func (s *Socket) Binary(_ *websocket.Conn, payload []byte) { s.server.handler.Binary(s, payload) }

// Writable says that a blocked write is done. websocket.Handler.
func (s *Socket) Writable(*websocket.Conn) { s.server.handler.Writable(s) }

// Closed ends the socket. websocket.Handler.
func (s *Socket) Closed(_ *websocket.Conn, _ error) {
	defer s.server.leave()
	if s.conn == nil {
		return // it ended before it opened
	}
	s.server.heartbeat.remove(s)
	reason := TransportClose
	if given := s.reason.Load(); given != nil {
		reason = *given
	}
	s.server.handler.Close(s, reason)
}
