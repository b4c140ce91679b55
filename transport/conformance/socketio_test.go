package main

import (
	"strings"
	"testing"
)

// The rules of Socket.IO v5 over WebSocket. Each is a case of the official suite.
func TestNamespacesAndEvents(t *testing.T) {
	addr := start(t)
	for rule, check := range map[string]func(e endpoint){
		"connect to the main namespace": func(e endpoint) { e.connect() },
		"connect with a payload": func(e endpoint) {
			s := e.open()
			s.send(`40{"token":"123"}`)
			s.expectConnected("40", `42["auth",{"token":"123"}]`)
		},
		"connect to a custom namespace": func(e endpoint) {
			s := e.open()
			s.send("40/custom,")
			s.expectConnected("40/custom,", `42/custom,["auth",{}]`)
		},
		"connect to a custom namespace with a payload": func(e endpoint) {
			s := e.open()
			s.send(`40/custom,{"token":"abc"}`)
			s.expectConnected("40/custom,", `42/custom,["auth",{"token":"abc"}]`)
		},
		"unknown namespace is refused": func(e endpoint) {
			s := e.open()
			s.send("40/random")
			s.expect(`44/random,{"message":"Invalid namespace"}`)
		},
		"what is no connect closes": func(e endpoint) {
			s := e.open()
			s.send("4abc")
			s.expectClose()
		},
		"no connect in time closes": func(e endpoint) {
			s := e.open()
			for {
				p, _, err := s.read()
				if err != nil {
					return
				}
				if p == "2" {
					s.send("3") // so that it is not the heartbeat that closes
				}
			}
		},
		"disconnect leaves the connection open": func(e endpoint) {
			s := e.connect()
			s.send("41")
			s.expect("2")
		},
		"disconnect from one of two namespaces": func(e endpoint) {
			s := e.connect()
			s.send("40/custom")
			s.expectConnected("40/custom,", `42/custom,["auth",{}]`)
			s.send("41/custom", `42["message","message to main namespace"]`)
			s.expect(`42["message-back","message to main namespace"]`)
		},
		"event": func(e endpoint) {
			s := e.connect()
			s.send(`42["message",1,"2",{"3":[true]}]`)
			s.expect(`42["message-back",1,"2",{"3":[true]}]`)
		},
		"binary event": func(e endpoint) {
			s := e.connect()
			s.send(`452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, []byte{1, 2, 3}, []byte{4, 5, 6})
			s.expect(`452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, []byte{1, 2, 3}, []byte{4, 5, 6})
		},
		"acknowledgement": func(e endpoint) {
			s := e.connect()
			s.send(`42456["message-with-ack",1,"2",{"3":[false]}]`)
			s.expect(`43456[1,"2",{"3":[false]}]`)
		},
		"binary acknowledgement": func(e endpoint) {
			s := e.connect()
			s.send(`452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, []byte{1, 2, 3}, []byte{4, 5, 6})
			s.expect(`462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, []byte{1, 2, 3}, []byte{4, 5, 6})
		},
		"unknown packet type closes":                  func(e endpoint) { e.closesOver("4abc") },
		"event that is no array closes":               func(e endpoint) { e.closesOver("42{}") },
		"acknowledgement id that is no number closes": func(e endpoint) { e.closesOver(`42abc["message-with-ack",1,"2",{"3":[false]}]`) },
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			check(endpoint{t, addr, socketPath})
		})
	}
}

// closesOver sends what closes the connection.
func (e endpoint) closesOver(packet string) {
	e.t.Helper()
	s := e.connect()
	s.send(packet)
	s.expectClose()
}

// The suite has no such case, but clients that cannot open a WebSocket send
// binary events, too.
func TestBinaryEventsByPolling(t *testing.T) {
	e := endpoint{t, start(t), socketPath}
	q := e.poll()
	e.expect("POST", q, "40", 200, "ok")
	for answered := false; !answered; { // the answer to CONNECT comes before auth
		_, packets := e.do("GET", q, "")
		answered = strings.Contains(packets, `["auth",{}]`)
	}
	e.expect("POST", q, "451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID", 200, "ok")
	e.expect("GET", q, "", 200, "451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID")
}
