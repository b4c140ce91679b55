package socketio

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"outcry/transport/engineio"
	"outcry/transport/transporttest"
)

// listen serves "/" and "/custom" through all rooms below until the test ends.
func listen(t *testing.T, mode string, o Options) (*echo, *engineio.Server, string) {
	t.Helper()
	h := &echo{told: make(chan string, 1024)}
	sockets, err := NewServer(o, maxMessageBytes, h, Root, "/custom")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := engineio.NewServer(engineio.DefaultOptions(), maxMessageBytes, sockets, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	addr := transporttest.Serve(t, mode, engine.OpenWebSocket, engine)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := engine.Close(ctx); err != nil {
			t.Error(err)
		}
		if n := sockets.connects.Len(); n != 0 {
			t.Errorf("%d connect timeouts are left", n)
		}
	})
	return h, engine, addr
}

// browser is the other end of a connection.
type browser struct {
	*transporttest.Socket
	t *testing.T
}

// dial connects and reads the Engine.IO handshake.
func dial(t *testing.T, addr string) *browser {
	t.Helper()
	b := &browser{transporttest.Dial(t, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket"), t}
	if open := b.Receive(); !strings.HasPrefix(open, "0{") {
		t.Fatalf("%q, want the handshake", open)
	}
	return b
}

func (b *browser) send(packets ...string) {
	b.t.Helper()
	b.Send(ws.OpText, packets...)
}

// attach sends attachments.
func (b *browser) attach(attachments ...string) {
	b.t.Helper()
	b.Send(ws.OpBinary, attachments...)
}

func (b *browser) expect(packets ...string) {
	b.t.Helper()
	for _, want := range packets {
		if got := b.Receive(); got != want {
			b.t.Fatalf("%q, want %q", got, want)
		}
	}
}

// expectAccepted reads a CONNECT reply with an id of its own and the auth event.
func (b *browser) expectAccepted(reply, auth string) {
	b.t.Helper()
	got := b.Receive()
	var payload map[string]string
	if !strings.HasPrefix(got, reply+"{") || json.Unmarshal([]byte(got[len(reply):]), &payload) != nil ||
		len(payload["sid"]) != 20 || len(payload) != 1 {
		b.t.Fatalf("%q, want %s and a sid", got, reply)
	}
	b.expect(auth)
}
