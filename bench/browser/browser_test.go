package browser

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outcry/bench/freshness"
)

const patience = 10 * time.Second

const (
	openPacket   = `0{"sid":"e1","upgrades":[],"pingInterval":25000,"pingTimeout":60000,"maxPayload":1000000}`
	connectReply = `40{"sid":"s1","pid":"p1"}`
	confirmation = `42["subscribed:watchlist",{"success":true,"symbols":["BX7Q2.0003"],"userId":"u","timestamp":1}]`
)

// stage is a Browser of three symbols with a tape on which ten ticks of each
// symbol were fed, the first to warm up.
type stage struct {
	*Browser
	turn Turn
	rest []byte
}

func newStage(batch bool) *stage {
	tape := freshness.NewTape(testNames.Count(), 0, 1, 9)
	for k := range tape.Ticks() {
		tape.MarkFed(k, 1)
	}
	script := &Script{Host: "localhost:8080", Path: "/socket.io/", Names: testNames, Batch: batch}
	s := &stage{Browser: New(script, "a.b.c", []int{3, 1, 2})}
	s.turn = Turn{Now: 1000, Tape: tape, Recorder: freshness.NewRecorder()}
	s.Dial(500)
	return s
}

// hear gives the Browser bytes the way a loop does: with what was left before.
func (s *stage) hear(p []byte) error {
	s.rest = append(s.rest, p...)
	n, err := s.Read(s.rest, &s.turn)
	s.rest = s.rest[n:]
	return err
}

// said returns the text packets that the Browser wrote since the last call.
func (s *stage) said(t testing.TB) (packets []string) {
	t.Helper()
	out := bytes.NewReader(s.turn.Out)
	for out.Len() > 0 {
		f, err := ws.ReadFrame(out)
		if err != nil {
			t.Fatalf("the browser wrote a bad frame: %v", err)
		}
		packets = append(packets, string(ws.UnmaskFrameInPlace(f).Payload))
	}
	s.turn.Out = nil
	return packets
}

func (s *stage) switching() []byte {
	return []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + s.key.accept() + "\r\n\r\n")
}

// live takes the Browser through the handshake.
func (s *stage) live(t testing.TB) {
	t.Helper()
	s.Start(nil)
	handshake := bytes.Join([][]byte{s.switching(), text(openPacket), text(connectReply), text(confirmation)}, nil)
	if err := s.hear(handshake); err != nil {
		t.Fatalf("handshake: %v", err)
	}
	s.said(t)
}

func quotePacket(symbol int, price string) string {
	return `42["watchlist:quote",` + wireQuote(testNames.Name(symbol), price) + `]`
}

func TestHandshakeIsThatOfSocketIOClient(t *testing.T) {
	s := newStage(false)
	request, err := http.ReadRequest(readerOf(s.Start(nil)))
	if err != nil {
		t.Fatalf("upgrade request: %v", err)
	}
	if request.URL.String() != "/socket.io/?EIO=4&transport=websocket" || request.Host != "localhost:8080" {
		t.Errorf("asked %s of %s", request.URL, request.Host)
	}
	if request.Header.Get("Upgrade") != "websocket" || request.Header.Get("Sec-WebSocket-Version") != "13" || request.Header.Get("Origin") != "" {
		t.Errorf("headers are %v", request.Header)
	}
	steps := []struct {
		hears []byte
		says  []string
	}{
		{s.switching(), nil},
		{text(openPacket), []string{`40{"token":"a.b.c"}`}},
		{text(connectReply), []string{`42["subscribe:watchlist",{"symbols":["BX7Q2.0003","BX7Q2.0001","BX7Q2.0002"]}]`}},
		{text(`42["connected",{"socketId":"s1"}]`), nil},
		{text(confirmation), nil},
		{text("2"), []string{"3"}},
		{serverFrame(ws.OpPing, true, "x"), []string{"x"}},
	}
	for _, step := range steps {
		s.turn.Now++
		if err := s.hear(step.hears); err != nil {
			t.Fatalf("after %q: %v", step.hears, err)
		}
		if diff := cmp.Diff(step.says, s.said(t)); diff != "" {
			t.Errorf("after %q the browser says (-want +got):\n%s", step.hears, diff)
		}
	}
	want := Milestones{Dialed: 500, Upgraded: 1001, Connected: 1003, Confirmed: 1005}
	if diff := cmp.Diff(want, s.Milestones); diff != "" {
		t.Errorf("milestones differ (-want +got):\n%s", diff)
	}
}

