package main

import "testing"

// eachWire runs the checks of rules over everything that carries a session.
func eachWire(t *testing.T, rules map[string]func(e endpoint)) {
	addr := start(t)
	for _, by := range []string{byWebSocket, byPolling, byUpgrade} {
		for rule, check := range rules {
			t.Run(by+" "+rule, func(t *testing.T) {
				t.Parallel()
				check(endpoint{t: t, addr: addr, uri: socketPath, by: by})
			})
		}
	}
}

// How clients enter and leave namespaces in Socket.IO v5. The cases of the official
// suite are among them.
func TestNamespaces(t *testing.T) {
	eachWire(t, map[string]func(e endpoint){
		"connect to the main namespace": func(e endpoint) { e.connect() },
		"connect with a payload": func(e endpoint) {
			s := e.enter()
			s.send(`40{"token":"123"}`)
			s.expectConnected("40", `42["auth",{"token":"123"}]`)
		},
		"connect to a custom namespace": func(e endpoint) {
			s := e.enter()
			s.send("40/custom,")
			s.expectConnected("40/custom,", `42/custom,["auth",{}]`)
		},
		"connect to a custom namespace with a payload": func(e endpoint) {
			s := e.enter()
			s.send(`40/custom,{"token":"abc"}`)
			s.expectConnected("40/custom,", `42/custom,["auth",{"token":"abc"}]`)
		},
		"connect with a query behind the namespace": func(e endpoint) {
			s := e.enter()
			s.send("40/custom?token=abc,")
			s.expectConnected("40/custom,", `42/custom,["auth",{}]`)
		},
		"unknown namespace is refused, and the session goes on": func(e endpoint) {
			s := e.enter()
			s.send("40/random")
			s.expect(`44/random,{"message":"Invalid namespace"}`)
			s.send("40/Custom,")
			s.expect(`44/Custom,{"message":"Invalid namespace"}`)
			s.send("40")
			s.expectConnected("40", `42["auth",{}]`)
		},
		"two namespaces in one session": func(e endpoint) {
			s := e.connectBoth()
			s.send(`42/custom,["message",1]`, `42["message",2]`)
			s.expect(`42/custom,["message-back",1]`, `42["message-back",2]`)
		},
		"what is no connect closes":        func(e endpoint) { e.closesAtOnce("4abc") },
		"event before connect closes":      func(e endpoint) { e.closesAtOnce(`42["message",1]`) },
		"disconnect before connect closes": func(e endpoint) { e.closesAtOnce("41") },
		"connect with an array closes":     func(e endpoint) { e.closesAtOnce(`40["token"]`) },
		"no connect in time closes":        func(e endpoint) { e.enter().expectClose() },
		"connect twice closes":             func(e endpoint) { e.closesOver("40") },
		"event in another namespace closes": func(e endpoint) {
			e.closesOver(`42/custom,["message",1]`)
		},
		"connect error of a client closes": func(e endpoint) { e.closesOver(`44{"message":"no"}`) },
		"disconnect leaves the connection open": func(e endpoint) {
			s := e.connect()
			s.send("41")
			s.expect("2")
		},
		"disconnect from one of two namespaces": func(e endpoint) {
			s := e.connectBoth()
			s.send("41/custom", `42["message","message to main namespace"]`)
			s.expect(`42["message-back","message to main namespace"]`)
		},
		"connect again behind a disconnect": func(e endpoint) {
			s := e.connect()
			s.send("41", "40")
			s.expectConnected("40", `42["auth",{}]`)
		},
		"event behind a disconnect closes": func(e endpoint) {
			s := e.connect()
			s.send("41", `42["message",1]`)
			s.expectClose()
		},
	})
}

// Events, acknowledgements and attachments.
func TestEvents(t *testing.T) {
	eachWire(t, map[string]func(e endpoint){
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
		"binary event waits for its last attachment": func(e endpoint) {
			s := e.connect()
			s.send(`452-["message",{"_placeholder":true,"num":1}]`, []byte{1})
			s.send([]byte{})
			s.expect(`452-["message-back",{"_placeholder":true,"num":1}]`, []byte{1}, []byte{})
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
		"acknowledgement in a namespace": func(e endpoint) {
			s := e.connectBoth()
			s.send(`42/custom,0["message-with-ack"]`)
			s.expect(`43/custom,0[]`)
		},
		"acknowledgement that nobody asked for is ignored": func(e endpoint) {
			s := e.connect()
			s.send(`4312["x"]`, `42["message",1]`)
			s.expect(`42["message-back",1]`)
		},
		"unknown packet type closes":                  func(e endpoint) { e.closesOver("4abc") },
		"event that is no array closes":               func(e endpoint) { e.closesOver("42{}") },
		"event without a payload closes":              func(e endpoint) { e.closesOver("42") },
		"empty event closes":                          func(e endpoint) { e.closesOver("42[]") },
		"event whose name is no text closes":          func(e endpoint) { e.closesOver(`42[{"message":1}]`) },
		"event of a reserved name closes":             func(e endpoint) { e.closesOver(`42["disconnect"]`) },
		"acknowledgement id that is no number closes": func(e endpoint) { e.closesOver(`42abc["message-with-ack",1,"2",{"3":[false]}]`) },
		"acknowledgement that is no array closes":     func(e endpoint) { e.closesOver(`431{}`) },
		"attachment that nothing announced closes":    func(e endpoint) { e.closesOver([]byte{1}) },
		"text among attachments closes":               func(e endpoint) { e.closesOver(`452-["message"]`, []byte{1}, `42["message"]`) },
		"attachment too many closes":                  func(e endpoint) { e.closesOver(`451-["other"]`, []byte{1}, []byte{2}) },
		"binary event without attachments closes":     func(e endpoint) { e.closesOver(`450-["message"]`) },
		"placeholder of no attachment closes":         func(e endpoint) { e.closesOver(`451-["message",{"_placeholder":true,"num":1}]`, []byte{1}) },
	})
}

// connectBoth opens a session in both namespaces.
func (e endpoint) connectBoth() *socket {
	e.t.Helper()
	s := e.connect()
	s.send("40/custom")
	s.expectConnected("40/custom,", `42/custom,["auth",{}]`)
	return s
}

// closesAtOnce sends what closes a session that is in no namespace. Were it not for
// that, the session would stay for what is sent behind.
func (e endpoint) closesAtOnce(packet any) {
	e.t.Helper()
	s := e.enter()
	s.send(packet, "40")
	s.expectClose()
}

// closesOver sends what closes a session that is in the main namespace.
func (e endpoint) closesOver(packets ...any) {
	e.t.Helper()
	s := e.connect()
	s.send(packets...)
	s.expectClose()
}
