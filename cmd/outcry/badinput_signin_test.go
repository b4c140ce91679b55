package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"outcry/transport/auth"
)

// post makes a request that changes something, as a page of an origin does.
func post(t *testing.T, e *Engine, target, origin string, lines ...string) rawAnswer {
	t.Helper()
	if origin != "" {
		lines = append(lines, "Origin: "+origin)
	}
	return answerTo(t, e, "POST", target, append(lines, "Content-Type: application/json", "Content-Length: 0")...)
}

func TestNobodySignsInAsADemoUserOutsideDevelopment(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for _, target := range []string{"/auth/demo", "/auth/demo/", "/auth//demo", "/auth/demo?dev=true", "/auth/DEMO"} {
			if a := post(t, e, target, "http://outcry", "X-Dev: true"); a.StatusCode == http.StatusOK || len(a.Cookies()) > 0 {
				t.Errorf("%s is answered %s %s", target, a.Status, a.body)
			}
		}
		answers := talk(t, e, "POST /auth/demo HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n"+whole(`{"user":"demo-operator"}`))
		if len(answers) != 1 || answers[0].StatusCode != http.StatusNotFound && answers[0].StatusCode != http.StatusMethodNotAllowed || len(answers[0].Cookies()) > 0 {
			t.Errorf("answered %v", answers)
		}
		for _, payload := range []string{`{"token":"demo"}`, `{"userId":"demo-operator"}`, `{"sessionID":"demo-operator","userId":"demo-operator"}`} {
			for way, connect := range connects {
				if answer := connect(t, e, payload); !strings.HasPrefix(answer, "44{") {
					t.Errorf("%s by %s is answered %q", payload, way, answer)
				}
			}
		}
	})
}

// A cookie goes with requests of every page, so those that change something must be
// from ours.
func TestForeignPagesChangeNothingByCookie(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		_, cookie := login(t, e, "ann", auth.Trader)
		requests := []string{"POST /auth/logout", "POST /api/orders", "DELETE /api/orders/x"}
		for name, from := range map[string]string{
			"another site": "Origin: https://evil.example", "a sandbox": "Origin: null", "an address alike": "Origin: http://outcry.evil.example",
			"another port": "Origin: http://outcry:81", "a page that hides": "Sec-Fetch-Site: cross-site", "a site beside": "Sec-Fetch-Site: same-site",
		} {
			for _, request := range requests {
				method, target, _ := strings.Cut(request, " ")
				if a := answerTo(t, e, method, target, cookie, from, "Content-Type: application/json", "Content-Length: 0"); a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "FOREIGN_ORIGIN") || len(a.Cookies()) > 0 {
					t.Errorf("%s from %s is answered %s %s", request, name, a.Status, a.body)
				}
			}
			if a := answerTo(t, e, "GET", "/api/portfolio", cookie, from); strings.HasPrefix(from, "Origin") && a.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s may read ann's portfolio", name)
			}
		}
		if a := answerTo(t, e, "DELETE", "/api/orders/x", cookie, "Origin: http://outcry"); a.StatusCode != http.StatusNotFound {
			t.Errorf("our own page is answered %s %s", a.Status, a.body)
		}
		if a := answerTo(t, e, "GET", "/auth/status", cookie); !strings.Contains(a.body, `"id":"ann"`) {
			t.Errorf("ann is signed out: %s", a.body)
		}
		signedIn := openBrowser(t, e, cookie)
		signedIn.say("40")
		signedIn.await(`40{"sid":`)
		if a := post(t, e, "/auth/logout", "http://outcry", cookie); a.StatusCode != http.StatusOK || len(a.Cookies()) != 1 || a.Cookies()[0].MaxAge >= 0 || !a.Cookies()[0].Secure {
			t.Errorf("signing out is answered %s %v", a.Status, a.Cookies())
		}
		if closed := signedIn.awaitClose(); closed.Code != 1008 {
			t.Errorf("closed with %v", closed)
		}
	})
}

// Signing out ends what the session let in, by whichever way, and nothing else.
func TestSigningOutEndsLiveConnections(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		id, cookie := login(t, e, "ann", auth.Trader)
		_, other := login(t, e, "ann", auth.Trader)
		open := func(payload string, lines ...string) *rawBrowser {
			b := openBrowser(t, e, lines...)
			b.say("40" + payload)
			b.await(`42["connection.authorized"`)
			return b
		}
		byCookie, byID := open("", cookie), open(`{"sessionID":"`+id+`","userId":"ann"}`)
		elsewhere, byToken := open("", other), open(`{"token":"`+tokenOf(t, "ann", auth.Trader)+`"}`)
		p := openPoller(t, e, cookie)
		p.post("40")
		if a := p.poll(); !strings.Contains(a.body, "connection.authorized") {
			p.poll()
		}
		if a := post(t, e, "/auth/logout", "http://outcry", cookie); a.StatusCode != http.StatusOK {
			t.Fatalf("signing out is answered %s %s", a.Status, a.body)
		}
		for name, b := range map[string]*rawBrowser{"by cookie": byCookie, "by id": byID} {
			b.await(`42["connection.closed"`)
			if closed := b.awaitClose(); closed.Code != 1008 || !strings.Contains(closed.Reason, "signed out") {
				t.Errorf("%s: closed with %v", name, closed)
			}
		}
		polled := ""
		for !strings.Contains(polled, "SIGNED_OUT") {
			a := p.poll()
			if a.StatusCode != http.StatusOK {
				t.Errorf("the poller is told %q, and then %s %s", polled, a.Status, a.body)
				break
			}
			polled += a.body
		}
		for name, b := range map[string]*rawBrowser{"another session": elsewhere, "a token": byToken} {
			b.say(`421["ping",{"timestamp":1}]`)
			if answer := b.await("431["); !strings.Contains(answer, "ann") {
				t.Errorf("%s: %s", name, answer)
			}
			b.leave()
		}
		for _, connect := range connects {
			if answer := connect(t, e, "", cookie); !strings.Contains(answer, "INVALID_SESSION") {
				t.Errorf("who signed out is answered %q", answer)
			}
		}
	})
}

// A connection that is let in while its session is signed out ends as well: nobody
// would end it later.
func TestNoConnectionOutlivesItsSignOut(t *testing.T) {
	const rounds, browsers = 8, 8
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for range rounds {
			_, cookie := login(t, e, "ann", auth.Trader)
			var opened []*rawBrowser
			for range browsers {
				opened = append(opened, openBrowser(t, e, cookie))
			}
			var racing sync.WaitGroup
			for i, b := range opened {
				racing.Go(func() {
					time.Sleep(time.Duration(i) * 50 * time.Microsecond) // spreads them over the sign-out
					if _, err := b.nc.Write(packetFrame("40")); err != nil && !isCut(err) {
						t.Error(err)
					}
				})
			}
			if a := post(t, e, "/auth/logout", "http://outcry", cookie); a.StatusCode != http.StatusOK {
				t.Fatalf("signing out is answered %s", a.Status)
			}
			racing.Wait()
			for _, b := range opened {
				for {
					packet, closed := b.next()
					if closed != nil {
						_ = b.nc.Close()
						break
					}
					if strings.HasPrefix(packet, "44{") { // it came too late
						b.leave()
						break
					}
				}
			}
		}
	})
}
