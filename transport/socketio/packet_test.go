package socketio

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPacketsOfTheProtocolDocumentDecode(t *testing.T) {
	cases := map[string]Packet{
		`0`:                         {Type: Connect, Namespace: []byte("/"), ID: NoAck},
		`0{"token":"x"}`:            {Type: Connect, Namespace: []byte("/"), ID: NoAck, Data: []byte(`{"token":"x"}`)},
		`0/admin,{"token":"x"}`:     {Type: Connect, Namespace: []byte("/admin"), ID: NoAck, Data: []byte(`{"token":"x"}`)},
		`0/admin`:                   {Type: Connect, Namespace: []byte("/admin"), ID: NoAck},
		`0/admin?a=b,`:              {Type: Connect, Namespace: []byte("/admin"), ID: NoAck},
		`1`:                         {Type: Disconnect, Namespace: []byte("/"), ID: NoAck},
		`1/admin,`:                  {Type: Disconnect, Namespace: []byte("/admin"), ID: NoAck},
		`2["foo"]`:                  {Type: EventPacket, Namespace: []byte("/"), ID: NoAck, Data: []byte(`["foo"]`)},
		`212["foo"]`:                {Type: EventPacket, Namespace: []byte("/"), ID: 12, Data: []byte(`["foo"]`)},
		`2/admin,13["bar"]`:         {Type: EventPacket, Namespace: []byte("/admin"), ID: 13, Data: []byte(`["bar"]`)},
		`3/admin,13["bar"]`:         {Type: Ack, Namespace: []byte("/admin"), ID: 13, Data: []byte(`["bar"]`)},
		`4{"message":"no"}`:         {Type: ConnectError, Namespace: []byte("/"), ID: NoAck, Data: []byte(`{"message":"no"}`)},
		`51-["baz",{"num":0}]`:      {Type: BinaryEvent, Namespace: []byte("/"), ID: NoAck, Attachments: 1, Data: []byte(`["baz",{"num":0}]`)},
		`61-/admin,456[{"num":0}]`:  {Type: BinaryAck, Namespace: []byte("/admin"), ID: 456, Attachments: 1, Data: []byte(`[{"num":0}]`)},
		`2999999999999999["a"]`:     {Type: EventPacket, Namespace: []byte("/"), ID: 999999999999999, Data: []byte(`["a"]`)},
		`2 ["blank before array" ]`: {Type: EventPacket, Namespace: []byte("/"), ID: NoAck, Data: []byte(` ["blank before array" ]`)},
	}
	for text, want := range cases {
		got, err := Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestMalformedPacketsSayWhatIsWrong(t *testing.T) {
	cases := map[string]string{
		``: "empty", `7`: "type", `a`: "type", `0"x"`: "object", `0[]`: "object", `0{`: "JSON",
		`1{}`: "no data", `2`: "array", `2{}`: "array", `2"x"`: "array", `2[`: "JSON", `212`: "array",
		`3`: "array", `3{}`: "array", `4`: "object", `4[]`: "object",
		`5["x"]`: "attachments", `5-["x"]`: "attachments", `599999-["x"]`: "attachments", `51`: "attachments",
		`21234567890123456["a"]`:          "digits",
		"0/" + strings.Repeat("n", 300):   "namespace",
		"2" + strings.Repeat("[", 20_000): "JSON",
	}
	for text, want := range cases {
		_, err := Decode([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want a word about %s", text, err, want)
		}
	}
}

func TestEventsAreTakenApart(t *testing.T) {
	cases := map[string]Event{
		`2["a"]`:                      {Name: "a", Args: []byte(`[]`), AckID: NoAck},
		`27["a",1,{"b":[2]}]`:         {Name: "a", Args: []byte(`[1,{"b":[2]}]`), AckID: 7},
		`2[ "a\"\u0041" , "x" ]`:      {Name: `a"A`, Args: []byte(`[ "x" ]`), AckID: NoAck},
		`2["subscribe:quote",["A"]]`:  {Name: "subscribe:quote", Args: []byte(`[["A"]]`), AckID: NoAck},
		"2[\n\"line\"\t,\r\n null\n]": {Name: "line", Args: []byte("[\r\n null\n]"), AckID: NoAck},
	}
	for text, want := range cases {
		p, err := Decode([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := p.event()
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{`2[]`, `2[true]`, `2[null,"a"]`, `2[["a"]]`, `2["connect"]`, `2["disconnect","x"]`, `2["newListener"]`} {
		p, err := Decode([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if e, err := p.event(); err == nil {
			t.Errorf("%s: accepted as %+v", text, e)
		}
	}
}

func TestAppendedPacketsDecodeToWhatWentIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		namespace := rapid.SampledFrom([]string{"/", "/custom", "/a/b"}).Draw(t, "namespace")
		message := rapid.String().Draw(t, "message")
		data := rapid.SampledFrom([][]byte{nil, []byte(`{"code":"X"}`)}).Draw(t, "data")
		p, err := Decode(AppendConnectError(nil, namespace, message, data))
		if err != nil || p.Type != ConnectError || string(p.Namespace) != namespace {
			t.Fatalf("%+v %v", p, err)
		}
		var body struct {
			Message string
			Data    json.RawMessage
		}
		if err := json.Unmarshal(p.Data, &body); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(message, "\ufffd"); body.Message != want || !bytes.Equal(body.Data, data) {
			t.Fatalf("%q %s, want %q %s", body.Message, body.Data, want, data)
		}
		if p, err := Decode(AppendDisconnect(nil, namespace)); err != nil || p.Type != Disconnect || string(p.Namespace) != namespace {
			t.Fatalf("%+v %v", p, err)
		}
		id := rapid.Int64Range(0, 999_999_999_999_999).Draw(t, "id")
		if p, err := Decode(append(AppendAckPrefix(nil, id), ']')); err != nil || p.ID != id || p.Type != Ack {
			t.Fatalf("%+v %v", p, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`0`, `0/a,{"t":1}`, `212["a",1]`, `3/b,1[]`, `51-["x"]`, `4{"message":""}`, `2["\ud800"]`, `2[`, `2["a" , ]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		text = bytes.Clone(text) // event overwrites it, which a fuzz target must not
		p, err := Decode(text)
		if err != nil {
			return
		}
		if p.ID < NoAck || p.Attachments < 0 || len(p.Namespace) == 0 || p.Namespace[0] != '/' {
			t.Fatalf("%+v", p)
		}
		if p.Type != EventPacket {
			return
		}
		e, err := p.event()
		if err != nil {
			return
		}
		if !json.Valid(e.Args) || e.Args[0] != '[' {
			t.Fatalf("arguments %q of %q", e.Args, text)
		}
	})
}

func BenchmarkDecodeEvent(b *testing.B) {
	source := []byte(`27["subscribe:watchlist",{"symbols":["AAPL","MSFT","SPY"]}]`)
	text := make([]byte, len(source))
	b.ReportAllocs()
	for b.Loop() {
		copy(text, source) // event overwrites a byte
		p, err := Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.event(); err != nil {
			b.Fatal(err)
		}
	}
}
