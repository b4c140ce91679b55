package websocket

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// All forms of the length, and their borders.
var frameLengths = []int{0, 1, 124, 125, 126, 127, 1000, 65534, 65535, 65536, 65537, 1_000_000}

func TestAppendedFramesAreRead(t *testing.T) {
	for _, n := range frameLengths {
		payload := bytes.Repeat([]byte("quote"), n/5+1)[:n]
		known := append(AppendTextHeader([]byte("before"), n), payload...)
		unknown := EndText(append(BeginText([]byte("before")), payload...), len("before"))
		if !bytes.Equal(known, unknown) {
			t.Errorf("%d bytes: the frame depends on whether its length was known", n)
		}
		rest, ok := bytes.CutPrefix(unknown, []byte("before"))
		if !ok {
			t.Fatalf("%d bytes: what was there before is damaged", n)
		}
		f, err := ws.ReadFrame(bytes.NewReader(rest))
		if err != nil {
			t.Fatal(err)
		}
		if !f.Header.Fin || f.Header.OpCode != ws.OpText || !bytes.Equal(f.Payload, payload) {
			t.Errorf("%d bytes: read %s", n, describe(f))
		}
		if got, want := len(rest)-n, ws.HeaderSize(f.Header); got != want {
			t.Errorf("%d bytes: the header has %d bytes, want %d", n, got, want)
		}
	}
}

func TestFramesJoinInOneBuffer(t *testing.T) {
	var dst []byte
	for _, n := range frameLengths {
		start := len(dst)
		dst = EndText(append(BeginText(dst), strings.Repeat("x", n)...), start)
	}
	frames := readFrames(t, dst)
	if len(frames) != len(frameLengths) {
		t.Fatalf("%d frames, want %d", len(frames), len(frameLengths))
	}
	for i, f := range frames {
		if len(f.Payload) != frameLengths[i] {
			t.Errorf("frame %d has %d bytes, want %d", i, len(f.Payload), frameLengths[i])
		}
	}
}

func TestCloseReasonIsCutBetweenCharacters(t *testing.T) {
	for _, reason := range []string{"", "short", strings.Repeat("x", 123), strings.Repeat("x", 124), strings.Repeat("€", 60), strings.Repeat("x", 122) + "€"} {
		frames := readFrames(t, appendCloseFrame(nil, CodeGoingAway, reason))
		if len(frames) != 1 || len(frames[0].Payload) > 125 {
			t.Fatalf("reason of %d bytes: %v", len(reason), frames)
		}
		sent := string(frames[0].Payload[2:])
		if !strings.HasPrefix(reason, sent) || !utf8.ValidString(sent) || (len(reason) <= 123 && sent != reason) {
			t.Errorf("reason %q became %q", reason, sent)
		}
	}
}
