package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

// Root is the main namespace, which packets do not name.
const Root = "/"

var root = []byte(Root)

// Limits of what a packet may declare.
const (
	maxAckDigits      = 15  // below 2^53, to which a JavaScript client can count
	maxNamespaceBytes = 256 // it is repeated in the refusal of an unknown one
	maxAttachments    = 10  // the official decoder's
)

// Packet is one decoded packet. Its slices are parts of what was decoded.
type Packet struct {
	Type        PacketType
	Namespace   []byte // Root where the packet names none
	ID          int64  // NoAck where there is none
	Attachments int    // of binary packets
	Data        []byte // JSON, nil where there is none
}

// IsBinary reports whether binary frames follow the packet.
func (p *Packet) IsBinary() bool { return p.Type == BinaryEvent || p.Type == BinaryAck }

// Decode splits a packet, "<type>[<attachments>-][<namespace>,][<id>][<json>]",
// and checks that its data is what its type demands.
func Decode(p []byte) (Packet, error) {
	packet := Packet{Namespace: root, ID: NoAck}
	if len(p) == 0 {
		return packet, errors.New("empty packet: must begin with its type, 0 to 6")
	}
	packet.Type = PacketType(p[0])
	if packet.Type < Connect || packet.Type > BinaryAck {
		return packet, fmt.Errorf("packet type %q is not allowed: must be 0 to 6", p[0])
	}
	rest := p[1:]
	var err error
	if packet.IsBinary() {
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

var errAttachments = fmt.Errorf("a binary packet must give the number of its attachments, 1 to %d, and a dash", maxAttachments)

func cutAttachments(p []byte) (attachments int, rest []byte, err error) {
	count, digits := number(p)
	if digits == len(p) || p[digits] != '-' || count < 1 || count > maxAttachments {
		return 0, nil, errAttachments
	}
	return int(count), p[digits+1:], nil
}

func cutNamespace(p []byte) (namespace, rest []byte, err error) {
	if len(p) == 0 || p[0] != '/' {
		return root, p, nil
	}
	namespace, rest, _ = bytes.Cut(p, []byte{','})
	if len(namespace) > maxNamespaceBytes {
		return nil, nil, fmt.Errorf("a namespace of %d bytes is not allowed: at most %d", len(namespace), maxNamespaceBytes)
	}
	namespace, _, _ = bytes.Cut(namespace, []byte{'?'}) // a query, which older clients append
	return namespace, rest, nil
}

func cutID(p []byte) (id int64, rest []byte, err error) {
	id, digits := number(p)
	switch {
	case digits == 0:
		return NoAck, p, nil
	case digits > maxAckDigits:
		return NoAck, nil, fmt.Errorf("an acknowledgement id of %d digits is not allowed: at most %d", digits, maxAckDigits)
	}
	return id, p[digits:], nil
}

// number reads the digits that p begins with. With more than maxAckDigits n is
// -1: it might not fit.
func number(p []byte) (n int64, digits int) {
	for digits < len(p) && '0' <= p[digits] && p[digits] <= '9' {
		digits++
	}
	if digits > maxAckDigits {
		return -1, digits
	}
	for _, digit := range p[:digits] {
		n = n*10 + int64(digit-'0')
	}
	return n, digits
}

// checkData reports data that does not fit the packet's type. json.Valid takes
// linear time and bounds the nesting.
func (p *Packet) checkData() error {
	if p.Data != nil && !json.Valid(p.Data) {
		return errors.New("the packet's data is not JSON")
	}
	first := byte(0) // of the data; 0 without any
	if data := trimBlanks(p.Data); len(data) > 0 {
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

// trimBlanks removes the white space of JSON from the start.
func trimBlanks(p []byte) []byte { return bytes.TrimLeft(p, " \t\r\n") }
