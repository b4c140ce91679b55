package netpoll

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
)

// detached is a connection that left the Poller: an ordinary net.Conn whose
// first bytes were read before.
type detached struct {
	net.Conn
	remote netip.AddrPort
	unread []byte // owned by the one goroutine that reads
}

// detachedTLS lets net/http see that the request came through TLS.
type detachedTLS struct {
	*detached
	tls *tls.Conn
}

func (d detachedTLS) ConnectionState() tls.ConnectionState { return d.tls.ConnectionState() }

// detach wraps nc so that it yields a copy of unread first.
func detach(nc net.Conn, remote netip.AddrPort, unread []byte) net.Conn {
	d := &detached{Conn: nc, remote: remote, unread: append([]byte(nil), unread...)}
	if tc, ok := nc.(*tls.Conn); ok {
		return detachedTLS{d, tc}
	}
	return d
}

func (d *detached) Read(p []byte) (int, error) {
	if len(d.unread) == 0 {
		return d.Conn.Read(p)
	}
	n := copy(p, d.unread)
	d.unread = d.unread[n:]
	if len(d.unread) == 0 {
		d.unread = nil
	}
	return n, nil
}

// RemoteAddr stays known after the peer has vanished, when the kernel would not
// say it any more.
func (d *detached) RemoteAddr() net.Addr {
	if !d.remote.IsValid() {
		return d.Conn.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(d.remote)
}

// ReadFrom keeps net/http's way to sendfile for static files.
func (d *detached) ReadFrom(r io.Reader) (int64, error) { return io.Copy(d.Conn, r) }

// CloseWrite lets net/http end its answer before it closes.
func (d *detached) CloseWrite() error {
	if cw, ok := d.Conn.(interface{ CloseWrite() error }); ok {
		return cw.CloseWrite()
	}
	return nil
}

// undetach takes the wrapper off again: the connection below and all that is
// unread, the wrapper's bytes after those that its reader holds.
func undetach(nc net.Conn, unread []byte) (net.Conn, []byte) {
	var d *detached
	switch nc := nc.(type) {
	case *detached:
		d = nc
	case detachedTLS:
		d = nc.detached
	default:
		return nc, unread
	}
	return d.Conn, append(unread[:len(unread):len(unread)], d.unread...)
}

// remoteAddrPort is nc's peer, or the zero value when it has no IP address.
func remoteAddrPort(nc net.Conn) netip.AddrPort {
	tcp, ok := nc.RemoteAddr().(*net.TCPAddr)
	if !ok || tcp == nil {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
