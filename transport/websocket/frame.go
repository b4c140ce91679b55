package websocket

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// frame is one frame of a peer, in the memory it was read into.
type frame struct {
	ws.Header
	payload []byte // unmasked
	size    int    // bytes of header and payload together
}

// rules are what a frame is checked against before its payload is waited for.
type rules struct {
	state ws.State // server side, and whether a fragmented message is under way
	room  int      // how many payload bytes a data frame may have
}

// nextFrame takes the first frame from p and unmasks it in place. ok is false
// while p does not hold all of it. A frame that breaks a rule is refused as soon
// as its header shows it, so nothing is kept for a length that is merely declared.
func nextFrame(p []byte, r rules) (f frame, ok bool, refused *CloseError) {
	headerBytes, ok, refused := f.parseHeader(p, r)
	if !ok || refused != nil {
		return frame{}, false, refused
	}
	f.size = headerBytes + int(f.Length)
	if len(p) < f.size {
		return frame{}, false, nil
	}
	f.payload = p[headerBytes:f.size]
	ws.Cipher(f.payload, f.Mask, 0)
	return f, true, nil
}

// parseHeader reads the header at the start of p, RFC 6455 section 5.2. ok is
// false while it is incomplete.
func (f *frame) parseHeader(p []byte, r rules) (headerBytes int, ok bool, refused *CloseError) {
	if len(p) < 2 {
		return 0, false, nil
	}
	f.Fin = p[0]&0x80 != 0
	f.Rsv = p[0] >> 4 & 0x07
	f.OpCode = ws.OpCode(p[0] & 0x0F)
	f.Masked = p[1]&0x80 != 0
	f.Length = int64(p[1] & 0x7F) // 126 and 127 stand for longer ones and break the limit of control frames too
	if err := ws.CheckHeader(f.Header, r.state); err != nil {
		return 0, false, violation(err.Error())
	}
	const maskBytes = 4
	headerBytes = 2 + maskBytes
	switch f.Length {
	case 126:
		headerBytes += 2
	case 127:
		headerBytes += 8
	}
	if len(p) < headerBytes-maskBytes {
		return 0, false, nil
	}
	switch f.Length {
	case 126:
		f.Length = int64(binary.BigEndian.Uint16(p[2:]))
	case 127:
		f.Length = int64(binary.BigEndian.Uint64(p[2:]))
		if f.Length < 0 {
			return 0, false, violation(ws.ErrHeaderLengthMSB.Error())
		}
	}
	if f.OpCode.IsData() && f.Length > int64(r.room) {
		return 0, false, &CloseError{Code: CodeMessageTooBig, Reason: "message too big"}
	}
	if len(p) < headerBytes {
		return 0, false, nil
	}
	copy(f.Mask[:], p[headerBytes-maskBytes:])
	return headerBytes, true, nil
}

// message is a fragmented message under way.
type message struct {
	op   ws.OpCode
	data []byte
}
