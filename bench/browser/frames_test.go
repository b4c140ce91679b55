package browser

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// serverFrame is what a server of another make would send.
func serverFrame(op ws.OpCode, fin bool, payload string) []byte {
	var b bytes.Buffer
	if err := ws.WriteFrame(&b, ws.NewFrame(op, fin, []byte(payload))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func text(payload string) []byte { return serverFrame(ws.OpText, true, payload) }

func TestFramesOfEveryLengthAreRead(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, MaxPayloadBytes} {
		payload := strings.Repeat("x", n)
		whole := append(text(payload), 0x81)
		f, size, err := nextFrame(whole)
		if err != nil || size != len(whole)-1 || f.op != opText || !f.fin || string(f.payload) != payload {
			t.Errorf("frame of %d bytes: op %d, size %d of %d, %v", n, f.op, size, len(whole)-1, err)
		}
		if size > MaxFrameBytes {
			t.Errorf("frame of %d bytes takes %d bytes, more than MaxFrameBytes", n, size)
		}
		for _, cut := range []int{0, 1, 2, 3, 9, len(whole) - 2} {
			if _, size, err := nextFrame(whole[:min(cut, len(whole)-2)]); size != 0 || err != nil {
				t.Errorf("frame of %d bytes cut at %d: size %d, %v, want it incomplete", n, cut, size, err)
			}
		}
	}
}

func TestBadFramesAreRefused(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"masked", []byte{0x81, 0x81, 1, 2, 3, 4, 'x'}, "masked"},
		{"compressed", []byte{0xC1, 0x01, 'x'}, "reserved bits"},
		{"endless", []byte{0x81, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, "over 1 MiB"},
		{"too long", []byte{0x81, 0x7F, 0, 0, 0, 0, 0, 0x10, 0, 1}, "over 1 MiB"},
		{"fragmented ping", []byte{0x09, 0x00}, "control frame"},
		{"long ping", []byte{0x89, 126, 0, 200}, "control frame"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := nextFrame(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one about %q", err, test.want)
			}
		})
	}
}

func TestAnotherCodecReadsOurFrames(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
		payload := strings.Repeat("y", n)
		f, err := ws.ReadFrame(bytes.NewReader(appendFrame(nil, opText, []byte(payload))))
		if err != nil {
			t.Fatalf("frame of %d bytes: %v", n, err)
		}
		if !f.Header.Masked || !f.Header.Fin || f.Header.OpCode != ws.OpText {
			t.Errorf("frame of %d bytes has header %+v", n, f.Header)
		}
		if got := string(ws.UnmaskFrameInPlace(f).Payload); got != payload {
			t.Errorf("frame of %d bytes came as %.20q", n, got)
		}
	}
}

func TestCloseCausesAreWorded(t *testing.T) {
	for payload, want := range map[string]string{
		"":                  "closed by the server without a code",
		"\x03":              "closed by the server without a code",
		"\x03\xE9":          "closed by the server: 1001",
		"\x03\xF0too \x1bx": "closed by the server: 1008 too .x",
	} {
		if got := closeCause([]byte(payload)); got != want {
			t.Errorf("closeCause(%q) = %q, want %q", payload, got, want)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(text("2"))
	f.Add(text(`42["watchlist:quote",{}]`))
	f.Add(serverFrame(ws.OpText, false, "42"))
	f.Add(serverFrame(ws.OpClose, true, "\x03\xE8bye"))
	f.Add(text(strings.Repeat("x", 70_000)))
	f.Add([]byte{0x81, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, size, err := nextFrame(data)
		if size < 0 || size > len(data) || err != nil && size != 0 {
			t.Fatalf("size %d of %d bytes, %v", size, len(data), err)
		}
		if size == 0 {
			return
		}
		theirs, theirErr := ws.ReadFrame(bytes.NewReader(data[:size]))
		if theirErr != nil {
			t.Fatalf("another codec does not read the frame: %v", theirErr)
		}
		if opcode(theirs.Header.OpCode) != frame.op || theirs.Header.Fin != frame.fin || !bytes.Equal(theirs.Payload, frame.payload) {
			t.Fatalf("read op %d fin %v %q, another codec %+v", frame.op, frame.fin, frame.payload, theirs)
		}
	})
}
