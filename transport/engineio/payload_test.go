package engineio

import (
	"bytes"
	"encoding/base64"
	"testing"

	"outcry/transport/websocket"
)

// FuzzPayload takes a client's payload apart, which must be all of it and no more.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{"4a\x1e4b", "bAQID", "", "\x1e", "6\x1e6", "b====", "bAA\r\nAA"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var packets [][]byte
		err := eachPacket(bytes.Clone(payload), func(packet []byte) { packets = append(packets, packet) })
		if err == nil && !bytes.Equal(bytes.Join(packets, []byte{separator}), payload) {
			t.Errorf("%q became %q", payload, packets)
		}
		if len(packets) > maxPackets {
			t.Errorf("%d packets were taken", len(packets))
		}
		if len(payload) == 0 {
			return
		}
		want, wantErr := base64.StdEncoding.DecodeString(string(payload[1:]))
		got, err := decodeBinary(bytes.Clone(payload))
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("%q became %q %v, want %q %v", payload, got, err, want, wantErr)
		}
	})
}

// FuzzPoll puts messages into frames, and these into the body of a poll, in which a
// client must find the same. Every "|" in the script begins a message, every "#" a
// binary one.
func FuzzPoll(f *testing.F) {
	for _, seed := range []string{"", "|a|b", "#\x00\xff|x#", "||", "|€#€"} {
		f.Add([]byte(seed), uint16(0))
	}
	f.Add([]byte("|a#b"), uint16(65_535))
	f.Fuzz(func(t *testing.T, script []byte, more uint16) {
		var frames []byte
		var want [][]byte
		for rest := script; len(rest) > 0; {
			kind, message := rest[0], rest[1:]
			if next := bytes.IndexAny(message, "|#"); next >= 0 {
				message = message[:next]
			}
			rest = rest[1+len(message):]
			switch kind {
			case '|':
				message = bytes.ReplaceAll(message, []byte{separator}, nil)
				if len(want) == 0 {
					message = append(message, bytes.Repeat([]byte("x"), int(more))...)
				}
				want = append(want, append([]byte{byte(PacketMessage)}, message...))
				frames = append(websocket.AppendTextHeader(frames, 1+len(message)), byte(PacketMessage))
				frames = append(frames, message...)
			case '#':
				want = append(want, base64.StdEncoding.AppendEncode([]byte{binaryMark}, message))
				frames = append(websocket.AppendBinaryHeader(frames, len(message)), message...)
			}
		}
		payload := appendPayload(nil, frames)
		if !bytes.Equal(payload, bytes.Join(want, []byte{separator})) {
			t.Errorf("%q became %q", script, payload)
		}
	})
}

// FuzzCutPayload gives the body of a poll frames that are none: nothing may come of
// them that is more than twice what they are, as a byte of binary is with its separator.
func FuzzCutPayload(f *testing.F) {
	f.Add([]byte{0x81, 2, '4', 'a', 0x82, 1, 0})
	f.Add([]byte{0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Add([]byte{0x82, 126, 0, 0})
	f.Fuzz(func(t *testing.T, frames []byte) {
		payload := appendPayload(nil, bytes.Clone(frames))
		if len(payload) > 2*len(frames) {
			t.Errorf("%q became %d bytes: %q", frames, len(payload), payload)
		}
	})
}
