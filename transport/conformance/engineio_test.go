package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// The rules of Engine.IO v4, which hold at both paths. Each is a case of the
// official suite.
func TestTransports(t *testing.T) {
	addr := start(t)
	for _, path := range []string{enginePath, socketPath} {
		for rule, check := range map[string]func(e endpoint){
			"polling opens a session": func(e endpoint) { e.poll() },
			"polling without a known version is refused": func(e endpoint) {
				e.expect("GET", "?transport=polling", "", 400, "")
				e.expect("GET", "?EIO=abc&transport=polling", "", 400, "")
			},
			"polling without a known transport is refused": func(e endpoint) {
				e.expect("GET", "?EIO=4", "", 400, "")
				e.expect("GET", "?EIO=4&transport=abc", "", 400, "")
			},
			"handshake by another method is refused": func(e endpoint) {
				e.expect("POST", "?EIO=4&transport=polling", "", 400, "")
				e.expect("PUT", "?EIO=4&transport=polling", "", 400, "")
			},
			"WebSocket opens a session":                      func(e endpoint) { e.open() },
			"WebSocket without a known version is refused":   func(e endpoint) { e.expectRefused("?transport=websocket", "?EIO=abc&transport=websocket") },
			"WebSocket without a known transport is refused": func(e endpoint) { e.expectRefused("?EIO=4", "?EIO=4&transport=abc") },
			"polling client that answers pings stays": func(e endpoint) {
				q := e.poll()
				for range 3 {
					e.expect("GET", q, "", 200, "2")
					e.expect("POST", q, "3", 200, "ok")
				}
			},
			"polling client that answers no ping is closed": func(e endpoint) {
				q := e.poll()
				e.expect("GET", q, "", 200, "2")
				// The poll that waits ends with the session, whatever it brings.
				e.do("GET", q, "")
				e.expect("GET", q, "", 400, "")
			},
			"WebSocket client that answers pings stays": func(e endpoint) {
				s := e.open()
				for range 3 {
					s.expect("2")
					s.send("3")
				}
			},
			"WebSocket client that answers no ping is closed": func(e endpoint) { e.open().expectEnd(false) },
			"polling client closes, and its poll ends with a noop": func(e endpoint) {
				q := e.poll()
				polled := e.begin("GET", q) // before the close or behind it
				e.expect("POST", q, "1", 200, "ok")
				if got := <-polled; got != "200 6" {
					e.t.Errorf("polled %s, want 200 6", got)
				}
				e.expect("GET", q, "", 400, "")
			},
			"WebSocket client closes": func(e endpoint) {
				s := e.open()
				s.send("1")
				s.expectClose()
			},
			"WebSocket takes over from polling": func(e endpoint) {
				q := e.poll()
				s := e.mustDial(strings.Replace(q, "polling", "websocket", 1))
				s.send("2probe")
				s.expect("3probe")
				e.expect("GET", q, "", 200, "6")
				s.send("5")
				for range 3 { // they come over the WebSocket
					s.expect("2")
					s.send("3")
				}
			},
			"request of a session with an unknown id is refused": func(e endpoint) {
				for _, method := range []string{"GET", "POST"} {
					e.expect(method, "?EIO=4&transport=polling&sid=unknown", "4x", 400, `{"code":1,"message":"Session ID unknown"}`)
				}
				e.expectRefused("?EIO=4&transport=websocket&sid=unknown")
			},
			"request of a session must say version and transport": func(e endpoint) {
				q := e.poll()
				e.expect("GET", strings.Replace(q, "EIO=4", "EIO=3", 1), "", 400, "")
				e.expect("GET", strings.Replace(q, "transport=polling", "", 1), "", 400, "")
				e.expectRefused(strings.NewReplacer("EIO=4&", "", "polling", "websocket").Replace(q))
				e.expect("POST", q, "6", 200, "ok")
			},
			"WebSocket that does not probe leaves the session polling": func(e endpoint) {
				q := e.poll()
				s := e.mustDial(strings.Replace(q, "polling", "websocket", 1))
				s.send("5")
				s.expectClose()
				e.expect("POST", q, "6", 200, "ok")
			},
			"polls of a session that changed over are refused": func(e endpoint) {
				q, s := e.upgraded()
				e.expect("GET", q, "", 400, "")
				s.expect("2") // it goes on
			},
			"second WebSocket of a session that changed over is closed": func(e endpoint) {
				q, s := e.upgraded()
				e.mustDial(strings.Replace(q, "polling", "websocket", 1)).expectClose()
				s.expect("2")
			},
		} {
			t.Run(path+" "+rule, func(t *testing.T) {
				t.Parallel()
				check(endpoint{t: t, addr: addr, uri: path})
			})
		}
	}
}

