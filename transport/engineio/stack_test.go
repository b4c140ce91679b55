package engineio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rs/zerolog"

	"outcry/transport/netpoll"
	"outcry/transport/websocket"
)

// listen serves real connections through all rooms below, on event loops or on
// goroutines, until the test ends.
func listen(t *testing.T, mode string, o Options) (*recorder, *Server, string) {
	t.Helper()
	r := newRecorder()
	s, addr := serve(t, mode, o, r)
	return r, s, addr
}

// serve is listen for another Handler.
func serve(t *testing.T, mode string, o Options, h Handler) (*Server, string) {
	t.Helper()
	s, err := NewServer(o, maxMessageBytes, h, time.Now)
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
	a := websocket.NewAcceptor(websocket.DefaultOptions(), func([]byte) bool { return true }, s.OpenWebSocket, zerolog.Nop())
	web := &http.Server{Handler: s, ReadHeaderTimeout: patience}
	var serving sync.WaitGroup
	serving.Go(func() { _ = p.Serve(ln, a.Accept) })
	serving.Go(func() { _ = web.Serve(a.Listener()) })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
		_ = web.Close()
		_ = ln.Close()
		a.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return s, ln.Addr().String()
}

// client is the other end of a WebSocket.
type client struct {
	t    *testing.T
	conn net.Conn
	in   io.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	return dialURL(t, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket")
}

func dialURL(t *testing.T, url string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := &client{t: t, conn: conn, in: conn}
	if early != nil { // frames that came with the response
		c.in = early
	}
	return c
}

func (c *client) send(op ws.OpCode, payload string) {
	c.t.Helper()
	if err := wsutil.WriteClientMessage(c.conn, op, []byte(payload)); err != nil {
		c.t.Fatal(err)
	}
}

// receive returns the payload of the next text frame.
func (c *client) receive() string {
	c.t.Helper()
	payload, err := wsutil.ReadServerText(readWriter{c.in, c.conn})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(payload)
}

// expectClose reads up to the close frame, then closes too, as browsers do.
func (c *client) expectClose(code ws.StatusCode, reason string) {
	c.t.Helper()
	for {
		_, err := wsutil.ReadServerText(readWriter{c.in, c.conn})
		if err == nil {
			continue
		}
		var closed wsutil.ClosedError
		if !errors.As(err, &closed) || closed.Code != code || !strings.Contains(closed.Reason, reason) {
			c.t.Fatalf("%v, want a close frame with %d %q", err, code, reason)
		}
		_ = c.conn.Close()
		return
	}
}

// leave reads what still comes, then closes.
func (c *client) leave() {
	for {
		if _, err := wsutil.ReadServerText(readWriter{c.in, c.conn}); err != nil {
			_ = c.conn.Close()
			return
		}
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
