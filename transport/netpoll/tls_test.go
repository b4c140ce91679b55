package netpoll

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestTLSIsServedByGoroutines(t *testing.T) {
	eachMode(t, func(t *testing.T, o Options) {
		web := httptest.NewUnstartedServer(nil)
		web.StartTLS()
		defer web.Close() // only its certificate is of use
		p, err := New(o, nopLog())
		if err != nil {
			t.Fatal(err)
		}
		ln, err := tls.Listen("tcp", "127.0.0.1:0", web.TLS)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error)
		r := newRecorder(t)
		r.data = func(c Conn, p []byte) int {
			if _, err := c.Write(p); err != nil {
				t.Error(err)
			}
			c.CloseAfterFlush(nil)
			return len(p)
		}
		go func() { served <- p.Serve(ln, func(Conn) Handler { return r }) }()
		nc, err := tls.Dial("tcp", ln.Addr().String(), clientConfig(web))
		if err != nil {
			t.Fatal(err)
		}
		mustWrite(t, nc, []byte("secret"))
		if got, err := io.ReadAll(nc); err != nil || string(got) != "secret" {
			t.Errorf("read %q, %v", got, err)
		}
		_ = nc.Close()
		r.waitClosed()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// net/http must know that a request came through TLS, for the cookies it sets.
func TestDetachedTLSConnectionSaysSo(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	defer web.Close()
	s := newServer(t, DefaultOptions(), func(Conn) Handler { return nil })
	theirs, ours := tcpPair(t)
	r := newRecorder(t)
	out := make(chan net.Conn, 1)
	r.data = func(c Conn, p []byte) int {
		if len(p) > 0 {
			nc, err := c.Detach(p)
			if err != nil {
				t.Error(err)
			}
			out <- nc
		}
		return 0
	}
	if _, err := s.p.Adopt(tls.Server(ours, web.TLS), nil, r); err != nil {
		t.Fatal(err)
	}
	client := tls.Client(theirs, clientConfig(web))
	mustWrite(t, client, []byte("hello"))
	detached := <-out
	if state, ok := detached.(interface{ ConnectionState() tls.ConnectionState }); !ok || !state.ConnectionState().HandshakeComplete {
		t.Error("the TLS state is lost")
	}
	again := newRecorder(t)
	if _, err := s.p.Adopt(detached, nil, again); err != nil {
		t.Fatal(err)
	}
	again.wait("the unread bytes", func() bool { return again.got.String() == "hello" })
}

// clientConfig trusts the certificate of web.
func clientConfig(web *httptest.Server) *tls.Config {
	config := web.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com"
	return config
}

// A TLS peer that reads nothing must not hold up the poller's end.
func TestStalledTLSPeerDoesNotDelayClose(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	defer web.Close()
	s := newServer(t, DefaultOptions(), func(Conn) Handler { return nil })
	theirs, ours := tcpPair(t)
	r := newRecorder(t)
	c, err := s.p.Adopt(tls.Server(ours, web.TLS), nil, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := tls.Client(theirs, clientConfig(web)).Handshake(); err != nil {
		t.Fatal(err)
	}
	fillUntilBlocked(t, c)
	began := time.Now()
	c.Close(errors.New("enough"))
	r.waitClosed()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("closing took %v", took)
	}
}
