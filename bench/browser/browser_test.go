package browser

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

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

func TestNoticeOfATradeIsTold(t *testing.T) {
	s := newStage(false)
	var told []string
	s.script.Notice = func(id []byte, now int64) {
		if now == s.turn.Now {
			told = append(told, string(id))
		}
	}
	s.live(t)
	if err := s.hear(text(`42["trade:executed",{"id":"t-1","orderId":"o","trade":{"id":"t-1"}},"7"]`)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"t-1"}, told); diff != "" {
		t.Errorf("told of (-want +got):\n%s", diff)
	}
	if err := s.hear(text(`42["trade:executed",{"orderId":"o"},"8"]`)); err == nil {
		t.Error("a notice without an id passed")
	}
}
