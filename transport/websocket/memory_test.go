package websocket

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/gobwas/ws"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"outcry/transport/netpoll"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// memoryConn is a netpoll.Conn without a socket.
type memoryConn struct {
	written bytes.Buffer
	writes  int
	pending int
	ended   bool // closed at once or after a flush
	cause   error
	handler netpoll.Handler
}

func (c *memoryConn) Write(p []byte) (bool, error) {
	if c.ended {
		return false, net.ErrClosed
	}
	c.writes++
	c.written.Write(p)
	return c.pending > 0, nil
}

func (c *memoryConn) Pending() int                    { return c.pending }
func (c *memoryConn) Unread() bool                    { return false }
func (c *memoryConn) Close(cause error)               { c.ended, c.cause = true, cause }
func (c *memoryConn) CloseAfterFlush(cause error)     { c.ended, c.cause = true, cause }
func (c *memoryConn) RemoteAddr() netip.AddrPort      { return netip.MustParseAddrPort("192.0.2.1:50000") }
func (c *memoryConn) SetHandler(h netpoll.Handler)    { c.handler = h }
func (c *memoryConn) Detach([]byte) (net.Conn, error) { return nil, net.ErrClosed }

// frames parses what the server wrote.
func (c *memoryConn) frames(t testing.TB) []ws.Frame {
	t.Helper()
	return readFrames(t, c.written.Bytes())
}

func readFrames(t testing.TB, p []byte) []ws.Frame {
	t.Helper()
	var all []ws.Frame
	for r := bytes.NewReader(p); r.Len() > 0; {
		f, err := ws.ReadFrame(r)
		if err != nil {
			t.Fatalf("the server wrote no frame: %v", err)
		}
		if f.Header.Masked || f.Header.Rsv != 0 {
			t.Fatalf("the server wrote a frame with the header %+v", f.Header)
		}
		all = append(all, f)
	}
	return all
}

// feed does what netpoll does: what was not consumed comes again with more.
type feed struct {
	c    *memoryConn
	h    netpoll.Handler
	kept []byte
}

func (f *feed) give(p []byte) {
	f.kept = append(f.kept, p...)
	if f.c.ended {
		return
	}
	joined := bytes.Clone(f.kept) // as netpoll's memory: the handler may change it
	n := f.h.Data(f.c, joined)
	f.kept = bytes.Clone(joined[n:])
}

// inbox is a Handler that remembers what came.
type inbox struct {
	messages []string // "text:..." and "binary:..."
	writable int
	closed   []error
	onText   func(c *Conn, payload []byte)
}

func (i *inbox) Text(c *Conn, payload []byte) {
	i.messages = append(i.messages, "text:"+string(payload))
	if i.onText != nil {
		i.onText(c, payload)
	}
}

func (i *inbox) Binary(_ *Conn, payload []byte) {
	i.messages = append(i.messages, "binary:"+string(payload))
}

func (i *inbox) Writable(*Conn)            { i.writable++ }
func (i *inbox) Closed(_ *Conn, err error) { i.closed = append(i.closed, err) }

// newTestAcceptor is closed when the test ends.
func newTestAcceptor(t testing.TB, o Options, open Open) *Acceptor {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	a := NewAcceptor(o, func(uri []byte) bool { return bytes.HasPrefix(uri, []byte("/socket.io/")) }, open, zerolog.Nop())
	t.Cleanup(a.Close)
	return a
}

// memoryWebSocket is an open WebSocket without a socket.
func memoryWebSocket(t testing.TB, a *Acceptor) (*Conn, *inbox, *memoryConn, *feed) {
	t.Helper()
	c, h := &memoryConn{}, &inbox{}
	conn := &Conn{a: a, nc: c, h: h}
	t.Cleanup(func() { // as netpoll would, so that nothing waits for an answer
		if conn.state.Load() != closeReached || len(h.closed) == 0 {
			(*inbound)(conn).Closed(c, c.cause)
		}
	})
	return conn, h, c, &feed{c: c, h: (*inbound)(conn)}
}

var testMask = [4]byte{0x12, 0x34, 0x56, 0x78}

// masked is a client's frame.
func masked(op ws.OpCode, fin bool, payload string) []byte {
	var b bytes.Buffer
	f := ws.MaskFrameWith(ws.NewFrame(op, fin, []byte(payload)), testMask)
	if err := ws.WriteFrame(&b, f); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// describe shows a frame in a test's message.
func describe(f ws.Frame) string {
	return fmt.Sprintf("opcode %d fin %v payload %.50q", f.Header.OpCode, f.Header.Fin, f.Payload)
}
