package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// echoing answers every connection with what it says, until the test ends.
func echoing(t *testing.T, k *Keeper) (address string) {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := k.Listen(plain)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			p := make([]byte, 64)
			n, _ := nc.Read(p)
			_, _ = nc.Write(p[:n])
			_ = nc.Close()
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	return ln.Addr().String()
}

func keeperOf(t *testing.T, p pair) *Keeper {
	t.Helper()
	k, err := NewKeeper(write(t, t.TempDir(), p), zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestClientsAreServedByTLS(t *testing.T) {
	p := made(t, 1, time.Now().Add(time.Hour))
	address := echoing(t, keeperOf(t, p))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.cert)
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		nc, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: "localhost", MaxVersion: version, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Fatal(name, err)
		}
		if protocol := nc.ConnectionState().NegotiatedProtocol; protocol != "http/1.1" {
			t.Errorf("%s: speaks %q", name, protocol)
		}
		if _, err := io.WriteString(nc, "hello"); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(nc); err != nil || string(got) != "hello" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		_ = nc.Close()
	}
	if nc, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil { //nolint:gosec // it must fail
		t.Error("TLS 1.1 is served")
		_ = nc.Close()
	}
}

func TestOnlyHTTP1IsOffered(t *testing.T) {
	p := made(t, 1, time.Now().Add(time.Hour))
	address := echoing(t, keeperOf(t, p))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.cert)
	for name, c := range map[string]struct {
		offered []string
		want    string
		ok      bool
	}{
		"a browser":     {[]string{"h2", "http/1.1"}, "http/1.1", true},
		"nothing":       {nil, "", true}, // a client that knows no ALPN
		"HTTP/2 alone":  {[]string{"h2"}, "", false},
		"another thing": {[]string{"acme-tls/1"}, "", false},
	} {
		nc, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: c.offered})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if got := nc.ConnectionState().NegotiatedProtocol; got != c.want {
			t.Errorf("%s: speaks %q", name, got)
		}
		_ = nc.Close()
	}
}

// Whoever sets the options of a connection finds it below what is around it.
func TestTheSocketIsFoundBelow(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := keeperOf(t, made(t, 1, time.Now().Add(time.Hour))).Listen(plain)
	defer ln.Close()
	theirs, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for {
		outer, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		nc = outer.NetConn()
	}
	if _, ok := nc.(*net.TCPConn); !ok {
		t.Errorf("at the bottom is a %T", nc)
	}
}

// The answer is read whole, however much there is of the request, and whether its
// sender waits for the answer or goes on.
func TestPlainHTTPIsToldSo(t *testing.T) {
	address := echoing(t, keeperOf(t, made(t, 1, time.Now().Add(time.Hour))))
	for name, request := range map[string]string{
		"a short one":             "GET / HTTP/1.1\r\nHost: outcry\r\n\r\n",
		"half a line":             "G",
		"one with a long cookie":  "GET / HTTP/1.1\r\nHost: outcry\r\nCookie: a=" + strings.Repeat("b", 8000) + "\r\n\r\n",
		"one with a long body":    "POST / HTTP/1.1\r\nHost: outcry\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("x", 200_000),
		"HTTP/2 with a beginning": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(nc, request); err != nil {
			t.Errorf("%s: cut off while it is sent: %v", name, err)
		}
		got, err := io.ReadAll(nc)
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 400 ") || !strings.Contains(string(got), "use https") || len(got) != len(plainHTTPAnswer) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		_ = nc.Close()
	}
}

// One who sends on and on and never closes is cut off.
func TestPlainHTTPWithoutEndEnds(t *testing.T) {
	address := echoing(t, keeperOf(t, made(t, 1, time.Now().Add(time.Hour))))
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(20 * time.Second)); err != nil { // only bounds a test that fails
		t.Fatal(err)
	}
	for err == nil {
		_, err = io.WriteString(nc, strings.Repeat("GET / HTTP/1.1\r\n", 4096))
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("it is still read")
	}
}