func TestBatchIsAskedForAndRead(t *testing.T) {
	s := newStage(true)
	s.Start(nil)
	if err := s.hear(bytes.Join([][]byte{s.switching(), text(openPacket), text(connectReply)}, nil)); err != nil {
		t.Fatal(err)
	}
	if said := strings.Join(s.said(t), "\n"); !strings.HasSuffix(said, `"BX7Q2.0002"],"batch":true}]`) {
		t.Errorf("the browser says %s", said)
	}
	batch := `42["watchlist:quotes",[` + wireQuote("BX7Q2.0001", "0.05") + "," + wireQuote("BX7Q2.0003", "0.02") + `]]`
	if err := s.hear(text(batch)); err != nil {
		t.Fatal(err)
	}
	if r := s.turn.Recorder; r.Delivered != 2 || r.Settled != 5 || r.Faults() != 0 {
		t.Errorf("counted %+v, want 2 delivered, 5 settled", r)
	}
}

func TestReadyWhenConfirmedAndEverySymbolShows(t *testing.T) {
	s := newStage(false)
	s.live(t)
	for i, symbol := range []int{1, 3, 2} {
		if s.Ready() {
			t.Errorf("ready with %d of 3 symbols", i)
		}
		s.turn.Now = int64(2000 + i)
		if err := s.hear(text(quotePacket(symbol, "0.01"))); err != nil {
			t.Fatal(err)
		}
	}
	if !s.Ready() || s.Snapshot != 2002 {
		t.Errorf("ready %v, snapshot at %d, want it at 2002", s.Ready(), s.Snapshot)
	}
	if due, outstanding := s.Due(s.turn.Tape); due != 27 || outstanding != 27 {
		t.Errorf("due, outstanding = %d, %d, want 27, 27", due, outstanding)
	}
	for _, symbol := range []int{1, 2, 3} {
		if !s.Trailing(s.turn.Tape) {
			t.Errorf("nothing trails before symbol %d is there", symbol)
		}
		if err := s.hear(text(quotePacket(symbol, "0.10"))); err != nil {
			t.Fatal(err)
		}
	}
	if due, outstanding := s.Due(s.turn.Tape); due != 27 || outstanding != 0 || s.Trailing(s.turn.Tape) {
		t.Errorf("due, outstanding = %d, %d, trailing %v, want 27, 0, false", due, outstanding, s.Trailing(s.turn.Tape))
	}
}

func TestLongWatchlistsAreRequestedInPieces(t *testing.T) {
	interest := make([]int, 150)
	for i := range interest {
		interest[i] = i
	}
	out, requests := appendSubscribe(nil, testNames, newWatchlist(interest), false)
	if requests != 2 {
		t.Fatalf("%d requests, want 2", requests)
	}
	s := &stage{turn: Turn{Out: out}}
	if said := s.said(t); len(said) != 2 || strings.Count(said[0], "BX7Q2.") != 100 || strings.Count(said[1], "BX7Q2.") != 50 {
		t.Errorf("the browser says %v", said)
	}
}

