package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/transport/auth"
	"outcry/transport/netpoll"
)

// badInputPatience bounds every wait for bytes; none takes as long when it passes.
const badInputPatience = 20 * time.Second

// eachEngine runs f against a whole engine, on event loops where there are any and
// on goroutines. When f is done nothing of its connections may be left.
func eachEngine(t *testing.T, change func(*config.Settings), f func(t *testing.T, e *Engine)) {
	t.Helper()
	for _, mode := range modes() {
		t.Run(mode, func(t *testing.T) {
			e := serve(t, func(s *config.Settings) {
				s.Netpoll.Mode, s.Server.DrainTime = mode, 0
				s.Limit.DialsPerSecond = 0 // every case dials, and proves that the engine lives
				if change != nil {
					change(s)
				}
			})
			before := sockets(t)
			f(t, e)
			stillHonest(t, e)
			nothingLeft(t, e)
			noSocketLeft(t, before)
		})
	}
}

// modes are the ways to serve sockets that there are here.
func modes() []string {
	if runtime.GOOS == "linux" {
		return []string{netpoll.ModeGoroutine, netpoll.ModeEpoll}
	}
	return []string{netpoll.ModeGoroutine}
}

// nothingLeft waits until no connection and no session is left.
func nothingLeft(t *testing.T, e *Engine) {
	t.Helper()
	actortest.Eventually(t, "all connections to be gone", func() bool {
		return e.server.Counts().Open == 0 && e.sessions.Stats().Live == 0
	})
}

// noSocketLeft waits until the process has no more sockets than before, when every
// one of the test's own is closed.
func noSocketLeft(t *testing.T, before int) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	dialed.Range(func(nc, of any) bool {
		if of == t.Name() || strings.HasPrefix(of.(string), t.Name()+"/") {
			_ = nc.(net.Conn).Close()
		}
		return true
	})
	actortest.Eventually(t, "all sockets to be closed", func() bool { return sockets(t) <= before })
}

// sockets is how many this process has; 0 where the system does not say.
func sockets(t *testing.T) (n int) {
	t.Helper()
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if target, err := os.Readlink(filepath.Join(folder, entry.Name())); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}

// stillHonest makes an honest request, and an honest browser's connection, on new
// connections.
func stillHonest(t *testing.T, e *Engine) {
	t.Helper()
	answers := talk(t, e, "GET /live HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n\r\n")
	if len(answers) != 1 || answers[0].StatusCode != http.StatusOK {
		t.Fatalf("an honest request is answered %v", answers)
	}
	b := openBrowser(t, e)
	b.say(`40{"token":"` + tokenOf(t, "honest", auth.Trader) + `"}`)
	b.await(`40{"sid":`)
	b.leave()
}

// rawAnswer is an answer with its whole body.
type rawAnswer struct {
	*http.Response
	body string
}

// talk sends bytes on a new connection and reads answers until the engine closes
// it, which each request must lead to.
func talk(t *testing.T, e *Engine, bytes string) []rawAnswer {
	t.Helper()
	nc := dialEngine(t, e)
	defer nc.Close()
	if _, err := io.WriteString(nc, bytes); err != nil && !isCut(err) {
		t.Fatal(err)
	}
	return readAnswers(t, bufio.NewReader(nc))
}

// answerTo makes one request without a body on a connection of its own.
func answerTo(t *testing.T, e *Engine, method, target string, lines ...string) rawAnswer {
	t.Helper()
	answers := talk(t, e, method+" "+target+" HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n"+headerLines(lines)+"\r\n")
	if len(answers) != 1 {
		t.Fatalf("%s %s is answered %v", method, target, answers)
	}
	return answers[0]
}

// dialEngine opens a connection as a client does, by TLS where the engine has it.
func dialEngine(t *testing.T, e *Engine) net.Conn {
	t.Helper()
	nc := dialTCP(t, e)
	if trust := trustOf(e); trust != nil {
		return tls.Client(nc, trust)
	}
	return nc
}

var (
	trusting sync.Map // *Engine: the *tls.Config of those who trust it
	dialed   sync.Map // net.Conn: the name of the test that opened it
)

// trustOf is nil for an engine without TLS.
func trustOf(e *Engine) *tls.Config {
	trust, _ := trusting.Load(e)
	config, _ := trust.(*tls.Config)
	return config
}

func dialTCP(t *testing.T, e *Engine) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", e.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dialed.Store(nc, t.Name())
	t.Cleanup(func() { _ = nc.Close(); dialed.Delete(nc) })
	if err := nc.SetDeadline(time.Now().Add(badInputPatience)); err != nil {
		t.Fatal(err)
	}
	return nc
}

// readAnswers reads answers until the connection ends.
func readAnswers(t *testing.T, from *bufio.Reader) (answers []rawAnswer) {
	t.Helper()
	for {
		if _, err := from.Peek(1); errors.Is(err, io.EOF) || isCut(err) {
			return answers
		}
		response, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatalf("no answer behind %d others: %v", len(answers), err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil && !isCut(err) {
			t.Fatal(err)
		}
		answers = append(answers, rawAnswer{response, string(body)})
	}
}

// isCut reports whether the engine closed while more was on its way to it.
func isCut(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func tokenOf(t *testing.T, user string, roles ...auth.Role) string {
	t.Helper()
	token, err := mint(testSecret, auth.Claims{User: user, Roles: roles, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// upgradeRequest asks for a WebSocket, with more header lines.
func upgradeRequest(lines ...string) string {
	return "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: outcry\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + headerLines(lines) + "\r\n"
}

func headerLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}
