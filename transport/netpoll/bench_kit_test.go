package netpoll

import (
	"net"
	"testing"
)

// echoing names its connection when the first bytes come and answers later ones.
type echoing struct {
	conn  chan Conn
	named bool
}

func (h *echoing) Data(c Conn, p []byte) int {
	if h.named {
		_, _ = c.Write(p) // a failure shows at the other end
		return len(p)
	}
	h.named = true
	h.conn <- c
	return len(p)
}

func (*echoing) Writable(Conn)      {}
func (*echoing) Closed(Conn, error) {}

// benchConn is a served connection: the server's end, and the peer's.
func benchConn(b *testing.B, o Options) (Conn, net.Conn) {
	p, err := New(o, nopLog())
	if err != nil {
		b.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	h := &echoing{conn: make(chan Conn, 1)}
	served := make(chan error, 1)
	go func() { served <- p.Serve(ln, func(Conn) Handler { return h }) }()
	peer, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = peer.Close()
		_ = p.Close()
		<-served
	})
	if _, err := peer.Write([]byte("hello")); err != nil {
		b.Fatal(err)
	}
	return <-h.conn, peer
}
