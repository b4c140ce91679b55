package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"outcry/config"
)

// eachDevelopment runs f against a whole engine in development mode, on event loops
// where there are any and on goroutines.
func eachDevelopment(t *testing.T, change func(*config.Server), f func(t *testing.T, e *Engine)) {
	t.Helper()
	for _, mode := range modes() {
		t.Run(mode, func(t *testing.T) {
			loaded := load(t, t.TempDir(), "")
			loaded.Dev = true
			loaded.Settings.Netpoll.Mode, loaded.Settings.Server.DrainTime = mode, 0
			if change != nil {
				change(&loaded.Settings.Server)
			}
			f(t, serveLoaded(t, loaded, zerolog.Nop()))
		})
	}
}

// asking makes a request for a page of an engine that the browser knows by host.
func asking(method, target, host, body string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n" + whole(body)
}

// demoSignIn is what the dashboard of a development engine sends.
func demoSignIn(host string) string {
	return asking("POST", "/auth/demo", host, `{"user":"demo-operator"}`)
}

// handshakes are all ways to open a connection, of a page whose own server the
// browser takes the engine for.
func handshakes(host string) map[string]string {
	upgrade := strings.Replace(upgradeRequest("Origin: http://"+host), "Host: outcry", "Host: "+host, 1)
	return map[string]string{
		"websocket":             upgrade,
		"websocket by net/http": strings.Replace(upgrade, "Connection: Upgrade", "Connection: Upgrade, close\r\nUpgrade: h2c", 1),
		"polling":               "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\nConnection: close\r\n\r\n",
	}
}

// A site may let its name point to 127.0.0.1 once its page is loaded. To the browser
// everything that the page asks is then of its own origin.
func TestAPageWhoseNameIsReboundGetsNothingInDevelopment(t *testing.T) {
	eachDevelopment(t, nil, func(t *testing.T, e *Engine) {
		_, port, _ := strings.Cut(strings.TrimPrefix(e.URL(), "http://"), ":")
		refused := 0
		for _, host := range []string{"evil.example:" + port, "localhost.evil.example:" + port, "127.0.0.1.nip.io:" + port, "evil.example"} {
			requests := handshakes(host)
			refused += len(requests)
			requests["a demo user"] = demoSignIn(host)
			for name, target := range map[string]string{"the page": "/", "who it is": "/auth/status", "prices": "/api/quotes?symbols=AAPL", "health": "/health", "metrics": "/metrics", "settings": "/api/operator/settings", "nothing": "/nowhere"} {
				requests[name] = asking("GET", target, host, "")
			}
			requests["a preflight"] = strings.Replace(asking("OPTIONS", "/auth/demo", host, ""), "Connection:", "Access-Control-Request-Method: POST\r\nConnection:", 1)
			for name, request := range requests {
				answers := talk(t, e, request)
				if len(answers) != 1 {
					t.Fatalf("%s by %s is answered %v", name, host, answers)
				}
				a := answers[0]
				if a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "DASHBOARD_URL and FRONTEND_URL") || !strings.Contains(a.body, host) {
					t.Errorf("%s by %s is answered %s %.200s", name, host, a.Status, a.body)
				}
				if len(a.Cookies()) > 0 || a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("X-Frame-Options") != "DENY" {
					t.Errorf("%s by %s has the headers %v", name, host, a.Header)
				}
			}
		}
		if got := e.server.Refusals().Origins; got != uint64(refused) {
			t.Errorf("%d handshakes are counted, and %d were refused", got, refused)
		}
	})
}

func TestDevelopmentAnswersToItsOwnNames(t *testing.T) {
	ours := func(s *config.Server) {
		s.DashboardURL, s.FrontendURL = "http://desk.example:3000", "https://outcry.lan"
	}
	eachDevelopment(t, ours, func(t *testing.T, e *Engine) {
		address := strings.TrimPrefix(e.URL(), "http://")
		for _, host := range []string{address, "localhost:8080", "192.168.1.20:8080", "[::1]:8080", "desk.example:8080", "outcry.lan"} {
			answers := talk(t, e, demoSignIn(host))
			if len(answers) != 1 || answers[0].StatusCode != http.StatusOK || len(answers[0].Cookies()) != 1 {
				t.Errorf("a demo user by %s is answered %v", host, answers)
			}
			for way, request := range handshakes(host) {
				nc := dialEngine(t, e)
				if _, err := nc.Write([]byte(request)); err != nil {
					t.Fatal(err)
				}
				head := make([]byte, len("HTTP/1.1 101"))
				if _, err := io.ReadFull(nc, head); err != nil || string(head) != "HTTP/1.1 101" && string(head) != "HTTP/1.1 200" {
					t.Errorf("%s by %s is answered %q, %v", way, host, head, err)
				}
				_ = nc.Close()
			}
		}
	})
}

// Outside development nobody gets anything without credentials, and a proxy may ask
// by the name that it has for the engine.
func TestOutsideDevelopmentEveryNameIsAnswered(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		if a := talk(t, e, asking("GET", "/health", "engine-7.internal", "")); len(a) != 1 || a[0].StatusCode != http.StatusOK {
			t.Errorf("answered %v", a)
		}
	})
}
