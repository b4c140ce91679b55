package engineio

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPacketsAreTypeAndData(t *testing.T) {
	for text, want := range map[string]struct {
		t    PacketType
		data string
	}{
		`0{"sid":"x"}`: {PacketOpen, `{"sid":"x"}`},
		"1":            {PacketClose, ""},
		"2":            {PacketPing, ""},
		"2probe":       {PacketPing, "probe"},
		"3":            {PacketPong, ""},
		"4":            {PacketMessage, ""},
		"4hello €":     {PacketMessage, "hello €"},
		"44":           {PacketMessage, "4"},
		"5":            {PacketUpgrade, ""},
		"6":            {PacketNoop, ""},
	} {
		got, data, err := DecodePacket([]byte(text))
		if err != nil || got != want.t || string(data) != want.data {
			t.Errorf("%q: %c %q %v, want %c %q", text, got, data, err, want.t, want.data)
		}
	}
}

func TestMalformedPacketsSayWhatIsAllowed(t *testing.T) {
	for _, text := range []string{"", "7", "9", "a", "abc", "b", "bAQID", " 4", "/", ":", "\x00", "\x04", "é", "\x1e4"} {
		if got, _, err := DecodePacket([]byte(text)); err == nil || !strings.Contains(err.Error(), "0 to 6") {
			t.Errorf("%q: %c %v, want an error that says what is allowed", text, got, err)
		}
	}
}

func TestAppendedPacketsDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := PacketType(rapid.IntRange('0', '6').Draw(t, "type"))
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		packet := AppendPacket(bytes.Clone(before), kind, data)
		if !bytes.HasPrefix(packet, before) {
			t.Fatal("what was there is lost")
		}
		got, gotData, err := DecodePacket(packet[len(before):])
		if err != nil || got != kind || !bytes.Equal(gotData, data) {
			t.Fatalf("%c %q %v", got, gotData, err)
		}
	})
}

func FuzzDecodePacket(f *testing.F) {
	for _, seed := range []string{"", "0{}", "1", "2probe", "3", "42[\"a\"]", "5", "6", "7", "bAQID"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		kind, data, err := DecodePacket(packet)
		if err != nil {
			return
		}
		if again := AppendPacket(nil, kind, data); !bytes.Equal(again, packet) {
			t.Fatalf("%q became %q", packet, again)
		}
	})
}

func BenchmarkDecodePacket(b *testing.B) {
	packet := []byte(`42["subscribe:watchlist",{"symbols":["AAPL","MSFT"]}]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := DecodePacket(packet); err != nil {
			b.Fatal(err)
		}
	}
}
