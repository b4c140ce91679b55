package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"

	"outcry/transport/websocket"
)

// separator stands between the packets of a payload.
const separator = 0x1E

// binaryMark begins a binary message in a text; the rest is base64.
const binaryMark = 'b'

// maxPackets bounds the packets of one payload from a client: a browser that was
// kept from sending for a while has some hundreds.
const maxPackets = 4096

var (
	errPackets = fmt.Errorf("more than %d packets in a payload are not allowed", maxPackets)
	errUTF8    = errors.New("the payload is not UTF-8")
	errBase64  = errors.New("a binary packet is not base64")
)

// appendPayload appends the packets in finished frames as the body of a poll.
func appendPayload(dst, frames []byte) []byte {
	for {
		packet, isBinary, rest, ok := websocket.CutFrame(frames)
		if !ok {
			return dst
		}
		if isBinary {
			dst = base64.StdEncoding.AppendEncode(append(beginPacket(dst), binaryMark), packet)
		} else {
			dst = append(beginPacket(dst), packet...)
		}
		frames = rest
	}
}

// beginPacket separates a packet from the one before.
func beginPacket(dst []byte) []byte {
	if len(dst) == 0 {
		return dst
	}
	return append(dst, separator)
}

// eachPacket hands over the packets of a client's payload, in order.
func eachPacket(payload []byte, handle func(packet []byte)) error {
	if !utf8.Valid(payload) {
		return errUTF8
	}
	for n := 1; ; n++ {
		if n > maxPackets {
			return errPackets
		}
		packet, rest, more := bytes.Cut(payload, []byte{separator})
		if handle(packet); !more {
			return nil
		}
		payload = rest
	}
}

// decodeBinary returns what a binary packet carries, in the packet's memory.
func decodeBinary(packet []byte) ([]byte, error) {
	encoded := packet[1:]
	n, err := base64.StdEncoding.Decode(packet, encoded) // never ahead of what it reads
	if err != nil {
		return nil, errBase64
	}
	return packet[:n], nil
}
