package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// rawBrowser is a WebSocket that speaks packets as they are on the wire.
type rawBrowser struct {
	t        *testing.T
	nc       net.Conn
	from     *bufio.Reader
	response *http.Response
	heard    []string // all so far, for what a test says when it fails
}

// openBrowser upgrades a connection with more header lines, and reads the
// handshake's packet.
func openBrowser(t *testing.T, e *Engine, lines ...string) *rawBrowser {
	t.Helper()
	return openBrowserBy(t, e, upgradeRequest(lines...))
}

func openBrowserBy(t *testing.T, e *Engine, request string) *rawBrowser {
	t.Helper()
	nc := dialEngine(t, e)
	if _, err := io.WriteString(nc, request); err != nil {
		t.Fatal(err)
	}
	from := bufio.NewReader(nc)
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &rawBrowser{t: t, nc: nc, from: from, response: response}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("no upgrade but %s %s", response.Status, body)
	}
	b.await("0{")
	return b
}

// say sends one packet.
func (b *rawBrowser) say(packet string) {
	b.t.Helper()
	b.bytes(packetFrame(packet))
}

// packetFrame is a packet as a browser sends it.
func packetFrame(packet string) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(packet))))
}

// bytes sends what may be no frame at all.
func (b *rawBrowser) bytes(p []byte) {
	b.t.Helper()
	if _, err := b.nc.Write(p); err != nil && !isCut(err) {
		b.t.Fatal(err)
	}
}

// next returns the next packet, or the code and reason with which the engine
// closed.
func (b *rawBrowser) next() (packet string, closed *wsutil.ClosedError) {
	b.t.Helper()
	for {
		f, err := ws.ReadFrame(b.from)
		if err != nil {
			b.t.Fatalf("%v behind %q", err, b.heard)
		}
		switch f.Header.OpCode {
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameData(f.Payload)
			return "", &wsutil.ClosedError{Code: code, Reason: reason}
		case ws.OpText:
			b.heard = append(b.heard, string(f.Payload))
			return string(f.Payload), nil
		}
	}
}

// await returns the next packet that begins so.
func (b *rawBrowser) await(prefix string) string {
	b.t.Helper()
	for {
		packet, closed := b.next()
		if closed != nil {
			b.t.Fatalf("closed with %v behind %q, while %q was awaited", closed, b.heard, prefix)
		}
		if strings.HasPrefix(packet, prefix) {
			return packet
		}
	}
}

// awaitClose reads up to the close frame.
func (b *rawBrowser) awaitClose() *wsutil.ClosedError {
	b.t.Helper()
	for {
		if _, closed := b.next(); closed != nil {
			_ = b.nc.Close()
			return closed
		}
	}
}

// leave closes as a browser does, and reads what still comes.
func (b *rawBrowser) leave() {
	b.t.Helper()
	b.bytes(ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))))
	if _, err := io.Copy(io.Discard, b.from); err != nil && !isCut(err) && !errors.Is(err, net.ErrClosed) {
		b.t.Fatal(err)
	}
	_ = b.nc.Close()
}

// openedBehind upgrades a connection behind another request, if there is one.
func (b *rawBrowser) openedBehind(before, request string) {
	b.t.Helper()
	if got := b.refusedBehind(before, request); got != http.StatusSwitchingProtocols {
		b.t.Fatalf("no upgrade but %d", got)
	}
	b.await("0{")
}

// refusedBehind returns the status of an upgrade's answer.
func (b *rawBrowser) refusedBehind(before, request string) int {
	b.t.Helper()
	b.from = bufio.NewReader(b.nc)
	for _, text := range []string{before, request} {
		if text == "" {
			continue
		}
		if _, err := io.WriteString(b.nc, text); err != nil {
			b.t.Fatal(err)
		}
		response, err := http.ReadResponse(b.from, nil)
		if err != nil {
			b.t.Fatal(err)
		}
		b.response = response
		if response.StatusCode != http.StatusSwitchingProtocols {
			_, _ = io.Copy(io.Discard, response.Body) // what is cut off shows in the next answer
		}
	}
	return b.response.StatusCode
}
