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

// attach sends attachments.
func (b *browser) attach(attachments ...string) {
	b.t.Helper()
	for _, a := range attachments {
		if err := wsutil.WriteClientBinary(b.conn, []byte(a)); err != nil {
			b.t.Fatal(err)
		}
	}
}

// receive reads a text or binary message.
func (b *browser) receive() string {
	b.t.Helper()
	p, _, err := wsutil.ReadServerData(readWriter{b.in, b.conn})
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
