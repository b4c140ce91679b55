package websocket

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// seen is one frame as a parser saw it.
type seen struct {
	Op      ws.OpCode
	Fin     bool
	Payload string
}

// FuzzFrames cuts a stream into pieces and compares the parser with gobwas/ws
// reading all of it: the same frames, and a refusal exactly where a rule breaks.
func FuzzFrames(f *testing.F) {
	f.Add(join(masked(ws.OpText, true, "hello"), masked(ws.OpPing, true, "x")), uint8(1), uint16(1000))
	f.Add(join(masked(ws.OpText, false, "a"), masked(ws.OpPing, true, ""), masked(ws.OpContinuation, true, "b")), uint8(3), uint16(1))
	f.Add(masked(ws.OpBinary, true, strings.Repeat("x", 300)), uint8(200), uint16(300))
	f.Add(masked(ws.OpBinary, true, strings.Repeat("x", 70000)), uint8(255), uint16(65535))
	f.Add([]byte{0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, uint8(2), uint16(10))
	f.Add([]byte{0x81, 0x05, 'h', 'e', 'l', 'l', 'o'}, uint8(7), uint16(10))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8, limit uint16) {
		want, wantRefused := referenceFrames(stream, int(limit))
		got, refused := piecewiseFrames(stream, int(piece)+1, int(limit))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		// the parser may know from two bytes what the reference needs a header for
		if wantRefused && !refused {
			t.Fatal("a broken frame was taken")
		}
		if refused && !wantRefused && !breaksLate(stream, got, int(limit)) {
			t.Fatal("a good frame was refused")
		}
	})
}

// referenceFrames reads with gobwas/ws.
func referenceFrames(stream []byte, limit int) (frames []seen, refused bool) {
	state := ws.StateServerSide
	total := 0
	for rest := stream; ; {
		if len(rest) > 1 && rest[0]&0x08 != 0 && rest[1]&0x7F > 125 {
			return frames, true // gobwas/ws takes a control frame whose short length is in a long form
		}
		h, err := ws.ReadHeader(bytes.NewReader(rest))
		if err != nil {
			return frames, errors.Is(err, ws.ErrHeaderLengthMSB)
		}
		if ws.CheckHeader(h, state) != nil || (h.OpCode.IsData() && h.Length > int64(limit-total)) {
			return frames, true
		}
		r := bytes.NewReader(rest)
		f, err := ws.ReadFrame(r)
		if err != nil {
			return frames, false // incomplete
		}
		rest = rest[len(rest)-r.Len():]
		ws.Cipher(f.Payload, h.Mask, 0)
		frames = append(frames, seen{h.OpCode, h.Fin, string(f.Payload)})
		state, total = fragmentation(h, state, total)
	}
}

// fragmentation follows the rules of RFC 6455 section 5.4.
func fragmentation(h ws.Header, state ws.State, total int) (ws.State, int) {
	switch {
	case h.OpCode.IsControl():
		return state, total
	case h.Fin:
		return state.Clear(ws.StateFragmented), 0
	default:
		return state.Set(ws.StateFragmented), total + int(h.Length)
	}
}

// piecewiseFrames reads with nextFrame as a Conn does.
func piecewiseFrames(stream []byte, piece, limit int) (frames []seen, refused bool) {
	r := rules{state: ws.StateServerSide, room: limit}
	total := 0
	var kept []byte
	for len(stream) > 0 {
		n := min(piece, len(stream))
		kept, stream = append(kept, stream[:n]...), stream[n:]
		for {
			f, ok, broken := nextFrame(kept, r)
			if broken != nil {
				return frames, true
			}
			if !ok {
				break
			}
			frames = append(frames, seen{f.OpCode, f.Fin, string(f.payload)})
			kept = kept[f.size:]
			r.state, total = fragmentation(f.Header, r.state, total)
			r.room = limit - total
		}
	}
	return frames, false
}

// breaksLate reports whether the frame behind those that were read is cut off
// inside its header: completed with zeros, the reference refuses it as well.
func breaksLate(stream []byte, read []seen, limit int) bool {
	rest := bytes.NewReader(stream)
	for range read {
		if _, err := ws.ReadFrame(rest); err != nil {
			return false
		}
	}
	if _, err := ws.ReadHeader(bytes.NewReader(stream[len(stream)-rest.Len():])); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	_, refused := referenceFrames(append(bytes.Clone(stream), make([]byte, ws.MaxHeaderSize)...), limit)
	return refused
}

// FuzzConn gives a connection arbitrary bytes, whole and cut: what comes out is
// the same, legal, and the connection ends at most once.
func FuzzConn(f *testing.F) {
	f.Add(join(masked(ws.OpText, true, "hello"), masked(ws.OpClose, true, "\x03\xe8bye")), uint8(1))
	f.Add(join(masked(ws.OpText, false, "\xe2\x82"), masked(ws.OpPing, true, "p"), masked(ws.OpContinuation, true, "\xac")), uint8(2))
	f.Add(join(masked(ws.OpPong, true, "x"), masked(ws.OpClose, true, "\x03")), uint8(5))
	o := DefaultOptions()
	o.MaxMessageBytes = 1000
	a := newTestAcceptor(f, o, nil)
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		_, whole, wholeConn, all := memoryWebSocket(t, a)
		all.give(bytes.Clone(stream))
		_, cut, cutConn, pieces := memoryWebSocket(t, a)
		for rest := stream; len(rest) > 0; {
			n := min(int(piece)+1, len(rest))
			pieces.give(bytes.Clone(rest[:n]))
			rest = rest[n:]
		}
		if diff := cmp.Diff(whole.messages, cut.messages); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(wholeConn.cause, cutConn.cause); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(wholeConn.frames(t), cutConn.frames(t)); diff != "" {
			t.Fatal(diff)
		}
	})
}
