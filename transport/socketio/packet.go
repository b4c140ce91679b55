package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// PacketType is the first byte of a Socket.IO packet.
type PacketType byte

// The packet types of Socket.IO v5.
const (
	Connect      PacketType = '0'
	Disconnect   PacketType = '1'
	EventPacket  PacketType = '2'
	Ack          PacketType = '3'
	ConnectError PacketType = '4'
	BinaryEvent  PacketType = '5'
	BinaryAck    PacketType = '6'
)

// NoAck is the ID of a packet that has none.
const NoAck = -1

// Limits of what a packet may declare.
const (
	maxAckDigits      = 15 // below 2^53, which a JavaScript client can count to
	maxNamespaceBytes = 256
	maxAttachDigits   = 4
)

// Packet is one decoded packet. Its slices are parts of what was decoded.
type Packet struct {
	Type        PacketType
	Namespace   []byte // "/" where the packet names none
	ID          int64  // NoAck where there is none
	Attachments int    // of binary packets
	Data        []byte // JSON, nil where there is none
}

var rootNamespace = []byte("/")

// ErrBinary is the error of the binary packet types, which are not served.
var ErrBinary = errors.New("binary is not supported")

// Decode splits a packet, "<type>[<attachments>-][<namespace>,][<id>][<json>]",
// and checks that its data is what its type demands.
func Decode(p []byte) (Packet, error) {
	packet := Packet{Namespace: rootNamespace, ID: NoAck}
	if len(p) == 0 {
		return packet, errors.New("empty packet: must begin with its type, 0 to 6")
	}
	if p[0] < byte(Connect) || p[0] > byte(BinaryAck) {
		return packet, fmt.Errorf("packet type %q is not allowed: must be 0 to 6", p[0])
	}
	packet.Type = PacketType(p[0])
	rest := p[1:]
	var err error
	if packet.Type == BinaryEvent || packet.Type == BinaryAck {
		if packet.Attachments, rest, err = cutAttachments(rest); err != nil {
			return packet, err
		}
	}
	if packet.Namespace, rest, err = cutNamespace(rest); err != nil {
		return packet, err
	}
	if packet.ID, rest, err = cutID(rest); err != nil {
		return packet, err
	}
	if len(rest) > 0 {
		packet.Data = rest
	}
	return packet, packet.checkData()
}

func cutAttachments(p []byte) (int, []byte, error) {
	digits := countDigits(p)
	if digits == 0 || digits > maxAttachDigits || digits == len(p) || p[digits] != '-' {
		return 0, nil, fmt.Errorf("a binary packet must give the number of its attachments, of at most %d digits, and a dash", maxAttachDigits)
	}
	n, err := strconv.Atoi(string(p[:digits]))
	return n, p[digits+1:], err
}

func cutNamespace(p []byte) (namespace, rest []byte, err error) {
	if len(p) == 0 || p[0] != '/' {
		return rootNamespace, p, nil
	}
	namespace, rest, _ = bytes.Cut(p, []byte{','})
	if len(namespace) > maxNamespaceBytes {
		return nil, nil, fmt.Errorf("a namespace of %d bytes is not allowed: at most %d", len(namespace), maxNamespaceBytes)
	}
	namespace, _, _ = bytes.Cut(namespace, []byte{'?'}) // a query, which older clients append
	return namespace, rest, nil
}

func cutID(p []byte) (int64, []byte, error) {
	digits := countDigits(p)
	if digits == 0 {
		return NoAck, p, nil
	}
	if digits > maxAckDigits {
		return NoAck, nil, fmt.Errorf("an acknowledgement id of %d digits is not allowed: at most %d", digits, maxAckDigits)
	}
	id, err := strconv.ParseInt(string(p[:digits]), 10, 64)
	return id, p[digits:], err
}

func countDigits(p []byte) int {
	n := 0
	for n < len(p) && '0' <= p[n] && p[n] <= '9' {
		n++
	}
	return n
}

// checkData reports data that does not fit the packet's type. json.Valid runs
// in linear time and bounds the nesting.
func (p *Packet) checkData() error {
	if p.Data != nil && !json.Valid(p.Data) {
		return errors.New("the packet's data is not JSON")
	}
	first := byte(0)
	if data := bytes.TrimLeft(p.Data, " \t\r\n"); len(data) > 0 {
		first = data[0]
	}
	switch p.Type {
	case Connect:
		if first != 0 && first != '{' {
			return errors.New("the data of CONNECT must be an object")
		}
	case Disconnect:
		if first != 0 {
			return errors.New("DISCONNECT has no data")
		}
	case ConnectError:
		if first != '{' && first != '"' {
			return errors.New("the data of CONNECT_ERROR must be an object")
		}
	default:
		if first != '[' {
			return errors.New("the data of an event or an acknowledgement must be an array")
		}
	}
	return nil
}
