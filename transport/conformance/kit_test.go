package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"
)

// TestMain makes of the test binary the server itself when a test asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("CONFORMANCE_SERVER") != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of these tests; none takes as long when it passes.
const patience = 20 * time.Second

// client makes no connection outlive the request, so that none is left to count
// as a leak.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

// start runs the server on a free port until the test ends, and returns its address.
func start(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	var problems strings.Builder
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"--addr", "127.0.0.1:0"}, in, &problems) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d: %s", code, problems.String())
		}
	})
	return address(t, out)
}

// address reads where a server listens from what it says.
func address(t *testing.T, out io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(line, "listening on http://")
	if err != nil || !ok {
		t.Fatalf("it said %q: %v", line, err)
	}
	return strings.TrimSpace(addr)
}

// endpoint is one of the two paths of a server.
type endpoint struct {
	t         *testing.T
	addr, uri string // the URI as far as the query's parameters
}

// do makes a request and returns the status and the body.
func (e endpoint) do(method, query, body string) (int, string) {
	e.t.Helper()
	status, text, err := e.request(method, query, body)
	if err != nil {
		e.t.Fatal(err)
	}
	return status, text
}

// begin makes a request, whose status and body follow.
func (e endpoint) begin(method, query string) <-chan string {
	answer := make(chan string, 1)
	go func() {
		status, body, err := e.request(method, query, "")
		if err != nil {
			body = err.Error()
		}
		answer <- fmt.Sprintf("%d %s", status, body)
	}()
	return answer
}

func (e endpoint) request(method, query, body string) (status int, text string, err error) {
	r, err := http.NewRequest(method, "http://"+e.addr+e.uri+query, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return response.StatusCode, string(read), err
}

func (e endpoint) expect(method, query, body string, status int, text string) {
	e.t.Helper()
	if gotStatus, got := e.do(method, query, body); gotStatus != status || text != "" && got != text {
		e.t.Fatalf("%s %s: %d %q, want %d %q", method, query, gotStatus, got, status, text)
	}
}

// handshake is what both transports begin with.
type handshake struct {
	SID          string
	Upgrades     []string
	PingInterval int
	PingTimeout  int
	MaxPayload   int
}

func (e endpoint) checkHandshake(packet string, upgrades ...string) handshake {
	e.t.Helper()
	var h handshake
	data, ok := strings.CutPrefix(packet, "0")
	if err := json.Unmarshal([]byte(data), &h); !ok || err != nil {
		e.t.Fatalf("%q is no handshake: %v", packet, err)
	}
	if h.SID == "" || !slices.Equal(h.Upgrades, upgrades) || h.PingInterval != 300 || h.PingTimeout != 200 || h.MaxPayload != 1_000_000 {
		e.t.Fatalf("handshake %s", packet)
	}
	return h
}

// poll opens a session by polling and returns the query of its requests.
func (e endpoint) poll() string {
	e.t.Helper()
	_, packet := e.do("GET", "?EIO=4&transport=polling", "")
	return "?EIO=4&transport=polling&sid=" + e.checkHandshake(packet, "websocket").SID
}

// socket is a WebSocket.
type socket struct {
	t    *testing.T
	conn net.Conn
	in   io.Reader
}

// dial opens a WebSocket; err is that of a refusal.
func (e endpoint) dial(query string) (*socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+e.addr+e.uri+query)
	if err != nil {
		return nil, err
	}
	e.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	s := &socket{t: e.t, conn: conn, in: conn}
	if early != nil { // frames that came with the response
		s.in = early
	}
	return s, nil
}

// open opens a WebSocket of its own and reads the handshake.
func (e endpoint) open() *socket {
	e.t.Helper()
	s := e.mustDial("?EIO=4&transport=websocket")
	e.checkHandshake(s.receive())
	return s
}

func (e endpoint) mustDial(query string) *socket {
	e.t.Helper()
	s, err := e.dial(query)
	if err != nil {
		e.t.Fatal(err)
	}
	return s
}

// send sends packets: a text, or bytes as a binary message.
func (s *socket) send(packets ...any) {
	s.t.Helper()
	for _, p := range packets {
		var err error
		switch p := p.(type) {
		case string:
			err = wsutil.WriteClientText(s.conn, []byte(p))
		case []byte:
			err = wsutil.WriteClientBinary(s.conn, p)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

type readWriter struct {
	io.Reader
	io.Writer
}

func (s *socket) read() (string, ws.OpCode, error) {
	p, op, err := wsutil.ReadServerData(readWriter{s.in, s.conn})
	return string(p), op, err
}

func (s *socket) receive() string {
	s.t.Helper()
	p, _, err := s.read()
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// expect reads packets. A ping in between is answered, unless it is expected.
func (s *socket) expect(packets ...any) {
	s.t.Helper()
	for _, want := range packets {
		got, op, err := s.read()
		for err == nil && got == "2" && want != "2" {
			s.send("3")
			got, op, err = s.read()
		}
		if err != nil {
			s.t.Fatalf("%v, want %q", err, want)
		}
		bytes, isBinary := want.([]byte)
		if isBinary != (op == ws.OpBinary) || isBinary && got != string(bytes) || !isBinary && got != want {
			s.t.Fatalf("%q, want %q", got, want)
		}
	}
}

// expectClose reads to the end, and says nothing more.
func (s *socket) expectClose() {
	s.t.Helper()
	for {
		_, _, err := s.read()
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			s.t.Fatal("it was not closed")
		}
		if err != nil {
			_ = s.conn.Close()
			return
		}
	}
}

// connect opens a WebSocket in the main namespace.
func (e endpoint) connect() *socket {
	e.t.Helper()
	s := e.open()
	s.send("40")
	s.expectConnected("40", `42["auth",{}]`)
	return s
}

// expectConnected reads a CONNECT reply with nothing but an id, and the auth event.
func (s *socket) expectConnected(reply, auth string) {
	s.t.Helper()
	got := s.receive()
	var payload map[string]any
	data, ok := strings.CutPrefix(got, reply)
	if err := json.Unmarshal([]byte(data), &payload); !ok || err != nil || len(payload) != 1 || payload["sid"] == "" {
		s.t.Fatalf("%q, want %s with a sid", got, reply)
	}
	s.expect(auth)
}
