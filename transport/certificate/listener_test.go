package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
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

func TestPlainHTTPIsToldSo(t *testing.T) {
	address := echoing(t, keeperOf(t, made(t, 1, time.Now().Add(time.Hour))))
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "GET / HTTP/1.1\r\nHost: outcry\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(nc)
	if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 400 ") || !strings.Contains(string(got), "use https") || len(got) != len(plainHTTPAnswer) {
		t.Errorf("%q, %v", got, err)
	}
}
