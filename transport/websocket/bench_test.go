package websocket

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/rs/zerolog"

	"outcry/transport/netpoll"
)

// benchAcceptor grants everything.
func benchAcceptor(b *testing.B) *Acceptor {
	a := NewAcceptor(DefaultOptions(), func([]byte) bool { return true }, func(*Request) (Handler, func(*Conn), *Reject) {
		return discarding{}, nil, nil
	}, zerolog.Nop())
	b.Cleanup(a.Close)
	return a
}

// BenchmarkUpgrade is a connection from its acceptance to the open WebSocket,
// without the sockets.
func BenchmarkUpgrade(b *testing.B) {
	a := benchAcceptor(b)
	head := []byte(upgradeHeadText)
	nc := &memoryConn{}
	b.ReportAllocs()
	for b.Loop() {
		nc.written.Reset()
		h := a.Accept(nc)
		if n := h.Data(nc, head); n != len(head) {
			b.Fatalf("consumed %d of %d bytes", n, len(head))
		}
	}
}

// BenchmarkInbound is what clients send most: a pong packet, and an event.
func BenchmarkInbound(b *testing.B) {
	for name, payload := range map[string]string{
		"pong":  "3",
		"event": `42["subscribe:watchlist",{"symbols":["AAPL","MSFT","NVDA"],"batch":true}]`,
		"64 KB": strings.Repeat("x", 64<<10),
	} {
		b.Run(name, func(b *testing.B) {
			conn := &Conn{a: benchAcceptor(b), nc: &memoryConn{}, h: discarding{}}
			f := masked(ws.OpText, true, payload)
			p := make([]byte, len(f))
			b.SetBytes(int64(len(f)))
			b.ReportAllocs()
			for b.Loop() {
				copy(p, f)
				(*inbound)(conn).Data(conn.nc, p)
			}
		})
	}
}

// nullConn takes everything.
type nullConn struct{ memoryConn }

func (*nullConn) Write([]byte) (bool, error) { return false, nil }

var _ netpoll.Conn = (*nullConn)(nil)

// BenchmarkWriteText is one small packet, framed and given to the connection.
func BenchmarkWriteText(b *testing.B) {
	conn := &Conn{a: benchAcceptor(b), nc: &nullConn{}, h: discarding{}}
	payload := bytes.Repeat([]byte("x"), 120)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.WriteText(payload); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFrame is a frame whose length is known only at its end, as the
// encoder of quotes makes it.
func BenchmarkFrame(b *testing.B) {
	payload := bytes.Repeat([]byte("x"), 200)
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = EndText(append(BeginText(dst[:0]), payload...), 0)
	}
}
