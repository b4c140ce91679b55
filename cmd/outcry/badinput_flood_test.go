package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"outcry/config"
	"outcry/transport/auth"
)

func TestHeadsThatAreTooLargeAreRefused(t *testing.T) {
	const tooLarge = "Request Header Fields Too Large"
	many := strings.Repeat("a:\r\n", 8000)
	long := "X-A: " + strings.Repeat("x", 32<<10) + "\r\n"
	expectEach(t, map[string]badRequest{
		"one long header":              {"GET /live HTTP/1.1\r\nHost: outcry\r\n" + long + "\r\n", 431, tooLarge, false},
		"many short headers":           {"GET /live HTTP/1.1\r\nHost: outcry\r\n" + many + "\r\n", 431, tooLarge, false},
		"a long target":                {"GET /" + strings.Repeat("x", 32<<10) + " HTTP/1.1\r\nHost: outcry\r\n\r\n", 431, tooLarge, false},
		"an upgrade with many headers": {upgradeRequest(strings.TrimSuffix(many, "\r\n")), 431, tooLarge, false},
		"as many headers as fit":       {live(strings.TrimSuffix(strings.Repeat("a:\r\n", 3000), "\r\n")), 200, isLive, true},
	})
}

func TestHeadsOfLaterRequestsAreBoundedToo(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for name, flood := range map[string]string{
			"one long header":    "X-A: " + strings.Repeat("x", 64<<10) + "\r\n",
			"many short headers": strings.Repeat("a:\r\n", 16_000),
		} {
			t.Run(name, func(t *testing.T) {
				answers := talk(t, e, live()+"GET /live HTTP/1.1\r\nHost: outcry\r\n"+flood+"\r\n"+next)
				if len(answers) != 2 || answers[0].StatusCode != 200 || answers[1].StatusCode != 431 || !answers[1].Close {
					t.Errorf("answered %v", answers)
				}
			})
		}
	})
}

// slow is a server that waits for nothing longer than this.
const slow = 300 * time.Millisecond

func impatient(s *config.Settings) { s.WebSocket.HeaderTimeout, s.HTTP.RequestTimeout = slow, slow }

func TestRequestsThatDoNotArriveEndTheirConnection(t *testing.T) {
	eachEngine(t, impatient, func(t *testing.T, e *Engine) {
		executor := "Authorization: Bearer " + tokenOf(t, "executor", auth.Executor)
		post := "POST /api/trades HTTP/1.1\r\nHost: outcry\r\nContent-Type: application/json\r\n" + executor + "\r\n"
		cases := map[string]struct {
			sent   string
			status []int // of the answers
			says   string
		}{
			"silence":                         {"", []int{408}, `"status":408`},
			"half a head":                     {"GET /live HTTP/1.1\r\nHost: out", []int{408}, `"status":408`},
			"half a head of an upgrade":       {strings.TrimSuffix(upgradeRequest(), "\r\n"), []int{408}, `"status":408`},
			"half a head behind a request":    {live() + "GET /live HTTP/1.1\r\nHost: out", []int{200}, isLive},
			"half a body":                     {post + "Content-Length: 100\r\n\r\n{", []int{408}, "TOO_SLOW"},
			"chunks without end":              {post + chunked + "\r\n\r\n1\r\n{\r\n", []int{408}, "TOO_SLOW"},
			"a chunk of more than all memory": {post + chunked + "\r\n\r\n7fffffffffffffff\r\n{", []int{408}, "TOO_SLOW"},
			"an extension without end":        {post + chunked + "\r\n\r\n1;aaaa", []int{408}, "TOO_SLOW"},
			"a body that nobody reads":        {live("Content-Length: 100") + "{", []int{200}, isLive},
			"chunks that nobody reads":        {live(chunked) + "1\r\n{\r\n", []int{200}, isLive},
			"a body of a poll":                {"GET /socket.io/?EIO=4&transport=polling&sid=unknown HTTP/1.1\r\nHost: outcry\r\nContent-Length: 9\r\n\r\n", []int{400}, "Session ID unknown"},
			"a body of an unknown path":       {"POST /api/nowhere HTTP/1.1\r\nHost: outcry\r\nContent-Length: 9\r\n\r\n", []int{404}, "nothing at /api/nowhere"},
			"a body that is expected":         {post + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n", []int{100, 408}, "TOO_SLOW"},
			"a body of an upgrade":            {upgradeRequest("Content-Length: 9"), []int{400}, `"status":400`},
		}
		t.Run("each", func(t *testing.T) {
			for name, c := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel() // within the group
					answers := talk(t, e, c.sent)
					var status []int
					for _, a := range answers {
						status = append(status, a.StatusCode)
					}
					if fmt.Sprint(status) != fmt.Sprint(c.status) || !strings.Contains(answers[len(answers)-1].body, c.says) {
						t.Errorf("answered %v, want %v with %q", answers, c.status, c.says)
					}
				})
			}
		})
	})
}