// attempt repeats with new sessions what depends on the order in which two
// requests arrive, until they came in the order that the rule is about.
func (e endpoint) attempt(inOrder func(query string) bool) {
	e.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if inOrder(e.poll()) {
			return
		}
	}
	e.t.Fatal("it never went as the rule says")
}

func (e endpoint) expectRefused(queries ...string) {
	e.t.Helper()
	for _, q := range queries {
		if _, err := e.dial(q); err == nil {
			e.t.Errorf("%s was let in", q)
		}
	}
}

// The rules for messages, at the path that echoes.
func TestEngineMessagesAreEchoed(t *testing.T) {
	addr := start(t)
	for rule, check := range map[string]func(e endpoint){
		"one packet in a payload":      func(e endpoint) { e.echoes("4hello") },
		"several packets in a payload": func(e endpoint) { e.echoes("4test1\x1e4test2\x1e4test3") },
		"text and binary in a payload": func(e endpoint) { e.echoes("4hello\x1ebAQIDBA==") },
		"what is no packet closes polls": func(e endpoint) {
			q := e.poll()
			e.expect("POST", q, "abc", 400, "")
			e.expect("GET", q, "", 400, "")
		},
		"two polls at a time close the session": func(e endpoint) {
			e.attempt(func(q string) bool {
				one, other := e.begin("GET", q), e.begin("GET", q)
				answers := []string{<-one, <-other}
				slices.Sort(answers)
				e.expect("GET", q, "", 400, "")
				return answers[0] == "200 1" && strings.HasPrefix(answers[1], "400 ") // else a ping came between them
			})
		},
		"poll that is given up closes the session": func(e endpoint) {
			q := e.poll()
			ctx, giveUp := context.WithCancel(context.Background())
			r, err := http.NewRequestWithContext(ctx, "GET", "http://"+e.addr+e.uri+q, nil)
			if err != nil {
				e.t.Fatal(err)
			}
			time.AfterFunc(20*time.Millisecond, giveUp)
			if response, err := client.Do(r); err == nil {
				_ = response.Body.Close()
				e.t.Fatal("the poll was answered")
			}
			e.eventually("POST", q, 400)
		},
		"text over WebSocket": func(e endpoint) {
			s := e.open()
			s.send("4hello")
			s.expect("4hello")
		},
		"binary over WebSocket": func(e endpoint) {
			s := e.open()
			s.send([]byte{1, 2, 3, 4})
			s.expect([]byte{1, 2, 3, 4})
		},
		"what is no packet closes a WebSocket": func(e endpoint) {
			s := e.open()
			s.send("abc")
			s.expectClose()
		},
		"message behind an upgrade": func(e endpoint) {
			_, s := e.upgraded()
			s.send("4hello", []byte{1})
			s.expect("4hello", []byte{1})
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			check(endpoint{t: t, addr: addr, uri: enginePath})
		})
	}
}

// echoes posts a payload and polls the same.
func (e endpoint) echoes(payload string) {
	e.t.Helper()
	q := e.poll()
	e.expect("POST", q, payload, 200, "ok")
	e.expect("GET", q, "", 200, payload)
}

// eventually repeats a request until it is answered with that status.
func (e endpoint) eventually(method, q string, status int) {
	e.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if got, _ := e.do(method, q, ""); got == status {
			return
		}
	}
	e.t.Fatalf("%s was never answered with %d", method, status)
}
