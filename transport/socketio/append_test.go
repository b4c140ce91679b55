package socketio

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// The examples of the protocol document, as they are on the wire.
func TestPacketsEncodeAsInTheProtocolDocument(t *testing.T) {
	for want, got := range map[string][]byte{
		`0{"sid":"wZX3oN0bSVIhsaknAAAI"}`:        AppendConnect(nil, "/", []byte(`{"sid":"wZX3oN0bSVIhsaknAAAI"}`)),
		`0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}`: AppendConnect(nil, "/admin", []byte(`{"sid":"oSO0OpakMV_3jnilAAAA"}`)),
		`4{"message":"Not authorized"}`:          AppendConnectError(nil, "/", "Not authorized", nil),
		`4/a,{"message":"\"","data":{"code":1}}`: AppendConnectError(nil, "/a", `"`, []byte(`{"code":1}`)),
		`1`:                                      AppendDisconnect(nil, "/"),
		`1/admin,`:                               AppendDisconnect(nil, "/admin"),
		`2["foo",1]`:                             append(AppendEventPrefix(nil, "foo"), `1]`...),
		`312["bar"]`:                             append(AppendAckPrefix(nil, 12), `"bar"]`...),
		`30[]`:                                   append(AppendAckPrefix(nil, 0), `]`...),
		`x2["foo",`:                              AppendEventPrefix([]byte("x"), "foo"),
		`2/admin,13["bar"]`:                      AppendPacket(nil, Packet{Type: EventPacket, Namespace: []byte("/admin"), ID: 13, Data: []byte(`["bar"]`)}),
		`52-/admin,["baz"]`:                      AppendPacket(nil, Packet{Type: BinaryEvent, Namespace: []byte("/admin"), ID: NoAck, Attachments: 2, Data: []byte(`["baz"]`)}),
		`61-15["bar"]`:                           AppendPacket(nil, Packet{Type: BinaryAck, Namespace: root, ID: 15, Attachments: 1, Data: []byte(`["bar"]`)}),
	} {
		if string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// drawPacket returns any packet that may be on the wire.
func drawPacket(t *rapid.T) Packet {
	p := Packet{
		Type:      PacketType(rapid.IntRange('0', '6').Draw(t, "type")),
		Namespace: []byte(rapid.SampledFrom([]string{"/", "/admin", "/a/b", "/ü", "/1", "/-"}).Draw(t, "namespace")),
		ID:        rapid.OneOf(rapid.Just(int64(NoAck)), rapid.Int64Range(0, 999_999_999_999_999)).Draw(t, "id"),
	}
	if p.IsBinary() {
		p.Attachments = rapid.IntRange(1, maxAttachments).Draw(t, "attachments")
	}
	text := rapid.String().Draw(t, "text")
	var data any
	switch p.Type {
	case Connect, ConnectError:
		data = map[string]string{"k": text}
	case Disconnect:
		return p
	default:
		data = []any{"e" + text, text, 1, nil}
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	p.Data = encoded
	return p
}

func TestEncodedPacketsDecodeToThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPacket(t)
		text := AppendPacket(nil, p)
		got, err := Decode(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, p) {
			t.Fatalf("%s became %+v, want %+v", text, got, p)
		}
	})
}

// What decodes, encodes to what decodes to the same; and everything that a
// client may say leaves a connection in order.
func FuzzDecodeAgainAndRoute(f *testing.F) {
	for _, seed := range []string{`0`, `0/admin,{"t":1}`, `212["a",1]`, `3/b,1[]`, `51-["x"]`, `610-/a,1["x"]`, `4{"message":""}`,
		`2["\ud800"]`, `2[1]`, `2[-1e9,2]`, `2["a" , ]`, `1`, `1/admin`, `2["connect"]`, `007`, `2/,1["a"]`, `2/x?y,["a"]`,
		`2[-1e999]`, "2[\"connect\xac\"]", `2["\u0063onnect"]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := newServed(t, Options{}, accept)
		c.says(`0`)
		c.packet(bytes.Clone(text))
		c.says(`2["after"]`)
		c.ends()

		text = bytes.Clone(text) // event overwrites it, which a fuzz target must not
		p, err := Decode(text)
		if err != nil {
			return
		}
		encoded := AppendPacket(nil, p)
		again, err := Decode(encoded)
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Fatalf("%q was encoded as %q, which is %+v %v, want %+v", text, encoded, again, err, p)
		}
		if p.Type != EventPacket {
			return
		}
		// The standard library must see the same name and arguments.
		var array []json.RawMessage
		if err := json.Unmarshal(p.Data, &array); err != nil {
			t.Fatal(err)
		}
		e, err := p.event() // overwrites Data
		if err != nil {
			return
		}
		var args []json.RawMessage
		if err := json.Unmarshal(e.Args, &args); err != nil || len(args) != len(array)-1 {
			t.Fatalf("arguments %s of %s: %v", e.Args, text, err)
		}
		for i := range args {
			if !bytes.Equal(args[i], array[i+1]) {
				t.Fatalf("argument %d is %s, want %s", i, args[i], array[i+1])
			}
		}
		name := string(array[0]) // a number stays as it is
		if name[0] == '"' {
			if err := json.Unmarshal(array[0], &name); err != nil {
				t.Fatal(err)
			}
		}
		if name != e.Name {
			t.Fatalf("name %q, want %q", e.Name, name)
		}
	})
}

func BenchmarkAppendEventPrefix(b *testing.B) {
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendEventPrefix(dst[:0], "watchlist:quote")
	}
}

func BenchmarkAppendAckPrefix(b *testing.B) {
	dst := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendAckPrefix(dst[:0], 456)
	}
}

func TestOnlyTheNameOfAnEventIsAllocated(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool, which json.Valid uses, forget at random")
	}
	source := []byte(`27["subscribe:watchlist",{"symbols":["AAPL","MSFT","SPY"]}]`)
	text := make([]byte, len(source))
	if n := testing.AllocsPerRun(200, func() {
		copy(text, source) // event overwrites a byte
		p, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.event(); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations, want 1", n)
	}
	var quote []byte
	if n := testing.AllocsPerRun(200, func() { quote = AppendEventPrefix(quote[:0], "watchlist:quote") }); n != 0 {
		t.Errorf("an event prefix takes %v allocations", n)
	}
}
