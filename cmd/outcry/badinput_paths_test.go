package main

import (
	"net/http"
	"strings"
	"testing"

	"outcry/config"
)

// Where a path leads is decided on what it says when it is read once: what would
// mean something else to a proxy leads nowhere, or back to its plain form. It is the
// same whether there are pages in the binary or not.
func TestPathsLeadWhereTheySay(t *testing.T) {
	const polling = "?EIO=4&transport=polling"
	redirects := map[string]string{
		"//socket.io/" + polling:     "/socket.io/" + polling,
		"/socket.io/../health":       "/health",
		"/socket.io/./" + polling:    "/socket.io/" + polling,
		"/auth/../api/portfolio":     "/api/portfolio",
		"/../go.mod":                 "/go.mod",
		"/assets/../../../go.mod":    "/go.mod",
		"/assets/./x.js":             "/assets/x.js",
		"/assets//x.js":              "/assets/x.js",
		"/file:///etc/passwd":        "/file:/etc/passwd",
		"//index.html":               "/index.html",
		"//evil.example/":            "/evil.example/",
		"///evil.example/..":         "/",
		"http://evil.example//x/../": "/",
	}
	refused := map[string]int{
		"/assets/%2e%2e/%2e%2e/go.mod":      404,
		"/%2e%2e%2fgo.mod":                  404,
		"/assets/..%2f..%2findex.html":      404,
		"/..%5cindex.html":                  404,
		`/assets\..\..\go.mod`:              404,
		"/%252e%252e/go.mod":                404, // decoded once
		"/%c0%ae%c0%ae/go.mod":              404, // dots in too many bytes
		"/.%00./go.mod":                     404,
		"/index.html%00.js":                 404,
		"/index.html%0d%0aX-A:b":            404,
		"/index.html/":                      404,
		"/index.html/..%2f":                 404,
		"/%2findex.html":                    404,
		"/INDEX.HTML":                       404,
		"/index.html.":                      404,
		"/index.html%20":                    404,
		"/index.html::$DATA":                404,
		"/dist/site/index.html":             404,
		"/assets/":                          404,
		"/.git/config":                      404,
		"/.env":                             404,
		"/C:/Windows/win.ini":               404,
		"/a.b/" + strings.Repeat("a/", 500): 404,
		"/socket.io/%2e%2e/health":          404,
		"/%2e%2e/%2e%2e/etc/passwd":         404,
		"/..%2f..%2fetc/passwd":             404,
		"/..%5c..%5cetc/passwd":             404,
		"/socket.io%2f" + polling:           404,
		"/socket.io%3fEIO=4":                404,
		"/SOCKET.IO/" + polling:             404,
		"/socket.io/x" + polling:            404,
		"/socket.io/;a=b" + polling:         404,
		"/socket.io/%00" + polling:          404,
		"/health%00":                        404,
		"/health/":                          404,
		"/health;a=b":                       404,
		"/health#x":                         404,
		`/\evil.example`:                    404,
		"/%zz":                              400,
		"/health%":                          400,
		"/he\x7falth":                       400,
		"health":                            400,
		"http://[::1":                       400,
		"/socket.io/":                       400, // no transport
		"/socket.io/?transport=polling&sid": 400,
	}
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		get := func(target string) rawAnswer {
			t.Helper()
			answers := talk(t, e, "GET "+target+" HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n\r\n")
			if len(answers) != 1 {
				t.Fatalf("%s: %d answers", target, len(answers))
			}
			return answers[0]
		}
		for target, want := range redirects {
			if a := get(target); a.StatusCode != http.StatusTemporaryRedirect || a.Header.Get("Location") != want {
				t.Errorf("%s: answered %s to %q, want %q", target, a.Status, a.Header.Get("Location"), want)
			}
		}
		for target, want := range refused {
			if a := get(target); a.StatusCode != want || !a.Close {
				t.Errorf("%s: answered %s %q, want %d", target, a.Status, a.body, want)
			}
		}
		for _, target := range []string{"/health", "/health?x=%zz", "http://outcry/health", "http://evil.example/health"} {
			if a := get(target); a.StatusCode != 200 {
				t.Errorf("%s: answered %s", target, a.Status)
			}
		}
	})
}

