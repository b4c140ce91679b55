package engineio

import (
	"errors"
	"fmt"
)

// PacketType is the first byte of an Engine.IO packet.
type PacketType byte

// The packet types of Engine.IO v4.
const (
	PacketOpen    PacketType = '0'
	PacketClose   PacketType = '1'
	PacketPing    PacketType = '2'
	PacketPong    PacketType = '3'
	PacketMessage PacketType = '4'
	PacketUpgrade PacketType = '5'
	PacketNoop    PacketType = '6'
)

var errEmptyPacket = errors.New("empty packet: must begin with its type, 0 to 6")

// DecodePacket splits a packet into its type and its data, which is a part of payload.
func DecodePacket(payload []byte) (PacketType, []byte, error) {
	if len(payload) == 0 {
		return 0, nil, errEmptyPacket
	}
	if payload[0] < byte(PacketOpen) || payload[0] > byte(PacketNoop) {
		return 0, nil, fmt.Errorf("packet type %q is not allowed: must be 0 to 6", payload[0])
	}
	return PacketType(payload[0]), payload[1:], nil
}
