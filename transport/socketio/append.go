package socketio

import (
	"encoding/json"
	"strconv"
)

// AppendPacket appends p. It is the inverse of Decode.
func AppendPacket(dst []byte, p Packet) []byte {
	dst = append(dst, byte(p.Type))
	if p.IsBinary() {
		dst = append(strconv.AppendInt(dst, int64(p.Attachments), 10), '-')
	}
	if string(p.Namespace) != Root {
		dst = append(append(dst, p.Namespace...), ',')
	}
	if p.ID != NoAck {
		dst = strconv.AppendInt(dst, p.ID, 10)
	}
	return append(dst, p.Data...)
}

// AppendEventPrefix appends an EVENT packet of the root namespace up to its
// first argument: 2["event",
// The event's name must need no escaping in JSON.
func AppendEventPrefix(dst []byte, event string) []byte {
	dst = append(dst, byte(EventPacket), '[', '"')
	dst = append(dst, event...)
	return append(dst, '"', ',')
}

// AppendAckPrefix appends an ACK packet of the root namespace up to its first
// argument: 3<id>[
func AppendAckPrefix(dst []byte, id int64) []byte {
	dst = strconv.AppendInt(append(dst, byte(Ack)), id, 10)
	return append(dst, '[')
}

// AppendConnect appends the reply to a CONNECT. payload is a JSON object.
func AppendConnect(dst []byte, namespace string, payload []byte) []byte {
	return append(appendHead(dst, Connect, namespace), payload...)
}

// AppendConnectError appends the refusal of a CONNECT. data is JSON, nil for none.
func AppendConnectError(dst []byte, namespace, message string, data []byte) []byte {
	dst = appendHead(dst, ConnectError, namespace)
	encoded, err := json.Marshal(message)
	if err != nil {
		panic("socketio: " + err.Error()) // cannot be: a string always encodes
	}
	dst = append(append(dst, `{"message":`...), encoded...)
	if data != nil {
		dst = append(append(dst, `,"data":`...), data...)
	}
	return append(dst, '}')
}

// AppendDisconnect appends a DISCONNECT.
func AppendDisconnect(dst []byte, namespace string) []byte {
	return appendHead(dst, Disconnect, namespace)
}

// appendHead appends a packet's type and its namespace unless that is the root.
func appendHead(dst []byte, t PacketType, namespace string) []byte {
	dst = append(dst, byte(t))
	if namespace != Root {
		dst = append(append(dst, namespace...), ',')
	}
	return dst
}