// A browser's connection is upgraded by the same paths, whether it is fresh or was
// used before.
func TestUpgradesHaveOnePathOnEveryConnection(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for target, status := range map[string]int{
			"/socket.io/?EIO=4&transport=websocket":                      101,
			"/socket.io?EIO=4&transport=websocket":                       101,
			"http://outcry/socket.io/?EIO=4&transport=websocket":         101,
			"/socket.io/x?EIO=4&transport=websocket":                     404,
			"/socket.io%2f?EIO=4&transport=websocket":                    404,
			"/socket.io/%2e?EIO=4&transport=websocket":                   404,
			"//socket.io/?EIO=4&transport=websocket":                     307,
			"/live":                                                      200,
			"/socket.io/?EIO=4&transport=polling&transport=carrier":      400,
			"/socket.io/?EIO=4&transport=websocket&sid=AAAAAAAAAAAAAAAA": 400,
		} {
			for before, used := range map[string]string{"fresh": "", "used": live()} {
				t.Run(before+" "+target, func(t *testing.T) {
					request := strings.Replace(upgradeRequest(), "/socket.io/?EIO=4&transport=websocket", target, 1)
					nc := dialEngine(t, e)
					b := &rawBrowser{t: t, nc: nc}
					if status == 101 {
						b.openedBehind(used, request)
						b.leave()
						return
					}
					if got := b.refusedBehind(used, request); got != status {
						t.Errorf("answered %d, want %d", got, status)
					}
				})
			}
		}
	})
}

func TestHandshakesInOddLettersWork(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for name, change := range map[string][2]string{
			"a capital":                  {"Upgrade: websocket", "Upgrade: WebSocket"},
			"capitals":                   {"Upgrade: websocket", "UPGRADE: WEBSOCKET"},
			"one of several connections": {"Connection: Upgrade", "Connection: keep-alive, Upgrade"},
			"connections in two headers": {"Connection: Upgrade", "Connection: keep-alive\r\nConnection: upgrade"},
			"no spaces":                  {"Host: outcry", "Host:outcry"},
			"many spaces":                {"Host: outcry", "Host: \t outcry \t"},
			"one of several protocols":   {"Upgrade: websocket", "Upgrade: h2c, WebSocket"},
			"protocols in two headers":   {"Upgrade: websocket", "Upgrade: h2c\r\nUpgrade: websocket"},
			"the name in other letters":  {"Sec-WebSocket-Key", "SEC-WEBSOCKET-KEY"},
			"an extension that is odd":   {"Host: outcry", "Host: outcry\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99; x"},
			"a protocol that is odd":     {"Host: outcry", "Host: outcry\r\nSec-WebSocket-Protocol: a, b, a"},
			"two cookies":                {"Host: outcry", "Host: outcry\r\nCookie: a=b\r\nCookie: c=d"},
		} {
			t.Run(name, func(t *testing.T) {
				if !strings.Contains(upgradeRequest(), change[0]) {
					t.Fatalf("no %q to change", change[0])
				}
				openBrowserBy(t, e, strings.Replace(upgradeRequest(), change[0], change[1], 1)).leave()
			})
		}
	})
}

