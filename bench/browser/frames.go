package browser

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
)

// opcode says what a WebSocket frame is: RFC 6455, section 5.2.
type opcode byte

const (
	opContinuation opcode = 0x0
	opText         opcode = 0x1
	opBinary       opcode = 0x2
	opClose        opcode = 0x8
	opPing         opcode = 0x9
	opPong         opcode = 0xA
)

const (
	flagFin    = 0x80
	flagsRSV   = 0x70
	flagMasked = 0x80

	// MaxPayloadBytes bounds a message from the server. A snapshot of 200 symbols
	// in one batch is 100 KB.
	MaxPayloadBytes = 1 << 20
	// MaxFrameBytes is what a reader must have room for.
	MaxFrameBytes = MaxPayloadBytes + 10

	maxControlBytes = 125
)

// frame is one WebSocket frame from the server; its payload lies in the bytes it
// was read from.
type frame struct {
	op      opcode
	fin     bool
	payload []byte
}

// nextFrame reads the frame at the beginning of p. A size of 0 says that p does
// not hold all of it yet.
func nextFrame(p []byte) (f frame, size int, err error) {
	if len(p) < 2 {
		return frame{}, 0, nil
	}
	header, length := 2, int(p[1])
	switch {
	case p[0]&flagsRSV != 0:
		return frame{}, 0, protocolFailure("frame with reserved bits")
	case length >= flagMasked:
		return frame{}, 0, protocolFailure("masked frame from the server")
	case length == 126:
		if len(p) < 4 {
			return frame{}, 0, nil
		}
		header, length = 4, int(binary.BigEndian.Uint16(p[2:]))
	case length == 127:
		if len(p) < 10 {
			return frame{}, 0, nil
		}
		long := binary.BigEndian.Uint64(p[2:])
		if long > MaxPayloadBytes {
			return frame{}, 0, protocolFailure("frame over 1 MiB")
		}
		header, length = 10, int(long)
	}
	f = frame{op: opcode(p[0] & 0xF), fin: p[0]&flagFin != 0}
	if f.op >= opClose && (length > maxControlBytes || !f.fin) {
		return frame{}, 0, protocolFailure("long or fragmented control frame")
	}
	size = header + length
	if len(p) < size {
		return frame{}, 0, nil
	}
	f.payload = p[header:size]
	return f, size, nil
}

// appendFrame appends a masked client frame: RFC 6455, section 5.3.
func appendFrame(dst []byte, op opcode, payload []byte) []byte {
	dst = append(dst, flagFin|byte(op))
	switch n := len(payload); {
	case n <= maxControlBytes:
		dst = append(dst, flagMasked|byte(n))
	case n <= 0xFFFF:
		dst = append(dst, flagMasked|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, flagMasked|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	var key [4]byte
	binary.BigEndian.PutUint32(key[:], rand.Uint32())
	dst = append(dst, key[:]...)
	for i, c := range payload {
		dst = append(dst, c^key[i&3])
	}
	return dst
}

// closeCause words the payload of a close frame: RFC 6455, section 5.5.1.
func closeCause(payload []byte) string {
	if len(payload) < 2 {
		return "closed by the server without a code"
	}
	cause := "closed by the server: " + strconv.Itoa(int(binary.BigEndian.Uint16(payload)))
	if len(payload) > 2 {
		cause += " " + printable(payload[2:])
	}
	return cause
}
