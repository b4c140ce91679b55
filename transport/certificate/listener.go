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

const plainHTTPAnswer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
	"Client sent an HTTP request to an HTTPS server: use https or wss.\n"

// answerTimeout bounds an answer that fits every socket's buffer.
const answerTimeout = time.Second

func (f *firstLook) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if n == 0 || f.looked {
		return n, err //nolint:wrapcheck // as a net.Conn says it
	}
	f.looked = true
	if 'A' <= p[0] && p[0] <= 'Z' { // a method: TLS begins with 22
		_ = f.SetWriteDeadline(time.Now().Add(answerTimeout)) // if it is closed the write says so
		if _, err := io.WriteString(f.Conn, plainHTTPAnswer); err != nil {
			return 0, errors.Join(errPlainHTTP, err)
		}
		return 0, errPlainHTTP
	}
	return n, err //nolint:wrapcheck // as a net.Conn says it
}
