package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/transport/auth"
)

// withTLS gives an engine a certificate of localhost, and returns who trusts it.
func withTLS(t *testing.T, s *config.Settings) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s.Server.TLS.CertFile, s.Server.TLS.KeyFile = filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	for name, block := range map[string]*pem.Block{s.Server.TLS.CertFile: {Type: "CERTIFICATE", Bytes: der}, s.Server.TLS.KeyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

// eachTLSEngine is eachEngine with TLS.
func eachTLSEngine(t *testing.T, change func(*config.Settings), f func(t *testing.T, e *Engine)) {
	t.Helper()
	var trust *tls.Config
	eachEngine(t, func(s *config.Settings) {
		trust = withTLS(t, s)
		if change != nil {
			change(s)
		}
	}, func(t *testing.T, e *Engine) {
		trusting.Store(e, trust)
		t.Cleanup(func() { trusting.Delete(e) })
		f(t, e)
	})
}

func TestSlowTLSIsCutOffAndCounted(t *testing.T) {
	// long enough for the handshakes of honest clients, also on a machine that is busy
	const patience = time.Second
	hurry := func(s *config.Settings) { s.WebSocket.HeaderTimeout, s.Netpoll.LingerTimeout = patience, patience }
	eachTLSEngine(t, hurry, func(t *testing.T, e *Engine) {
		hello := clientHello(t)
		handshakes := map[string][]byte{
			"silence":               nil,
			"the first byte":        hello[:1],
			"half a hello":          hello[:len(hello)/2],
			"a hello, and no more":  hello,
			"a record of 16 KB":     append([]byte{22, 3, 1, 0x40, 0}, make([]byte, 9000)...),
			"half a record's head":  {22, 3},
			"a hello of 16 million": append([]byte{22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff}, make([]byte, 9000)...),
		}
		heads := map[string]string{"no request": "", "half a head": "GET /live HTTP/1.1\r\nHost: out", "half an upgrade": strings.TrimSuffix(upgradeRequest(), "\r\n")}
		ends := map[string]net.Conn{} // all wait at the same time
		for name, sent := range handshakes {
			ends[name] = dialTCP(t, e)
			if _, err := ends[name].Write(sent); err != nil {
				t.Fatal(err)
			}
		}
		for name, sent := range heads {
			nc := dialEngine(t, e).(*tls.Conn)
			if err := nc.Handshake(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(nc, sent); err != nil {
				t.Fatal(err)
			}
			ends[name] = nc
		}
		for name := range heads {
			if answers := readAnswers(t, bufio.NewReader(ends[name])); len(answers) != 1 || answers[0].StatusCode != http.StatusRequestTimeout {
				t.Errorf("%s: answered %v", name, answers)
			}
		}
		for name, nc := range ends {
			if _, err := io.Copy(io.Discard, nc); err != nil && !isCut(err) {
				t.Errorf("%s: it is not cut off: %v", name, err)
			}
		}
		if got, want := answerTo(t, e, "GET", "/health").body, fmt.Sprintf(`"slowHeads":%d,`, len(handshakes)+len(heads)); !strings.Contains(got, want) {
			t.Errorf("health says %s, want %s", got, want)
		}
	})
}

// clientHello is what a client says first.
func clientHello(t *testing.T) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Client(theirs, &tls.Config{ServerName: "localhost"}).Handshake() // nobody answers
	}()
	p := make([]byte, 16<<10)
	n, err := ours.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	_ = theirs.Close()
	<-done
	return p[:n]
}

