package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/transport/auth"
)

// openFeed upgrades a connection to the WebSocket of ticks.
func openFeed(t *testing.T, e *Engine, lines ...string) *rawBrowser {
	t.Helper()
	b := &rawBrowser{t: t, nc: dialEngine(t, e)}
	if status := b.refusedBehind("", feedUpgrade(lines...)); status != http.StatusSwitchingProtocols {
		t.Fatalf("no upgrade but %d", status)
	}
	return b
}

func feedUpgrade(lines ...string) string {
	return strings.Replace(upgradeRequest(lines...), "/socket.io/?EIO=4&transport=websocket", "/api/ticks", 1)
}

func asFeed(t *testing.T) string { return "Authorization: Bearer " + tokenOf(t, "acme", auth.Feed) }

func fragment(op ws.OpCode, fin bool, payload string) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, fin, []byte(payload))))
}

func TestTicksComeOverAWebSocket(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		b := openFeed(t, e, asFeed(t))
		b.say(`{"symbol":"A","price":1}` + "\n" + `{"symbol":"B","price":2,"bidd":1}` + "\r\n")
		b.say("no tick")
		b.say("") // a heartbeat
		b.bytes(fragment(ws.OpBinary, false, `{"symbol":"C",`))
		b.bytes(fragment(ws.OpPing, true, "?"))
		b.bytes(fragment(ws.OpContinuation, true, `"price":3}`))
		want := `{"accepted":3,"rejected":1,"errors":[{"line":3,"message":"'n' at position 1 where a JSON object should follow"}],"ignored":["bidd"],"final":`
		b.await(want + "false}") // within a second
		b.say(`{"symbol":"A","price":4}`)
		b.bytes(fragment(ws.OpClose, true, "\x03\xe8"))
		b.await(strings.Replace(want, `"accepted":3`, `"accepted":4`, 1) + "true}")
		if closed := b.awaitClose(); closed.Code != ws.StatusNormalClosure {
			t.Errorf("closed with %v", closed)
		}
		actortest.Eventually(t, "the feed is gone", func() bool { return len(e.feeds.Snapshot().Open) == 0 })
	})
}

func TestFeedsThatMayNotOpenNoWebSocket(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		_, cookie := login(t, e, "acme", auth.Feed)
		for what, c := range map[string]struct {
			status int
			lines  []string
		}{
			"nobody":              {401, nil},
			"a trader":            {403, []string{"Authorization: Bearer " + tokenOf(t, "ann", auth.Trader)}},
			"a forged token":      {401, []string{asFeed(t) + "x"}},
			"a page of others":    {403, []string{cookie, "Origin: http://evil.example"}},
			"a version of before": {426, []string{asFeed(t), "Sec-WebSocket-Version: 8"}},
		} {
			request := feedUpgrade(c.lines...)
			if c.status == 426 {
				request = strings.Replace(request, "Sec-WebSocket-Version: 13\r\n", "", 1)
			}
			b := &rawBrowser{t: t, nc: dialEngine(t, e)}
			if got := b.refusedBehind("", request); got != c.status {
				t.Errorf("%s is answered %d, want %d", what, got, c.status)
			}
			_ = b.nc.Close()
		}
	})
}

func TestFeedsThatBreakRulesAreClosedWithTheReason(t *testing.T) {
	short := func(s *config.Settings) { s.HTTP.FeedIdleTimeout, s.HTTP.MaxTickLineBytes = slow, 1024 }
	eachEngine(t, short, func(t *testing.T, e *Engine) {
		for what, c := range map[string]struct {
			code ws.StatusCode
			send []byte
		}{
			"silence":            {ws.StatusPolicyViolation, nil},
			"too long a message": {ws.StatusMessageTooBig, fragment(ws.OpText, true, strings.Repeat("x", 17<<10))},
			"half a code":        {ws.StatusProtocolError, fragment(ws.OpClose, true, "x")},
			"no mask":            {ws.StatusProtocolError, ws.MustCompileFrame(ws.NewTextFrame([]byte("x")))},
			"no beginning":       {ws.StatusProtocolError, fragment(ws.OpContinuation, true, "x")},
		} {
			b := openFeed(t, e, asFeed(t))
			b.bytes(fragment(ws.OpText, true, `{"symbol":"A","price":1}`))
			b.bytes(c.send)
			b.await(`{"accepted":1,"rejected":0,"errors":[],"final":true}`)
			if closed := b.awaitClose(); closed.Code != c.code || closed.Reason == "" {
				t.Errorf("%s: closed with %d %q, want %d and why", what, closed.Code, closed.Reason, c.code)
			}
		}
	})
}

func TestFeedOverAWebSocketIsToldOfTheStop(t *testing.T) {
	for _, mode := range modes() {
		loaded := load(t, t.TempDir(), "")
		loaded.Settings.Netpoll.Mode = mode
		e, stop := serveUntil(t, loaded, zerolog.Nop())
		b := openFeed(t, e, asFeed(t))
		b.say(`{"symbol":"A","price":1}`)
		b.await(`{"accepted":1,"rejected":0,"errors":[],"final":false}`)
		stopped := make(chan struct{})
		go func() { defer close(stopped); stop() }()
		b.await(`{"accepted":1,"rejected":0,"errors":[],"final":true}`)
		if closed := b.awaitClose(); closed.Code != 1012 || closed.Reason == "" {
			t.Errorf("closed with %v", closed)
		}
		<-stopped
	}
}
