package engineio

import (
	"errors"

	"outcry/transport/websocket"
)

// inbound is the side of a Socket that its WebSocket calls, kept out of its API.
// All its methods run on the socket's loop.
type inbound Socket

var _ websocket.Handler = (*inbound)(nil)

// A ping from a client, which in v4 only answers them.
var errPingFromClient = errors.New("unexpected ping: in Engine.IO v4 the server pings")

// Text handles one packet.
func (in *inbound) Text(_ *websocket.Conn, payload []byte) { (*Socket)(in).text(payload) }

// Binary handles one binary message.
func (in *inbound) Binary(_ *websocket.Conn, payload []byte) { (*Socket)(in).binary(payload) }

// Writable says that a blocked write is done.
func (in *inbound) Writable(*websocket.Conn) {
	s := (*Socket)(in)
	s.server.handler.Writable(s)
}

// Closed ends the socket.
func (in *inbound) Closed(_ *websocket.Conn, cause error) {
	s := (*Socket)(in)
	defer s.server.leave()
	if s.carrier == nil {
		return // the connection ended before it opened: the Handler never knew it
	}
	s.server.heartbeat.remove(s)
	s.ending.CompareAndSwap(nil, endingOf(cause))
	end := s.ending.Load()
	s.server.handler.Close(s, end.reason, end.err)
}

// text handles one packet of the client, by whatever transport it came. Clients that send
// no binary frames (forceBase64) send base64 over WebSocket as they do by polling.
func (s *Socket) text(payload []byte) {
	if s.ending.Load() != nil {
		return // what a closing client still sends counts no more
	}
	if len(payload) > 0 && payload[0] == binaryMark {
		if data, err := decodeBinary(payload); err != nil {
			s.fail(ParseError, err)
		} else {
			s.binary(data)
		}
		return
	}
	t, data, err := DecodePacket(payload)
	if err != nil {
		s.fail(ParseError, err)
		return
	}
	switch t {
	case PacketMessage:
		s.server.handler.Message(s, data)
	case PacketPong:
		s.server.heartbeat.answered(s, s.server.now())
	case PacketPing:
		s.fail(TransportError, errPingFromClient)
	case PacketClose:
		s.leave()
	case PacketOpen, PacketUpgrade, PacketNoop:
		// Packets of the server or of another transport: the official server
		// ignores them too.
	}
}

// binary handles one binary message.
func (s *Socket) binary(payload []byte) {
	if s.ending.Load() == nil {
		s.server.handler.Binary(s, payload)
	}
}
