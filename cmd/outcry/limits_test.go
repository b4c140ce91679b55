package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
)

// postTrades reports trades in a body that is said to be so long, and returns the
// status of the answer.
func postTrades(t *testing.T, e *Engine, kind string, length int, body string) int {
	t.Helper()
	return talk(t, e, fmt.Sprintf("POST /api/trades HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nContent-Type: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		kind, tokenOf(t, "executor", auth.Executor), length, body))[0].StatusCode
}

func textFrame(text string) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(text))))
}

func expectCode(t *testing.T, b *rawBrowser, code ws.StatusCode) {
	t.Helper()
	if closed := b.awaitClose(); closed.Code != code {
		t.Errorf("closed with %v, want %d", closed, code)
	}
}

func expectStatus(t *testing.T, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("answered %d, want %d", got, want)
	}
}

const tooLong = 3000 // bytes, where limits are lower

func TestHealthCountsWhatEachLimitRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", tooLong)
	shortMessages := func(s *config.Settings) { s.WebSocket.MaxMessageBytes = 2000 }
	shortTrades := func(s *config.Settings) {
		s.HTTP.MaxTradeLineBytes, s.HTTP.MaxTradesBytes, s.HTTP.MaxTradesPerRequest = 1000, 1000, 2
	}
	for name, c := range map[string]struct {
		change  func(*config.Settings)
		provoke func(t *testing.T, e *Engine)
		counts  httpapi.LimitsHealth
	}{
		"a head that is too large": {nil, func(t *testing.T, e *Engine) {
			expectStatus(t, talk(t, e, live("X-A: "+strings.Repeat("x", 32<<10)))[0].StatusCode, 431)
		}, httpapi.LimitsHealth{LargeHeads: 1}},
		"a page of another site": {nil, func(t *testing.T, e *Engine) {
			expectStatus(t, talk(t, e, upgradeRequest("Origin: http://evil.example"))[0].StatusCode, 403)
		}, httpapi.LimitsHealth{Origins: 1}},
		"bad credentials": {nil, func(t *testing.T, e *Engine) {
			b := openBrowser(t, e)
			b.say(`40{"token":"none"}`)
			b.await(`44{`)
			b.leave()
		}, httpapi.LimitsHealth{Credentials: 1}},
		"nobody signs in": {func(s *config.Settings) { s.SocketIO.ConnectTimeout = slow }, func(t *testing.T, e *Engine) {
			expectCode(t, openBrowser(t, e), ws.StatusPolicyViolation)
		}, httpapi.LimitsHealth{Silent: 1}},
		"a second socket of a user": {func(s *config.Settings) { s.Limit.SocketsPerUser = 1 }, func(t *testing.T, e *Engine) {
			first, second := signIn(t, e, "ann", ""), openBrowser(t, e)
			second.say(`40{"token":"` + tokenOf(t, "ann", auth.Trader) + `"}`)
			expectCode(t, second, 1013)
			first.leave()
		}, httpapi.LimitsHealth{Sockets: 1}},
		"too many symbols": {func(s *config.Settings) { s.Session.SymbolsPerRequest = 2 }, func(t *testing.T, e *Engine) {
			b := signIn(t, e, "ann", "")
			b.say(`421["subscribe:watchlist",["A","B","C"]]`)
			b.await(`431[{"success":false,"code":"SUBSCRIPTION_LIMIT"`)
			b.leave()
		}, httpapi.LimitsHealth{Subscriptions: 1}},
		"too many events": {func(s *config.Settings) { s.Limit.EventsPerSecond, s.Limit.EventBurst = 0.001, 5 }, func(t *testing.T, e *Engine) {
			b := signIn(t, e, "ann", "")
			b.bytes(bytes.Repeat(textFrame(`42["ping",{}]`), 100)) // the sixth ends it, those behind count no more
			expectCode(t, b.rawBrowser, ws.StatusPolicyViolation)
		}, httpapi.LimitsHealth{Events: 1, Floods: 1}},
		"a frame that is too large": {shortMessages, func(t *testing.T, e *Engine) {
			b := openBrowser(t, e)
			b.say(long)
			expectCode(t, b, ws.StatusMessageTooBig)
		}, httpapi.LimitsHealth{Messages: 1}},
		"a payload that is too large": {shortMessages, func(t *testing.T, e *Engine) {
			p := openPoller(t, e)
			expectStatus(t, p.post("4"+long).StatusCode, 413)
			p.post("1")
		}, httpapi.LimitsHealth{Messages: 1}},
		"attachments that are too large": {shortMessages, func(t *testing.T, e *Engine) {
			b := signIn(t, e, "ann", "")
			b.say(`452-["ping",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
			b.bytes(bytes.Repeat(ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame(make([]byte, 1500)))), 2))
			expectCode(t, b.rawBrowser, ws.StatusMessageTooBig)
		}, httpapi.LimitsHealth{Messages: 1}},
		"a trade that is too large": {shortTrades, func(t *testing.T, e *Engine) {
			expectStatus(t, postTrades(t, e, "application/json", len(long), long), 413)
		}, httpapi.LimitsHealth{LargeBodies: 1}},
		"too many trades": {shortTrades, func(t *testing.T, e *Engine) {
			var lines strings.Builder
			for i := range 3 {
				fmt.Fprintf(&lines, `{"id":"t%d","userId":"u","symbol":"A","side":"buy","quantity":1,"price":1,"status":"executed","timestamp":1790000000000}`+"\n", i)
			}
			expectStatus(t, postTrades(t, e, "application/x-ndjson", lines.Len(), lines.String()), 413)
		}, httpapi.LimitsHealth{LargeBodies: 1}},
		"an order that is too large": {nil, func(t *testing.T, e *Engine) {
			body := strings.Repeat(" ", 2*tooLong)
			a := talk(t, e, fmt.Sprintf("POST /api/orders HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
				tokenOf(t, "ann", auth.Trader), len(body), body))
			expectStatus(t, a[0].StatusCode, 413)
		}, httpapi.LimitsHealth{LargeBodies: 1}},
		"a full engine": {func(s *config.Settings) { s.EngineIO.MaxConnections = 1 }, func(t *testing.T, e *Engine) {
			b := signIn(t, e, "ann", "")
			if a := talk(t, e, upgradeRequest())[0]; a.StatusCode != 503 || a.Header.Get("Retry-After") == "" {
				t.Errorf("answered %s %v", a.Status, a.Header)
			}
			b.leave()
		}, httpapi.LimitsHealth{Full: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, c.change, func(t *testing.T, e *Engine) {
				c.provoke(t, e)
				nothingLeft(t, e)
				if got := e.health().Limits; got != c.counts {
					t.Errorf("counted %+v, want %+v", got, c.counts)
				}
			})
		})
	}
}

func TestHealthCountsWhatDoesNotArriveInTime(t *testing.T) {
	for name, c := range map[string]struct {
		provoke func(t *testing.T, e *Engine)
		counts  httpapi.LimitsHealth
	}{
		"a head":  {func(t *testing.T, e *Engine) { talk(t, e, "GET /live") }, httpapi.LimitsHealth{SlowHeads: 1}},
		"a trade": {func(t *testing.T, e *Engine) { postTrades(t, e, "application/json", 100, "{") }, httpapi.LimitsHealth{SlowBodies: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, impatient, func(t *testing.T, e *Engine) {
				c.provoke(t, e)
				if got := e.health().Limits; got != c.counts {
					t.Errorf("counted %+v, want %+v", got, c.counts)
				}
			})
		})
	}
}

// Every limit of the wire contract is off at 0, which to net/http would mean its
// own defaults.
func TestLimitsAtZeroAreOff(t *testing.T) {
	off := func(s *config.Settings) {
		s.WebSocket.MaxMessageBytes, s.WebSocket.MaxHeaderBytes, s.WebSocket.HeaderTimeout = 0, 0, 0
		s.SocketIO.ConnectTimeout = 0
		s.HTTP.RequestTimeout = slow
	}
	eachEngine(t, off, func(t *testing.T, e *Engine) {
		const half, rest = "GET /live HTTP/1.1\r\nHost: outcry\r\n", "Connection: close\r\n\r\n"
		for name, before := range map[string]string{"fresh": half, "used": live() + half} {
			nc := dialEngine(t, e)
			send := func(text string) {
				if _, err := io.WriteString(nc, text); err != nil {
					t.Fatal(err)
				}
			}
			send(before)
			time.Sleep(2 * slow) // is what is tested
			send("X-A: " + strings.Repeat("x", 2<<20) + "\r\n" + rest)
			answers := readAnswers(t, bufio.NewReader(nc))
			if last := answers[len(answers)-1]; last.StatusCode != 200 {
				t.Errorf("%s: answered %s", name, last.Status)
			}
		}
		padding := strings.Repeat(" ", 3_000_000)
		b := signIn(t, e, "ann", "")
		b.say(`422["ping",` + padding + `{}]`)
		b.await(`432[{"success":true,"message":"pong"`)
		b.leave()
		p := openPoller(t, e)
		expectStatus(t, p.post(`40{"token":"none"`+padding+`}`).StatusCode, 200)
		p.post("1")
		if got, want := e.health().Limits, (httpapi.LimitsHealth{Credentials: 1}); got != want {
			t.Errorf("counted %+v, want %+v", got, want)
		}
	})
}

// Browsers of a user that come at the same time are counted one by one.
func TestUsersHaveNoMoreSocketsThanAllowedAtOnce(t *testing.T) {
	const most, browsers = 3, 24
	eachEngine(t, func(s *config.Settings) { s.Limit.SocketsPerUser = most }, func(t *testing.T, e *Engine) {
		connect := `40{"token":"` + tokenOf(t, "ann", auth.Trader) + `"}`
		var pollers []*rawPoller
		for range browsers {
			pollers = append(pollers, openPoller(t, e))
		}
		done := make(chan bool)
		for _, p := range pollers {
			go func() {
				p.post(connect)
				done <- true
			}()
		}
		for range pollers {
			<-done
		}
		actortest.Eventually(t, "the others to be closed", func() bool { return e.server.Counts().Open == most })
		if got := e.health(); got.WebSocket.Sessions != most || got.Limits.Sockets != browsers-most {
			t.Errorf("%d sessions, %d were refused", got.WebSocket.Sessions, got.Limits.Sockets)
		}
		for _, p := range pollers {
			p.post("1")
		}
	})
}
