package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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
	by        string // what carries the sessions of enter
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