func TestFailuresAreNamed(t *testing.T) {
	answer := func(status string) func(*stage) []byte {
		return func(*stage) []byte { return []byte("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nno") }
	}
	handshake := func(packets ...string) func(*stage) []byte {
		return func(s *stage) []byte {
			all := s.switching()
			for _, packet := range packets {
				all = append(all, text(packet)...)
			}
			return all
		}
	}
	live := func(frames ...[]byte) func(*stage) []byte {
		return func(s *stage) []byte {
			return append(handshake(openPacket, connectReply)(s), bytes.Join(frames, nil)...)
		}
	}
	tests := []struct {
		name  string
		hears func(*stage) []byte
		want  string
	}{
		{"overload", answer("503 Service Unavailable"), "refused: HTTP 503 Service Unavailable"},
		{"too many dials", answer("429 Too Many Requests"), "refused: HTTP 429 Too Many Requests"},
		{"no HTTP", func(*stage) []byte { return []byte("hello\r\n\r\n") }, "protocol error: upgrade answer is not HTTP"},
		{"endless head", func(*stage) []byte { return make([]byte, 20<<10) }, "protocol error: upgrade answer over 16 KiB"},
		{"another key", func(s *stage) []byte {
			return bytes.Replace(s.switching(), []byte(s.key.accept()), []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 1)
		}, "protocol error: wrong Sec-WebSocket-Accept"},
		{"another protocol", func(s *stage) []byte {
			return bytes.Replace(s.switching(), []byte("websocket"), []byte("h2c"), 1)
		}, "protocol error: upgrade answer is not for a WebSocket"},
		{"compression", func(s *stage) []byte {
			return bytes.Replace(s.switching(), []byte("Connection"), []byte("Sec-WebSocket-Extensions: permessage-deflate\r\nConnection"), 1)
		}, "protocol error: an extension that was not offered"},
		{"no open packet", handshake("40"), "protocol error: no open packet after the upgrade"},
		{"open packet without times", handshake(`0{"sid":"x"}`), "protocol error: malformed open packet"},
		{"bad token", handshake(openPacket, `44{"message":"Authentication failed: Invalid JWT token","data":{"code":"INVALID_TOKEN"}}`), "CONNECT_ERROR: INVALID_TOKEN"},
		{"refused without a code", handshake(openPacket, `44{"message":"no"}`), "CONNECT_ERROR: no"},
		{"refused without anything", handshake(openPacket, `44{}`), "CONNECT_ERROR without a reason"},
		{"garbled refusal", handshake(openPacket, `44!`), "protocol error: malformed CONNECT_ERROR"},
		{"garbled reply", handshake(openPacket, `40`), "protocol error: malformed CONNECT reply"},
		{"event too early", handshake(openPacket, `42["connected",{}]`), "protocol error: an event before the CONNECT reply"},
		{"two replies", live(text(connectReply)), "protocol error: second CONNECT reply"},
		{"no packet", live(text("")), "protocol error: empty packet"},
		{"half a packet", live(text("4")), "protocol error: empty Socket.IO packet"},
		{"binary event", live(text(`451-["x",{"_placeholder":true,"num":0}]`)), "protocol error: unexpected Socket.IO packet"},
		{"unknown packet", live(text("7")), "protocol error: unexpected Engine.IO packet"},
		{"Engine.IO close", live(text("1")), "Engine.IO session closed by the server while live"},
		{"Socket.IO disconnect", live(text("41")), "disconnected by the server while live"},
		{"close frame", live(serverFrame(ws.OpClose, true, "\x03\xF0ping timeout")), "closed by the server: 1008 ping timeout"},
		{"binary frame", live(serverFrame(ws.OpBinary, true, "x")), "protocol error: binary frame"},
		{"continuation of nothing", live(serverFrame(ws.OpContinuation, true, "x")), "protocol error: fragments out of order"},
		{"unknown opcode", live(serverFrame(0x3, true, "x")), "protocol error: unknown opcode"},
		{"garbled event", live(text(`42["error"`)), "protocol error: malformed event"},
		{"error event", live(text(`42["error",{"event":"subscribe:watchlist","code":"SUBSCRIPTION_LIMIT","message":"too many"}]`)), "error event: SUBSCRIPTION_LIMIT"},
		{"subscription refused", live(text(`42["subscribed:watchlist",{"success":false}]`)), "subscription refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(false)
			s.Start(nil)
			err := s.hear(test.hears(s))
			if err == nil || Cause(err) != test.want {
				t.Errorf("failed with %v, want %q", err, test.want)
			}
		})
	}
}

func TestHarmlessPacketsPass(t *testing.T) {
	s := newStage(false)
	s.live(t)
	for _, packet := range []string{"6", "430[{}]", `42["portfolio:update",{"totalValue":1}]`, `427["wants:ack",1]`, `42["bare"]`} {
		if err := s.hear(text(packet)); err != nil {
			t.Errorf("after %s: %v", packet, err)
		}
	}
}

func TestDishonestQuotesAreCounted(t *testing.T) {
	s := newStage(false)
	s.live(t)
	for _, packet := range []string{
		quotePacket(3, "0.05"), quotePacket(3, "0.05"), // repeated
		quotePacket(3, "0.04"),                              // backwards
		quotePacket(3, "0.11"),                              // never fed
		quotePacket(4, "0.02"),                              // not subscribed
		`42["watchlist:quote",{"symbol":"AAPL","price":1}]`, // not subscribed either
		`42["watchlist:quote",{"price":1}]`,                 // unreadable
		`42["watchlist:quotes",[null]]`,                     // unreadable
	} {
		if err := s.hear(text(packet)); err != nil {
			t.Fatalf("after %s: %v", packet, err)
		}
	}
	r := s.turn.Recorder
	got := []int64{r.Delivered, r.Settled, r.Repeated, r.Backwards, r.NeverFed, r.Unrequested, r.Unreadable}
	if diff := cmp.Diff([]int64{1, 4, 1, 1, 1, 2, 2}, got); diff != "" {
		t.Errorf("delivered, settled, repeated, backwards, never fed, unrequested, unreadable (-want +got):\n%s", diff)
	}
}