// Those who have a reason to take longer may.
func TestFeedsAndPollsTakeLongerThanOtherRequests(t *testing.T) {
	eachEngine(t, impatient, func(t *testing.T, e *Engine) {
		feed := dialEngine(t, e)
		write := func(text string) {
			t.Helper()
			if _, err := io.WriteString(feed, text); err != nil {
				t.Fatal(err)
			}
		}
		line := func(price int) string {
			tick := fmt.Sprintf(`{"symbol":"A","price":%d}`+"\n", price)
			return fmt.Sprintf("%x\r\n%s\r\n", len(tick), tick)
		}
		write("POST /api/ticks HTTP/1.1\r\nHost: outcry\r\nAuthorization: Bearer " + tokenOf(t, "feed", auth.Feed) + "\r\n" + chunked + "\r\n\r\n" + line(1))
		p := openPoller(t, e)
		polled := make(chan rawAnswer, 1)
		go func() { polled <- p.poll() }()
		time.Sleep(3 * slow) // is what is tested: both say nothing for longer than others may
		write(line(2) + noBytes)
		p.post("40{}")
		if a := <-polled; a.StatusCode != 200 || !strings.Contains(a.body, "NO_SESSION_ID") {
			t.Errorf("the poll is answered %s %q", a.Status, a.body)
		}
		if a := readAnswers(t, bufio.NewReader(feed)); len(a) != 1 || !strings.Contains(a[0].body, `"accepted":2`) {
			t.Errorf("the feed is answered %v", a)
		}
		p.post("1")
	})
}

// A body of a few bytes may be a terabyte, so nothing unpacks any: not for those who
// may post, not for anybody.
func TestCompressedBodiesAreNotUnpacked(t *testing.T) {
	const bomb = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
	eachEngine(t, impatient, func(t *testing.T, e *Engine) {
		post := func(path, encoding string, role auth.Role) string {
			return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: outcry\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Encoding: %s\r\n",
				path, tokenOf(t, "u", role), encoding)
		}
		p := openPoller(t, e)
		for name, request := range map[string]string{
			"trades":                post("/api/trades", "gzip", auth.Executor) + whole(bomb),
			"ticks":                 post("/api/ticks", "gzip", auth.Feed) + whole(bomb),
			"ticks in chunks":       post("/api/ticks", "gzip", auth.Feed) + chunked + "\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n", len(bomb), bomb), // and no end
			"a body that is late":   post("/api/trades", "gzip", auth.Executor) + "Content-Length: 1000\r\n\r\n",
			"orders":                post("/api/orders", "deflate", auth.Trader) + whole(bomb),
			"ticks by another name": post("/api/ticks", "br, gzip", auth.Feed) + whole(bomb),
			"behind a plain one":    post("/api/ticks", "identity\r\nContent-Encoding: GZIP", auth.Feed) + whole(bomb),
			"a sign-out":            post("/auth/logout", "gzip", auth.Trader) + whole(bomb),
			"a payload of a poller": post("/socket.io/?EIO=4&transport=polling&sid="+p.sid, "gzip", auth.Trader) + whole(bomb),
			"a path that is none":   post("/api/nowhere", "gzip", auth.Trader) + whole(bomb),
		} {
			t.Run(name, func(t *testing.T) {
				badRequest{request, http.StatusUnsupportedMediaType, "is not supported: send the body as it is", false}.expect(t, e)
			})
		}
		// the poller's session is as it was; what is no packet ends it
		p.post("1")
	})
}

// whole is a body with its length.
func whole(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

func TestFramesThatBreakTheirRulesCloseTheirConnection(t *testing.T) {
	header := func(first, second byte, length uint64) []byte {
		return binary.BigEndian.AppendUint64([]byte{first, second}, length)
	}
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for name, c := range map[string]struct {
			bytes []byte
			code  ws.StatusCode
		}{
			"a length with the top bit":        {header(0x81, 0xFF, 1<<63), ws.StatusProtocolError},
			"a length of 63 bits":              {header(0x81, 0xFF, 1<<63-1), ws.StatusMessageTooBig},
			"a length just above what we take": {header(0x82, 0xFF, 1_000_001), ws.StatusMessageTooBig},
			"a compressed frame":               {[]byte{0xC1, 0x80, 0, 0, 0, 0}, ws.StatusProtocolError},
			"a frame without a mask":           {[]byte{0x81, 0x01, 'x'}, ws.StatusProtocolError},
			"HTTP instead of frames":           {[]byte(live()), ws.StatusProtocolError},
		} {
			t.Run(name, func(t *testing.T) {
				b := openBrowser(t, e, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame")
				if got := b.response.Header.Values("Sec-WebSocket-Extensions"); len(got) > 0 {
					t.Errorf("%q is negotiated", got)
				}
				b.bytes(c.bytes)
				if closed := b.awaitClose(); closed.Code != c.code || closed.Reason == "" {
					t.Errorf("closed with %d %q, want %d and why", closed.Code, closed.Reason, c.code)
				}
				nothingLeft(t, e)
			})
		}
	})
}
