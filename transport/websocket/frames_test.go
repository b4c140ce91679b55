package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestBrokenFramesCloseWithTheirCode(t *testing.T) {
	o := DefaultOptions()
	o.MaxMessageBytes = 1000
	a := newTestAcceptor(t, o, nil)
	long := func(second byte, length uint64) []byte { // a header that declares a length
		return binary.BigEndian.AppendUint64([]byte{0x81, second}, length)
	}
	for name, c := range map[string]struct {
		bytes []byte
		code  Code
	}{
		"unmasked":                        {[]byte{0x81, 0x01, 'x'}, CodeProtocolError},
		"RSV1 without an extension":       {[]byte{0xC1, 0x80}, CodeProtocolError},
		"RSV2":                            {[]byte{0xA1, 0x80}, CodeProtocolError},
		"RSV3":                            {[]byte{0x91, 0x80}, CodeProtocolError},
		"reserved data opcode":            {masked(3, true, ""), CodeProtocolError},
		"reserved control opcode":         {masked(11, true, ""), CodeProtocolError},
		"fragmented ping":                 {masked(ws.OpPing, false, ""), CodeProtocolError},
		"ping of 126 bytes":               {masked(ws.OpPing, true, strings.Repeat("x", 126)), CodeProtocolError},
		"close of 64-bit length":          {[]byte{0x88, 0xFF}, CodeProtocolError},
		"continuation of nothing":         {masked(ws.OpContinuation, true, "x"), CodeProtocolError},
		"new message inside a message":    {join(masked(ws.OpText, false, "a"), masked(ws.OpText, true, "b")), CodeProtocolError},
		"length with the high bit":        {long(0xFF, 1<<63), CodeProtocolError},
		"largest length":                  {long(0xFF, 1<<63-1), CodeMessageTooBig},
		"one byte too many":               {masked(ws.OpText, true, strings.Repeat("x", 1001)), CodeMessageTooBig},
		"too big by its header alone":     {[]byte{0x82, 0xFE, 0x03, 0xE9}, CodeMessageTooBig},
		"fragments that are too big":      {join(masked(ws.OpText, false, strings.Repeat("x", 600)), masked(ws.OpContinuation, true, strings.Repeat("x", 401))), CodeMessageTooBig},
		"text that is not UTF-8":          {masked(ws.OpText, true, "\xff"), CodeInvalidPayload},
		"surrogate in text":               {masked(ws.OpText, true, "\xed\xa0\x80"), CodeInvalidPayload},
		"character cut at the end":        {masked(ws.OpText, true, "\xe2\x82"), CodeInvalidPayload},
		"fragments that are not UTF-8":    {join(masked(ws.OpText, false, "\xe2"), masked(ws.OpContinuation, true, "x")), CodeInvalidPayload},
		"close with half a code":          {masked(ws.OpClose, true, "\x03"), CodeProtocolError},
		"close with code 0":               {masked(ws.OpClose, true, "\x00\x00"), CodeProtocolError},
		"close with code 1004":            {masked(ws.OpClose, true, "\x03\xec"), CodeProtocolError},
		"close with code 1005":            {masked(ws.OpClose, true, "\x03\xed"), CodeProtocolError},
		"close with code 1006":            {masked(ws.OpClose, true, "\x03\xee"), CodeProtocolError},
		"close with code 1015":            {masked(ws.OpClose, true, "\x03\xf7"), CodeProtocolError},
		"close with code 2999":            {masked(ws.OpClose, true, "\x0b\xb7"), CodeProtocolError},
		"close with code 5000":            {masked(ws.OpClose, true, "\x13\x88"), CodeProtocolError},
		"close reason that is not UTF-8":  {masked(ws.OpClose, true, "\x03\xe8\xff"), CodeInvalidPayload},
		"broken frame behind a good ping": {join(masked(ws.OpPing, true, "x"), []byte{0x81, 0x00}), CodeProtocolError},
	} {
		for _, step := range []int{len(c.bytes), 1} {
			t.Run(fmt.Sprintf("%s in pieces of %d", name, step), func(t *testing.T) {
				conn, h, nc, feed := memoryWebSocket(t, a)
				for rest := c.bytes; len(rest) > 0; rest = rest[min(step, len(rest)):] {
					feed.give(rest[:min(step, len(rest))])
				}
				frames := nc.frames(t)
				if len(frames) == 0 {
					t.Fatal("nothing was answered")
				}
				last := frames[len(frames)-1]
				if last.Header.OpCode != ws.OpClose || Code(binary.BigEndian.Uint16(last.Payload)) != c.code {
					t.Errorf("answered with %s, want code %d", describe(last), c.code)
				}
				if !nc.ended || len(h.messages) > 0 {
					t.Errorf("ended %v, messages %q", nc.ended, h.messages)
				}
				if _, err := conn.WriteText([]byte("late")); err == nil {
					t.Error("data can follow the close frame")
				}
			})
		}
	}
}

