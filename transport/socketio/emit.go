package socketio

import (
	"encoding/json"
	"fmt"
	"net"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

// Emit sends an event. args is the JSON array of its arguments; attachments are
// the binary ones, at most 10, for which placeholders stand in args
// (AppendPlaceholder). Otherwise see WriteFrames.
func (s *Socket) Emit(event string, args []byte, attachments ...[]byte) (blocked bool, err error) {
	return s.write(Packet{Type: EventPacket, ID: NoAck, Data: eventData(event, args)}, attachments)
}

// Acknowledge answers the event with that AckID. Otherwise see Emit.
func (s *Socket) Acknowledge(id int64, args []byte, attachments ...[]byte) (blocked bool, err error) {
	return s.write(Packet{Type: Ack, ID: id, Data: args}, attachments)
}

// write sends a packet. Its attachments go with it in one write, since whatever
// came between them would be malformed for the client.
func (s *Socket) write(p Packet, attachments [][]byte) (blocked bool, err error) {
	if len(attachments) > maxAttachments {
		return false, fmt.Errorf("a packet with %d attachments is not allowed: at most %d", len(attachments), maxAttachments)
	}
	if s.state.Load() != accepted {
		return false, net.ErrClosed
	}
	p.Namespace = []byte(s.namespace)
	return s.client.engine.WriteFrames(appendFrames(nil, p, attachments))
}

// appendFrames appends the text frame of a packet and a binary frame for each of
// its attachments, with which it becomes a binary packet.
func appendFrames(dst []byte, p Packet, attachments [][]byte) []byte {
	if p.Attachments = len(attachments); p.Attachments > 0 {
		p.Type = p.Type.binary()
	}
	start := len(dst)
	dst = append(websocket.BeginText(dst), byte(engineio.PacketMessage))
	dst = websocket.EndText(AppendPacket(dst, p), start)
	for _, a := range attachments {
		dst = append(websocket.AppendBinaryHeader(dst, len(a)), a...)
	}
	return dst
}

// binary is the type of a packet that has attachments.
func (t PacketType) binary() PacketType {
	if t == EventPacket {
		return BinaryEvent
	}
	return BinaryAck
}

// eventData puts an event's name before its arguments.
func eventData(event string, args []byte) []byte {
	name, err := json.Marshal(event)
	if err != nil {
		panic("socketio: " + err.Error()) // cannot be: a string always encodes
	}
	rest := trimBlanks(trimBlanks(args)[1:])
	data := append(append(make([]byte, 0, len(name)+len(rest)+2), '['), name...)
	if rest[0] != ']' {
		data = append(data, ',')
	}
	return append(data, rest...)
}