func TestWaitingHasAnEnd(t *testing.T) {
	late := int64(500 + patience + 1)
	dialing := newStage(false)
	upgrading := newStage(false)
	upgrading.Start(nil)
	unconfirmed := newStage(false)
	unconfirmed.Start(nil)
	if err := unconfirmed.hear(bytes.Join([][]byte{unconfirmed.switching(), text(openPacket), text(connectReply)}, nil)); err != nil {
		t.Fatal(err)
	}
	empty, silent := newStage(false), newStage(false)
	empty.live(t)
	silent.live(t)
	for symbol := range 4 {
		if err := silent.hear(text(quotePacket(symbol, "0.01"))); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		browser *stage
		at      int64
		want    string
	}{
		{dialing, late - 1, ""},
		{dialing, late, "no CONNECT reply in time, still dialing"},
		{upgrading, late, "no CONNECT reply in time, still upgrading"},
		{unconfirmed, late + 500, "no subscribed:watchlist in time"},
		{empty, late + 499, ""},
		{empty, late + 500, "no snapshot in time"},
		{silent, int64(85 * time.Second), ""},
		{silent, int64(85*time.Second) + 1001, "the server stopped sending pings"},
	}
	for _, test := range tests {
		err := test.browser.Overdue(test.at, patience)
		if got := ""; err != nil {
			got = Cause(err)
			if got != test.want {
				t.Errorf("overdue at %d: %q, want %q", test.at, got, test.want)
			}
		} else if test.want != "" {
			t.Errorf("not overdue at %d, want %q", test.at, test.want)
		}
	}
}

func TestEndOfTheConnectionIsWorded(t *testing.T) {
	s := newStage(false)
	s.Start(nil)
	if got := Cause(s.Ended(nil)); got != "connection closed by the server while upgrading" {
		t.Errorf("closed: %q", got)
	}
	if got := Cause(s.Ended(errors.New("connection reset by peer"))); got != "connection reset by peer while upgrading" {
		t.Errorf("reset: %q", got)
	}
	if bye := s.Goodbye(nil); bye != nil {
		t.Errorf("says %q before the WebSocket is open", bye)
	}
	if err := s.hear(s.switching()); err != nil {
		t.Fatal(err)
	}
	s.turn.Out = s.Goodbye(nil)
	if diff := cmp.Diff([]string{"\x03\xE8"}, s.said(t)); diff != "" {
		t.Errorf("goodbye before CONNECT (-want +got):\n%s", diff)
	}
}

// However the bytes are cut, the browser comes to the same state.
func TestCutsInTheStreamDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, cut := newStage(false), newStage(false)
		whole.Start(nil)
		cut.Start(nil)
		cut.key = whole.key
		stream := bytes.Join([][]byte{
			whole.switching(), text(openPacket), text(connectReply), text(confirmation), text(quotePacket(1, "0.02")),
			serverFrame(ws.OpText, false, quotePacket(2, "0.03")[:30]), serverFrame(ws.OpPing, true, "p"),
			serverFrame(ws.OpContinuation, false, quotePacket(2, "0.03")[30:90]), serverFrame(ws.OpContinuation, true, quotePacket(2, "0.03")[90:]),
			text("2"), text(quotePacket(3, "0.10")), serverFrame(ws.OpClose, true, "\x03\xE8"),
		}, nil)
		wholeErr := whole.hear(stream)
		var cutErr error
		for rest := stream; len(rest) > 0 && cutErr == nil; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			cutErr = cut.hear(rest[:n])
			rest = rest[n:]
		}
		if wholeErr == nil || cutErr == nil || Cause(wholeErr) != Cause(cutErr) {
			t.Fatalf("in one piece: %v, cut: %v", wholeErr, cutErr)
		}
		if whole.Milestones != cut.Milestones || whole.Snapshot == 0 || !cmp.Equal(whole.list.held, cut.list.held, cmp.AllowUnexported(position{})) {
			t.Fatalf("in one piece: %+v %v, cut: %+v %v", whole.Milestones, whole.list, cut.Milestones, cut.list)
		}
		if whole.turn.Recorder.Settled != cut.turn.Recorder.Settled || whole.turn.Recorder.Latency() != cut.turn.Recorder.Latency() {
			t.Fatalf("in one piece: %+v, cut: %+v", whole.turn.Recorder, cut.turn.Recorder)
		}
	})
}
