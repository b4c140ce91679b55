package engineio

import (
	"errors"
	"fmt"
)

// PacketType is the first byte of an Engine.IO packet.
type PacketType byte

// The packet types of Engine.IO v4.
const (
	PacketOpen    PacketType = '0' // the handshake, from the server
	PacketClose   PacketType = '1' // ends the session
	PacketPing    PacketType = '2' // from the server
	PacketPong    PacketType = '3' // the client's answer to a ping
	PacketMessage PacketType = '4'
	PacketUpgrade PacketType = '5' // from a client that changes its transport
	PacketNoop    PacketType = '6' // ends a poll, from the server
)

var errEmptyPacket = errors.New("empty packet: must begin with its type, 0 to 6")

// DecodePacket splits the payload of a text frame into the type of the packet
// and its data, which is a part of payload. Binary messages as base64 ("b...") are no
// packets of a type.
func DecodePacket(payload []byte) (PacketType, []byte, error) {
	if len(payload) == 0 {
		return 0, nil, errEmptyPacket
	}
	t := PacketType(payload[0])
	if t < PacketOpen || t > PacketNoop {
		return 0, nil, fmt.Errorf("packet type %q is not allowed: must be 0 to 6", payload[0])
	}
	return t, payload[1:], nil
}

// AppendPacket appends a packet; data may be nil.
func AppendPacket(dst []byte, t PacketType, data []byte) []byte {
	return append(append(dst, byte(t)), data...)
}