func TestPeerMayCloseWithEveryDefinedCode(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	for _, code := range []Code{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		_, _, nc, feed := memoryWebSocket(t, a)
		payload := binary.BigEndian.AppendUint16(nil, uint16(code))
		feed.give(masked(ws.OpClose, true, string(payload)+"why"))
		frames := nc.frames(t)
		if len(frames) != 1 || frames[0].Header.OpCode != ws.OpClose || !bytes.Equal(frames[0].Payload, payload) {
			t.Errorf("code %d was answered with %v", code, frames)
		}
		want := &CloseError{Code: code, Reason: "why", ByPeer: true}
		if diff := cmp.Diff(error(want), nc.cause); diff != "" {
			t.Error(diff)
		}
	}
	_, _, nc, feed := memoryWebSocket(t, a)
	feed.give(masked(ws.OpClose, true, ""))
	if frames := nc.frames(t); len(frames) != 1 || len(frames[0].Payload) != 0 {
		t.Errorf("a close frame without a code was answered with %v", frames)
	}
}

// However a stream is cut, the same messages and answers come out.
func TestMessagesDoNotDependOnHowTheyAreCut(t *testing.T) {
	o := DefaultOptions()
	o.MaxMessageBytes = 100_000
	a := newTestAcceptor(t, o, nil)
	rapid.Check(t, func(rt *rapid.T) {
		stream, messages, pings := drawStream(rt)
		_, h, nc, feed := memoryWebSocket(t, a)
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, 65536)).Draw(rt, "piece"))
			feed.give(rest[:n])
			rest = rest[n:]
		}
		if diff := cmp.Diff(messages, h.messages); diff != "" {
			rt.Fatal(diff)
		}
		var pongs []string
		for _, f := range nc.frames(t) {
			if f.Header.OpCode != ws.OpPong {
				rt.Fatalf("the server wrote %s", describe(f))
			}
			pongs = append(pongs, string(f.Payload))
		}
		if diff := cmp.Diff(pings, pongs); diff != "" {
			rt.Fatal(diff)
		}
		if len(feed.kept) > 0 {
			rt.Fatalf("%d bytes of complete frames were not consumed", len(feed.kept))
		}
	})
}

// drawStream makes valid frames: whole and fragmented messages with control
// frames between and inside them.
func drawStream(t *rapid.T) (stream []byte, messages, pings []string) {
	control := func() {
		payload := rapid.StringN(0, 30, 125).Draw(t, "control")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			stream = append(stream, masked(ws.OpPing, true, payload)...)
			pings = append(pings, payload)
		case 1:
			stream = append(stream, masked(ws.OpPong, true, payload)...)
		}
	}
	for range rapid.IntRange(1, 8).Draw(t, "messages") {
		op, kind := ws.OpText, "text:"
		if rapid.Bool().Draw(t, "binary") {
			op, kind = ws.OpBinary, "binary:"
		}
		payload := strings.Repeat(rapid.String().Draw(t, "text"), rapid.SampledFrom([]int{1, 1, 20, 900}).Draw(t, "times"))
		if len(payload) > 100_000 {
			payload = "short"
		}
		messages = append(messages, kind+payload)
		for fragments := rapid.IntRange(1, 4).Draw(t, "fragments"); fragments > 1; fragments-- {
			cut := rapid.IntRange(0, len(payload)).Draw(t, "cut")
			stream = append(stream, masked(op, false, payload[:cut])...)
			payload, op = payload[cut:], ws.OpContinuation
			control()
		}
		stream = append(stream, masked(op, true, payload)...)
		control()
	}
	return stream, messages, pings
}

func TestLargestMessageIsTaken(t *testing.T) {
	o := DefaultOptions()
	a := newTestAcceptor(t, o, nil)
	_, h, _, feed := memoryWebSocket(t, a)
	whole := strings.Repeat("x", o.MaxMessageBytes)
	feed.give(masked(ws.OpText, true, whole))
	feed.give(join(masked(ws.OpText, false, whole[1:]), masked(ws.OpContinuation, false, ""), masked(ws.OpContinuation, true, "x")))
	if len(h.messages) != 2 || h.messages[0] != "text:"+whole || h.messages[1] != "text:"+whole {
		t.Errorf("%d messages came", len(h.messages))
	}
}

func TestConnIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n > 160 {
		t.Errorf("a WebSocket has %d bytes beside its connection", n)
	}
}

func TestWholeMessagesAreParsedWithoutAllocating(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	conn := &Conn{a: a, nc: &memoryConn{}, h: discarding{}}
	frames := join(masked(ws.OpText, true, "2"), masked(ws.OpBinary, true, strings.Repeat("x", 300)))
	p := make([]byte, len(frames))
	if n := testing.AllocsPerRun(100, func() {
		copy(p, frames)
		if n := (*inbound)(conn).Data(conn.nc, p); n != len(p) {
			t.Fatalf("consumed %d of %d bytes", n, len(p))
		}
	}); n != 0 {
		t.Errorf("%v allocations for two frames", n)
	}
}

// discarding is a Handler that keeps nothing.
type discarding struct{}

func (discarding) Text(*Conn, []byte)   {}
func (discarding) Binary(*Conn, []byte) {}
func (discarding) Writable(*Conn)       {}
func (discarding) Closed(*Conn, error)  {}
