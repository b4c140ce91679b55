package netpoll

import (
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// around is what a room puts around a connection, below TLS.
type around struct{ net.Conn }

func (a around) NetConn() net.Conn { return a.Conn }

// What the kernel keeps for a reader that stalls is bounded under TLS, too, however
// deep the socket is: else quotes would wait in it and grow old.
func TestTheSendBufferIsBoundedBelowTLS(t *testing.T) {
	o := DefaultOptions()
	o.SendBufferBytes = 48 << 10
	s := newServer(t, o, func(Conn) Handler { return nil })
	for name, wrap := range map[string]func(nc net.Conn) net.Conn{
		"TLS":                         func(nc net.Conn) net.Conn { return tls.Server(nc, &tls.Config{}) },
		"TLS with something below it": func(nc net.Conn) net.Conn { return tls.Server(around{nc}, &tls.Config{}) },
	} {
		_, ours := tcpPair(t)
		r := newRecorder(t)
		c, err := s.p.Adopt(wrap(ours), nil, r)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := ours.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var got int
		var problem error
		if err := raw.Control(func(fd uintptr) { got, problem = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF) }); err != nil {
			t.Fatal(err)
		}
		if problem != nil || got != 2*o.SendBufferBytes { // the kernel doubles it
			t.Errorf("%s: SO_SNDBUF is %d, %v; want %d", name, got, problem, 2*o.SendBufferBytes)
		}
		c.Close(errors.New("enough"))
		r.waitClosed()
	}
}