func TestBadTLSEndsItsConnectionAlone(t *testing.T) {
	eachTLSEngine(t, nil, func(t *testing.T, e *Engine) {
		for name, sent := range map[string]string{
			"garbage":               "\x00\x01\x02\x03\x04\x05\x06\x07",
			"TLS of another make":   "\x16\x09\x09\x00\x05hello",
			"SSL 2":                 "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
			"data before the hello": "\x17\x03\x03\x00\x05hello",
			"an alert":              "\x15\x03\x03\x00\x02\x02\x28",
			"a record too large":    "\x16\x03\x01\xff\xff" + strings.Repeat("x", 70_000),
		} {
			t.Run(name, func(t *testing.T) {
				nc := dialTCP(t, e)
				if _, err := io.WriteString(nc, sent); err != nil && !isCut(err) {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(nc); err != nil && !isCut(err) || strings.Contains(string(got), "HTTP") {
					t.Errorf("answered %q, %v", got, err)
				}
			})
		}
		for name, version := range map[string]uint16{"TLS 1.0": tls.VersionTLS10, "TLS 1.1": tls.VersionTLS11} {
			trust := trustOf(e).Clone()
			trust.MinVersion, trust.MaxVersion = tls.VersionTLS10, version //nolint:gosec // it must fail
			if err := tls.Client(dialTCP(t, e), trust).Handshake(); err == nil {
				t.Errorf("%s is served", name)
			}
		}
		trust := trustOf(e).Clone()
		trust.NextProtos = []string{"h2"}
		if err := tls.Client(dialTCP(t, e), trust).Handshake(); err == nil {
			t.Error("HTTP/2 is served")
		}
		nc := dialTCP(t, e)
		if _, err := io.WriteString(nc, live()); err != nil {
			t.Fatal(err)
		}
		if answers := readAnswers(t, bufio.NewReader(nc)); len(answers) != 1 || answers[0].StatusCode != 400 || !strings.Contains(answers[0].body, "use https or wss") {
			t.Errorf("plain HTTP is answered %v", answers)
		}
	})
}

// What is refused without TLS is refused with it, by the same words.
func TestBadInputIsRefusedBehindTLSToo(t *testing.T) {
	eachTLSEngine(t, nil, func(t *testing.T, e *Engine) {
		for name, c := range map[string]badRequest{
			"chunks and a number":  {live(chunked, "Content-Length: 5") + noBytes, 200, isLive, false},
			"chunked twice":        {live(chunked, chunked) + noBytes, 501, "Unsupported transfer encoding", false},
			"a negative length":    {live("Content-Length: -1"), 400, badHead, false},
			"HTTP/2":               {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "use HTTP/1.1", false},
			"two hosts":            {live("Host: other"), 400, badHead, false},
			"a long header":        {live("X-A: " + strings.Repeat("x", 32<<10)), 431, "Too Large", false},
			"a page of others":     {upgradeRequest("Origin: https://evil.example"), 403, "Origin not allowed", false},
			"our page without TLS": {upgradeRequest("Origin: http://outcry"), 403, "Origin not allowed", false},
		} {
			t.Run(name, func(t *testing.T) { c.expect(t, e) })
		}
		b := openBrowser(t, e, "Origin: https://outcry")
		b.bytes([]byte{0xC1, 0x80, 0, 0, 0, 0})
		if closed := b.awaitClose(); closed.Code != 1002 {
			t.Errorf("a compressed frame closes with %v", closed)
		}
		if got := answerTo(t, e, "GET", "/live").Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=31536000") {
			t.Errorf("Strict-Transport-Security %q", got)
		}
	})
}

// An engine that stops tells browsers behind TLS, too, and leaves nothing behind,
// whoever is still in the middle of a handshake.
func TestDrainWorksUnderTLS(t *testing.T) {
	loaded, err := config.Load(config.Source{Environ: []string{"JWT_SECRET=" + testSecret}, Flags: map[string]string{"server.listen": "127.0.0.1:0", "server.data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	trust := withTLS(t, &loaded.Settings)
	loaded.Settings.Server.DrainTime = 200 * time.Millisecond
	e := newEngine(t, loaded)
	trusting.Store(e, trust)
	defer trusting.Delete(e)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx, func() {}) }()

	b := openBrowser(t, e)
	b.say(fmt.Sprintf(`40{"token":%q}`, tokenOf(t, "ann", auth.Trader)))
	b.await(`42["connection.authorized"`)
	idle := dialEngine(t, e) // net/http keeps it for another request
	if _, err := io.WriteString(idle, live()); err != nil {
		t.Fatal(err)
	}
	if _, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil {
		t.Fatal(err)
	}
	silent := dialTCP(t, e) // has not begun its handshake
	actortest.Eventually(t, "the session", func() bool { return e.sessions.Stats().Live == 1 })
	stop()
	b.await(`42["server:shutdown"`)
	if closed := b.awaitClose(); closed.Code != 1001 {
		t.Errorf("closed with %v", closed)
	}
	for name, nc := range map[string]net.Conn{"idle": idle, "silent": silent} {
		if _, err := io.Copy(io.Discard, nc); err != nil && !isCut(err) {
			t.Errorf("%s: not closed but %v", name, err)
		}
	}
	if err := <-done; err != nil {
		t.Errorf("the engine did not stop cleanly: %v", err)
	}
}