// What looks like an upgrade and is none gets an answer that says so, and no socket.
func TestUpgradesThatAreNoneAreRefused(t *testing.T) {
	change := func(from, to string) string {
		if !strings.Contains(upgradeRequest(), from) {
			t.Fatalf("no %q to change", from)
		}
		return strings.Replace(upgradeRequest(), from, to, 1)
	}
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	expectEach(t, map[string]badRequest{
		"a protocol alike":           {change("Upgrade: websocket", "Upgrade: websockets"), 400, `"code":3`, true},
		"a protocol with a version":  {change("Upgrade: websocket", "Upgrade: websocket/13"), 400, `"code":3`, true},
		"a protocol in quotes":       {change("Upgrade: websocket", `Upgrade: "websocket"`), 400, `"code":3`, true},
		"a protocol with a space":    {change("Upgrade: websocket", "Upgrade: web socket"), 400, `"code":3`, true},
		"a letter that looks alike":  {change("Upgrade: websocket", "Upgrade: web\xc5\xbfocket"), 400, `"code":3`, true}, // folds to an s in Unicode
		"no protocol":                {change("Upgrade: websocket\r\n", ""), 400, `"code":3`, true},
		"an empty protocol":          {change("Upgrade: websocket", "Upgrade:"), 400, `"code":3`, true},
		"HTTP/2 instead":             {change("Upgrade: websocket", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"), 400, `"code":3`, true},
		"a connection that stays":    {change("Connection: Upgrade", "Connection: keep-alive"), 426, `"status":426`, true},
		"no connection":              {change("Connection: Upgrade\r\n", ""), 426, `"status":426`, true},
		"a connection alike":         {change("Connection: Upgrade", "Connection: Upgraded"), 426, `"status":426`, true},
		"another version":            {change("Version: 13", "Version: 12"), 426, `"status":426`, true},
		"a version with a sign":      {change("Version: 13", "Version: +13"), 426, `"status":426`, true},
		"a list of versions":         {change("Version: 13", "Version: 8, 13"), 426, `"status":426`, true},
		"no version":                 {change("Sec-WebSocket-Version: 13\r\n", ""), 426, `"status":426`, true},
		"no key":                     {change(key, ""), 400, `"status":400`, true},
		"a short key":                {change("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400, `"status":400`, true},
		"a key with more behind it":  {change("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR=="), 400, `"status":400`, true},
		"a key that breaks the line": {change("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==\rX-A: b"), 400, badHead, false},
		"POST":                       {change("GET", "POST"), 405, `"status":405`, true},
		"another method":             {change("GET", "OPTIONS"), 405, `"status":405`, true},
	})
}

func TestPagesOfOthersMakeNoHandshake(t *testing.T) {
	ours := func(s *config.Settings) { s.Server.DashboardURL = "https://dash.example" }
	eachEngine(t, ours, func(t *testing.T, e *Engine) {
		ask := map[string]func(origin string) string{
			"websocket": func(origin string) string { return upgradeRequest("Origin: " + origin) },
			"websocket by net/http": func(origin string) string {
				return strings.Replace(upgradeRequest("Origin: "+origin), "Connection: Upgrade", "Connection: Upgrade, close\r\nUpgrade: h2c", 1)
			},
			"polling": func(origin string) string {
				return "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nOrigin: " + origin + "\r\n\r\n"
			},
		}
		for _, origin := range []string{
			"https://evil.example", "null", "file://", "https://dash.example.evil.example", "https://evil.example/dash.example", "https://dash.example:444",
			"http://dash.example", "https://dash.example@evil.example", "outcry", "http://outcry.evil.example", "chrome-extension://dash.example", "http://[", "http://localhost:1",
		} {
			for way, request := range ask {
				t.Run(way+" from "+origin, func(t *testing.T) {
					answers := talk(t, e, request(origin))
					if len(answers) != 1 || answers[0].StatusCode != http.StatusForbidden || !strings.Contains(answers[0].body, "Origin not allowed: set DASHBOARD_URL or FRONTEND_URL") {
						t.Fatalf("answered %v", answers)
					}
					if got := answers[0].Header.Get("Access-Control-Allow-Origin"); got != "" || !answers[0].Close {
						t.Errorf("pages of %q may read the answer, or it does not close", got)
					}
				})
			}
		}
		for _, origin := range []string{"https://dash.example", "HTTPS://DASH.EXAMPLE", "http://outcry"} {
			openBrowser(t, e, "Origin: "+origin).leave()
		}
	})
}

// Everything a browser could show has the headers of security, also what the event
// loop answers by itself.
func TestEveryAnswerHasTheHeadersOfSecurity(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		closing := func(target string, lines ...string) string {
			return "GET " + target + " HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n" + headerLines(lines) + "\r\n"
		}
		for name, request := range map[string]string{
			"the first page":      closing("/"),
			"no page":             closing("/nowhere"),
			"a redirect":          closing("//health"),
			"JSON":                closing("/health"),
			"a refusal":           closing("/api/portfolio"),
			"a bad handshake":     closing("/socket.io/"),
			"a preflight":         strings.Replace(closing("/api/orders", "Origin: http://outcry", "Access-Control-Request-Method: POST"), "GET", "OPTIONS", 1),
			"an upgrade refused":  upgradeRequest("Origin: https://evil.example"),
			"a head that is long": closing("/" + strings.Repeat("x", 20_000)),
		} {
			t.Run(name, func(t *testing.T) {
				answers := talk(t, e, request)
				if len(answers) != 1 {
					t.Fatalf("%d answers", len(answers))
				}
				h := answers[0].Header
				for name, want := range map[string]string{
					"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-Xss-Protection": "0", "Referrer-Policy": "same-origin",
				} {
					if h.Get(name) != want {
						t.Errorf("%s: %q", name, h.Get(name))
					}
				}
				if policy := h.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") || h.Get("Strict-Transport-Security") == "" {
					t.Errorf("policy %q, transport %q", policy, h.Get("Strict-Transport-Security"))
				}
				if h.Get("X-Powered-By") != "" || h.Get("Server") != "" {
					t.Error("it says what it is made of")
				}
			})
		}
	})
}
