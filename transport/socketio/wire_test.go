package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rs/zerolog"

	"outcry/transport/engineio"
	"outcry/transport/netpoll"
	"outcry/transport/websocket"
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
			h.emit(s, EventPacket, NoAck, append([]byte(`["auth",`), append(auth, ']')...))
		}
	}()
}

func (h *echo) Event(s *Socket, e Event) {
	if e.AckID != NoAck {
		h.emit(s, Ack, e.AckID, e.Args)
		return
	}
	h.emit(s, EventPacket, NoAck, append([]byte(`["`+e.Name+`-back",`), e.Args[1:]...))
}

func (h *echo) Writable(*Socket) {}

func (h *echo) Disconnect(_ *Socket, reason string) { h.told <- "disconnect " + reason }

// emit sends a packet the way sessions do: as a finished frame.
func (h *echo) emit(s *Socket, t PacketType, id int64, data []byte) {
	frame := append(websocket.BeginText(nil), byte(engineio.PacketMessage))
	frame = AppendPacket(frame, Packet{Type: t, Namespace: []byte(s.Namespace()), ID: id, Data: data})
	_, _ = s.WriteFrames(websocket.EndText(frame, 0))
}

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

// listen serves "/" and "/custom" through all rooms below until the test ends.
func listen(t *testing.T, mode string, o Options) (*echo, *engineio.Server, string) {
	t.Helper()
	h := &echo{told: make(chan string, 1024)}
	sockets, err := NewServer(o, h, Root, "/custom")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := engineio.NewServer(engineio.DefaultOptions(), 1_000_000, sockets, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	po := netpoll.DefaultOptions()
	po.Mode = mode
	p, err := netpoll.New(po, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := websocket.NewAcceptor(websocket.DefaultOptions(), func([]byte) bool { return true }, engine.OpenWebSocket, zerolog.Nop())
	var serving sync.WaitGroup
	serving.Go(func() { _ = p.Serve(ln, a.Accept) })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := engine.Close(ctx); err != nil {
			t.Error(err)
		}
		if n := sockets.connects.Len(); n != 0 {
			t.Errorf("%d connect timeouts are left", n)
		}
		_ = ln.Close()
		a.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return h, engine, ln.Addr().String()
}

// browser is the other end of a connection.
type browser struct {
	t    *testing.T
	conn net.Conn
	in   io.Reader
}

// dial connects and reads the Engine.IO handshake.
func dial(t *testing.T, addr string) *browser {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	b := &browser{t: t, conn: conn, in: conn}
	if early != nil { // frames that came with the response
		b.in = early
	}
	if open := b.receive(); !strings.HasPrefix(open, "0{") {
		t.Fatalf("%q, want the handshake", open)
	}
	return b
}

func (b *browser) send(packets ...string) {
	b.t.Helper()
	for _, p := range packets {
		if err := wsutil.WriteClientText(b.conn, []byte(p)); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *browser) receive() string {
	b.t.Helper()
	p, err := wsutil.ReadServerText(readWriter{b.in, b.conn})
	if err != nil {
		b.t.Fatal(err)
	}
	return string(p)
}

func (b *browser) expect(packets ...string) {
	b.t.Helper()
	for _, want := range packets {
		if got := b.receive(); got != want {
			b.t.Fatalf("%q, want %q", got, want)
		}
	}
}

// expectAccepted reads a CONNECT reply with an id of its own and the auth event.
func (b *browser) expectAccepted(reply, auth string) {
	b.t.Helper()
	got := b.receive()
	var payload map[string]string
	if !strings.HasPrefix(got, reply+"{") || json.Unmarshal([]byte(got[len(reply):]), &payload) != nil ||
		len(payload["sid"]) != 20 || len(payload) != 1 {
		b.t.Fatalf("%q, want %s and a sid", got, reply)
	}
	b.expect(auth)
}

// expectClose reads up to the close frame, then closes too, as browsers do.
func (b *browser) expectClose(code ws.StatusCode, reason string) {
	b.t.Helper()
	for {
		_, err := wsutil.ReadServerText(readWriter{b.in, b.conn})
		if err == nil {
			continue
		}
		var closed wsutil.ClosedError
		if !errors.As(err, &closed) || closed.Code != code || !strings.Contains(closed.Reason, reason) {
			b.t.Fatalf("%v, want a close frame with %d %q", err, code, reason)
		}
		_ = b.conn.Close()
		return
	}
}

type readWriter struct {
	io.Reader
	io.Writer
}

// eachMode runs f on event loops and on goroutines.
func eachMode(t *testing.T, f func(t *testing.T, mode string)) {
	for _, mode := range []string{netpoll.ModeAuto, netpoll.ModeGoroutine} {
		t.Run(mode, func(t *testing.T) { f(t, mode) })
	}
}

// The cases of the official test suite
// (https://github.com/socketio/socket.io-protocol/tree/main/test-suite) for the
// WebSocket transport, without the binary ones.
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
			b.expectClose(ws.StatusPolicyViolation, "packet type")
		},
		"event first": func(b *browser, _ *echo) {
			b.send(`42["a"]`)
			b.expectClose(ws.StatusPolicyViolation, "state")
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
			b.expectClose(ws.StatusPolicyViolation, "array")
			h.expect(b.t, "disconnect parse error")
		},
		"binary event": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send(`452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
			b.expectClose(ws.StatusUnsupportedData, "binary is not supported")
			h.expect(b.t, "disconnect parse error")
		},
		"binary frame": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			if err := wsutil.WriteClientBinary(b.conn, []byte{1, 2, 3}); err != nil {
				b.t.Fatal(err)
			}
			b.expectClose(ws.StatusUnsupportedData, "binary is not supported")
			h.expect(b.t, "disconnect parse error")
		},
		"client closes": func(b *browser, h *echo) {
			b.send("40")
			b.expectAccepted("40", `42["auth",{}]`)
			b.send("41", "1")
			b.expectClose(ws.StatusNormalClosure, "")
			h.expect(b.t, "disconnect client namespace disconnect")
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachMode(t, func(t *testing.T, mode string) {
				h, _, addr := listen(t, mode, DefaultOptions())
				f(dial(t, addr), h)
			})
		})
	}
}

func TestConnectionWithoutConnectIsClosed(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		_, engine, addr := listen(t, mode, Options{ConnectTimeout: 100 * time.Millisecond})
		start := time.Now()
		b := dial(t, addr)
		b.expectClose(ws.StatusPolicyViolation, "in time")
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
	eachMode(t, func(t *testing.T, mode string) {
		_, _, addr := listen(t, mode, DefaultOptions())
		good := dial(t, addr)
		good.send("40")
		good.expectAccepted("40", `42["auth",{}]`)
		for _, packet := range []string{"", "x", "4", "4x", "42[", "42[]", "41", "45-[]", "40/" + strings.Repeat("n", 5000),
			"42" + strings.Repeat("[", 500_000), "42" + strings.Repeat("9", 100_000) + `["a"]`} {
			bad := dial(t, addr)
			bad.send(packet)
			bad.expectClose(ws.StatusPolicyViolation, "")
			good.send(`42["message",1]`)
			good.expect(`42["message-back",1]`)
		}
	})
}

func TestShutdownEndsEverySocket(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		h, engine, addr := listen(t, mode, DefaultOptions())
		b := dial(t, addr)
		b.send("40")
		b.expectAccepted("40", `42["auth",{}]`)
		done := make(chan error, 1)
		go func() { done <- engine.Close(context.Background()) }()
		b.expectClose(ws.StatusGoingAway, "server shutting down")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		h.expect(t, "disconnect server shutting down")
	})
}
