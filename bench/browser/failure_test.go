package browser

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

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
		got := ""
		if err != nil {
			got = Cause(err)
		}
		if got != test.want {
			t.Errorf("overdue at %d: %q, want %q", test.at, got, test.want)
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
