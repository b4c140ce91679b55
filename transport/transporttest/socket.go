package transporttest

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Socket is a browser's end of a WebSocket. What goes wrong fails its test.
type Socket struct {
	net.Conn
	t  testing.TB
	in io.Reader
}

// Dial opens the WebSocket of a URL. It is closed when the test ends.
func Dial(t testing.TB, url string) *Socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(Patience))
	s := &Socket{Conn: conn, t: t, in: conn}
	if early != nil { // frames that came with the response
		s.in = early
	}
	return s
}

// Send writes messages, a frame each.
func (s *Socket) Send(op ws.OpCode, messages ...string) {
	s.t.Helper()
	for _, message := range messages {
		if err := wsutil.WriteClientMessage(s.Conn, op, []byte(message)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// Receive returns the next message, a text or binary one.
func (s *Socket) Receive() string {
	s.t.Helper()
	message, _, err := wsutil.ReadServerData(s.both())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(message)
}

// ExpectClose reads up to the close frame, then closes too, as browsers do.
func (s *Socket) ExpectClose(code ws.StatusCode, reason string) {
	s.t.Helper()
	err := s.readToEnd()
	var closed wsutil.ClosedError
	if !errors.As(err, &closed) || closed.Code != code || !strings.Contains(closed.Reason, reason) {
		s.t.Fatalf("%v, want a close frame with %d %q", err, code, reason)
	}
	_ = s.Close()
}

// Leave reads what still comes, then closes.
func (s *Socket) Leave() {
	_ = s.readToEnd()
	_ = s.Close()
}

func (s *Socket) readToEnd() error {
	for {
		if _, _, err := wsutil.ReadServerData(s.both()); err != nil {
			return err
		}
	}
}

// both is what wsutil reads from and answers control frames to.
func (s *Socket) both() io.ReadWriter {
	return struct {
		io.Reader
		io.Writer
	}{s.in, s.Conn}
}
