package socketio

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"outcry/transport/transporttest"
)

// echo is the server of the official test suite: it accepts everybody, tells the
// payload as "auth", sends messages back, and acknowledges.
type echo struct {
	told chan string // "disconnect reason"
}

func (h *echo) Connect(s *Socket, auth []byte) {
	if auth == nil {
		auth = []byte("{}")
	}
	payload, err := json.Marshal(map[string]string{"sid": s.ID()})
	if err != nil {
		panic(err)
	}
	auth = append([]byte(nil), auth...)
	go func() { // from elsewhere, as a slow authentication would
		if s.Accept(payload) == nil {
			_, _ = s.Emit("auth", append(append([]byte("["), auth...), ']'))
		}
	}()
}

func (h *echo) Event(s *Socket, e Event) {
	if e.AckID != NoAck {
		_, _ = s.Acknowledge(e.AckID, e.Args, e.Attachments...)
		return
	}
	_, _ = s.Emit(e.Name+"-back", e.Args, e.Attachments...)
}

func (h *echo) Writable(*Socket) {}

func (h *echo) Disconnect(_ *Socket, reason string) { h.told <- "disconnect " + reason }

func (h *echo) expect(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-h.told:
		if got != want {
			t.Fatalf("told %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("never told %q", want)
	}
}

// The cases of the official test suite
// (https://github.com/socketio/socket.io-protocol/tree/main/test-suite) for the
// WebSocket transport.
func TestOfficialSuiteOverWebSocket(t *testing.T) {
	for name, f := range map[string]func(b *browser, h *echo){
		"connect": func(b *browser, _ *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
		},
		"connect with a payload": func(b *browser, _ *echo) {
			b.send(`40{"token":"123"}`)
			b.expectAccepted("40", `42["auth",{"token":"123"}]`)
		},
		"custom namespace": func(b *browser, _ *echo) {
			b.send("40/custom,")
			b.expectAccepted("40/custom,", `42/custom,["auth",{}]`)
		},
		"custom namespace with a payload": func(b *browser, _ *echo) {
			b.send(`40/custom,{"token":"abc"}`)
			b.expectAccepted("40/custom,", `42/custom,["auth",{"token":"abc"}]`)
		},
		"unknown namespace": func(b *browser, _ *echo) {
			b.send("40/random")
			b.expect(`44/random,{"message":"Invalid namespace"}`)
		},
		"invalid handshake": func(b *browser, _ *echo) {
			b.send("4abc")
			b.ExpectClose(ws.StatusPolicyViolation, "packet type")
		},
		"event first": func(b *browser, _ *echo) {
			b.send(`42["a"]`)
			b.ExpectClose(ws.StatusPolicyViolation, "state")
		},
		"disconnect from one of two": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send("40/custom")
			b.expectAccepted("40/custom,", `42/custom,["auth",{}]`)
			b.send("41/custom", `42["message","message to main namespace"]`)
			b.expect(`42["message-back","message to main namespace"]`)
			h.expect(b.t, "disconnect client namespace disconnect")
		},
		"connect again": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send("41", "40")
			b.expectAccepted("40", `42["auth",{}]`)
		},
		"plain text": func(b *browser, _ *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send(`42["message",1,"2",{"3":[true]}]`)
			b.expect(`42["message-back",1,"2",{"3":[true]}]`)
		},
		"acknowledgement": func(b *browser, _ *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send(`42456["message-with-ack",1,"2",{"3":[false]}]`)
			b.expect(`43456[1,"2",{"3":[false]}]`)
		},
		"invalid data": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send(`42{}`)
			b.ExpectClose(ws.StatusPolicyViolation, "array")
			h.expect(b.t, "disconnect parse error")
		},
		"binary event": func(b *browser, _ *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send(`452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
			b.attach("\x01\x02\x03", "\x04\x05\x06")
			b.expect(`452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "\x01\x02\x03", "\x04\x05\x06")
		},
		"binary acknowledgement": func(b *browser, _ *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send(`452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
			b.attach("\x01\x02\x03", "\x04\x05\x06")
			b.expect(`462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "\x01\x02\x03", "\x04\x05\x06")
		},
		"binary event in a namespace": func(b *browser, _ *echo) {
			b.send("40/custom,")
			b.expectAccepted("40/custom,", `42/custom,["auth",{}]`)
			b.send(`451-/custom,["message",{"_placeholder":true,"num":0}]`)
			b.attach("")
			b.expect(`451-/custom,["message-back",{"_placeholder":true,"num":0}]`, "")
		},
		"binary of more than a message": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send(`452-["message"]`)
			b.attach(strings.Repeat("x", maxMessageBytes-20), strings.Repeat("y", 100))
			b.ExpectClose(ws.StatusMessageTooBig, "1000000 bytes")
			h.expect(b.t, "disconnect parse error")
		},
		"binary that nothing announced": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.attach("\x01\x02\x03")
			b.ExpectClose(ws.StatusPolicyViolation, "got binary data")
			h.expect(b.t, "disconnect parse error")
		},
		"client closes": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send("41", "1")
			b.ExpectClose(ws.StatusNormalClosure, "")
			h.expect(b.t, "disconnect client namespace disconnect")
		},
	} {
		t.Run(name, func(t *testing.T) {
			transporttest.EachMode(t, func(t *testing.T, mode string) {
				h, _, addr := listen(t, mode, DefaultOptions())
				f(dial(t, addr), h)
			})
		})
	}
}

func TestConnectionWithoutConnectIsClosed(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		_, engine, addr := listen(t, mode, Options{ConnectTimeout: 100 * time.Millisecond})
		start := time.Now()
		b := dial(t, addr)
		b.ExpectClose(ws.StatusPolicyViolation, "in time")
		if waited := time.Since(start); waited < 100*time.Millisecond {
			t.Errorf("closed after %s", waited)
		}
		if c := engine.Counts(); c.Total != 1 {
			t.Errorf("%+v", c)
		}
	})
}

// One client's malformed packets are its own affair.
func TestOtherClientsGoOnAfterAMalformedPacket(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		_, _, addr := listen(t, mode, DefaultOptions())
		good := dial(t, addr)
		good.send("40")
		good.expectAccepted("40", `42["auth",{}]`)
		for _, packet := range []string{"", "x", "4", "4x", "42[", "42[]", "41", "45-[]", "40/" + strings.Repeat("n", 5000),
			"42" + strings.Repeat("[", 500_000), "42" + strings.Repeat("9", 100_000) + `["a"]`} {
			bad := dial(t, addr)
			bad.send(packet)
			bad.ExpectClose(ws.StatusPolicyViolation, "")
			good.send(`42["message",1]`)
			good.expect(`42["message-back",1]`)
		}
	})
}

func TestShutdownEndsEverySocket(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		h, engine, addr := listen(t, mode, DefaultOptions())
		b := dial(t, addr)
		b.send("40")
		b.expectAccepted("40", `42["auth",{}]`)
		done := make(chan error, 1)
		go func() { done <- engine.Close(context.Background()) }()
		b.ExpectClose(ws.StatusGoingAway, "server shutting down")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		h.expect(t, "disconnect server shutting down")
	})
}
