package websocket

import "encoding/binary"

// The first byte of the frames that a server sends: FIN and the opcode, RFC 6455 section 5.2.
const (
	finText   = 0x81
	finBinary = 0x82
	finClose  = 0x88
	finPing   = 0x89
	finPong   = 0x8A
)

// textHeaderBytes is the header that BeginText reserves: the form with a 16-bit
// length, which most packets need.
const textHeaderBytes = 4

// AppendTextHeader appends the header of a server's text frame (FIN, unmasked)
// whose payload has payloadBytes bytes: 2, 4 or 10 bytes.
func AppendTextHeader(dst []byte, payloadBytes int) []byte {
	return appendHeader(dst, finText, payloadBytes)
}

// appendHeader appends an unmasked header with the shortest form of the length,
// as RFC 6455 section 5.2 demands.
func appendHeader(dst []byte, first byte, payloadBytes int) []byte {
	switch {
	case payloadBytes < 126:
		return append(dst, first, byte(payloadBytes))
	case payloadBytes <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(payloadBytes))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(payloadBytes))
	}
}

// BeginText starts a text frame of unknown length: append the payload to what
// it returns, then call EndText with the length dst had before BeginText.
func BeginText(dst []byte) []byte {
	return append(dst, finText, 0, 0, 0)
}

// EndText completes the frame that BeginText started at start. The payload
// moves when it is shorter than 126 or longer than 65,535 bytes.
func EndText(dst []byte, start int) []byte {
	payload := start + textHeaderBytes
	n := len(dst) - payload
	switch {
	case n < 126:
		dst[start+1] = byte(n)
		copy(dst[start+2:], dst[payload:])
		return dst[:start+2+n]
	case n <= 0xFFFF:
		dst[start+1] = 126
		binary.BigEndian.PutUint16(dst[start+2:], uint16(n))
		return dst
	default:
		dst = append(dst, 0, 0, 0, 0, 0, 0)
		copy(dst[payload+6:], dst[payload:payload+n])
		dst[start+1] = 127
		binary.BigEndian.PutUint64(dst[start+2:], uint64(n))
		return dst
	}
}

// AppendBinaryHeader appends the header of a server's binary frame; otherwise
// like AppendTextHeader.
func AppendBinaryHeader(dst []byte, payloadBytes int) []byte {
	return appendHeader(dst, finBinary, payloadBytes)
}

// CutFrame splits the first frame from finished data frames of this server, for
// those who carry what is in them by other means. ok is false at the end, and
// where frames is not what this package writes.
func CutFrame(frames []byte) (payload []byte, binaryFrame bool, rest []byte, ok bool) {
	if len(frames) < 2 || frames[0] != finText && frames[0] != finBinary {
		return nil, false, nil, false
	}
	head, length := 2, uint64(frames[1])
	switch {
	case length == 126 && len(frames) >= 4:
		head, length = 4, uint64(binary.BigEndian.Uint16(frames[2:]))
	case length == 127 && len(frames) >= 10:
		head, length = 10, binary.BigEndian.Uint64(frames[2:])
	case length > 125:
		return nil, false, nil, false
	}
	if uint64(len(frames)-head) < length {
		return nil, false, nil, false
	}
	end := head + int(length)
	return frames[head:end], frames[0] == finBinary, frames[end:], true
}
