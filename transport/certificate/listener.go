package certificate

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// Listen puts TLS 1.2 and later before the connections of ln. Their handshakes
// happen on their first read, so no client holds up the others. WebSocket needs
// HTTP/1.1, so that is all that is offered.
func (k *Keeper) Listen(ln net.Listener) net.Listener {
	return &listener{Listener: ln, config: &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.current.Load(), nil },
	}}
}

type listener struct {
	net.Listener
	config *tls.Config
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // as a net.Listener says it
	}
	return tls.Server(&firstLook{Conn: nc}, l.config), nil
}

// firstLook is a connection of which nothing was read yet. A client that forgot
// the s of https is told so in its own language: all it would see otherwise is
// that we hang up.
type firstLook struct {
	net.Conn
	looked bool // owned by the one goroutine that reads
}

var errPlainHTTP = errors.New("an HTTP request came where TLS is spoken")

const plainHTTPAnswer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n" +
	"Client sent an HTTP request to an HTTPS server: use https or wss.\n"

const (
	// answerTimeout bounds an answer that fits every socket's buffer, and how long we
	// wait for its reader.
	answerTimeout = time.Second
	// restBytes of the request are read behind the answer, as much as net/http does.
	restBytes = 256 << 10
)

// NetConn is the connection below, for those who set its options.
func (f *firstLook) NetConn() net.Conn { return f.Conn }

func (f *firstLook) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if n == 0 || f.looked {
		return n, err //nolint:wrapcheck // as a net.Conn says it
	}
	f.looked = true
	if 'A' <= p[0] && p[0] <= 'Z' { // a method: TLS begins with 22
		return 0, errors.Join(errPlainHTTP, f.explain())
	}
	return n, err //nolint:wrapcheck // as a net.Conn says it
}

// explain answers, and reads what there still is: to close over unread bytes is to
// reset the connection, and whoever is still sending would never read why.
func (f *firstLook) explain() error {
	if err := f.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err //nolint:wrapcheck // as a net.Conn says it
	}
	if _, err := io.WriteString(f.Conn, plainHTTPAnswer); err != nil {
		return err //nolint:wrapcheck // as a net.Conn says it
	}
	if half, ok := f.Conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			return err //nolint:wrapcheck // as a net.Conn says it
		}
	}
	_, err := io.CopyN(io.Discard, f.Conn, restBytes)
	if errors.Is(err, io.EOF) {
		return nil // it has read the answer, or will
	}
	return err //nolint:wrapcheck // as a net.Conn says it
}
