package websocket

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMessagesOfEveryLengthComeBack(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, DefaultOptions(), echoes(t))
		nc, _ := s.dial()
		for _, n := range append(frameLengths, DefaultOptions().MaxMessageBytes) {
			if err := exchange(nc, strings.Repeat("x", n)); err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
		}
		if err := wsutil.WriteClientBinary(nc, []byte{0, 1, 2}); err != nil {
			t.Fatal(err)
		}
		got, err := wsutil.ReadServerBinary(nc)
		if diff := cmp.Diff([]byte{0, 1, 2}, got); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	})
}

// Both ways in: in the loop, and through net/http on a kept-alive connection.
func eachRoute(t *testing.T, f func(t *testing.T, mode string, before func(t *testing.T, nc net.Conn))) {
	eachMode(t, func(t *testing.T, mode string) {
		t.Run("in the loop", func(t *testing.T) { f(t, mode, func(*testing.T, net.Conn) {}) })
		t.Run("through net/http", func(t *testing.T) { f(t, mode, greet) })
	})
}

// greet makes an ordinary request, which takes the connection to net/http.
func greet(t *testing.T, nc net.Conn) {
	t.Helper()
	mustWrite(t, nc, []byte("GET /hello HTTP/1.1\r\nHost: outcry\r\n\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "hello "+nc.LocalAddr().String() {
		t.Fatalf("greeted with %q, %v", body, err)
	}
}

func TestRequestSaysWhatTheClientSent(t *testing.T) {
	eachRoute(t, func(t *testing.T, mode string, before func(*testing.T, net.Conn)) {
		p := newPeer(t)
		asked := make(chan Request, 1)
		s := newServer(t, mode, DefaultOptions(), func(r *Request) (Handler, func(*Conn), *Reject) {
			asked <- *r
			return p.open(r)
		})
		nc := s.connect()
		before(t, nc)
		head := strings.Replace(upgradeHeadText, "Host:", "Origin: https://dash.example\r\nCookie: sid=1; theme=dark\r\n"+
			"Authorization: Bearer abc\r\nX-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: 203.0.113.2, 203.0.113.3\r\nHost:", 1)
		// frames right behind the head, sent before the answer, are not lost
		mustWrite(t, nc, join([]byte(head), masked(ws.OpText, true, "early"), masked(ws.OpText, true, "bird")))
		resp, rest := readResponse(t, nc)
		if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Extensions") != "" {
			t.Fatalf("answered %s %v", resp.Status, resp.Header)
		}
		want := Request{
			URI: "/socket.io/?EIO=4&transport=websocket", Host: "outcry.example", Origin: "https://dash.example",
			Authorization: "Bearer abc", Cookie: "sid=1; theme=dark",
			ForwardedFor: "203.0.113.1, 203.0.113.2, 203.0.113.3",
		}
		got := <-asked
		if got.RemoteAddr.String() != nc.LocalAddr().String() {
			t.Errorf("the peer is %s, want %s", got.RemoteAddr, nc.LocalAddr())
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Request{}, "RemoteAddr")); diff != "" {
			t.Error(diff)
		}
		for _, want := range []string{"early", "bird"} {
			f, err := ws.ReadFrame(rest)
			if err != nil || string(f.Payload) != want {
				t.Errorf("read %s, %v", describe(f), err)
			}
		}
		c := <-p.opened
		if c.RemoteAddr().String() != nc.LocalAddr().String() {
			t.Errorf("the connection's peer is %s", c.RemoteAddr())
		}
		_ = nc.Close()
		if cause := p.waitClosed(); !errors.Is(cause, io.EOF) {
			t.Errorf("closed because of %v", cause)
		}
	})
}

// readResponse leaves what follows the response's head in rest.
func readResponse(t *testing.T, nc net.Conn) (*http.Response, *bufio.Reader) {
	t.Helper()
	rest := bufio.NewReader(nc)
	resp, err := http.ReadResponse(rest, &http.Request{Method: http.MethodGet})
	if err != nil {
		t.Fatal(err)
	}
	return resp, rest
}

func TestTheFirstSubprotocolIsChosen(t *testing.T) {
	eachRoute(t, func(t *testing.T, mode string, before func(*testing.T, net.Conn)) {
		s := newServer(t, mode, DefaultOptions(), echoes(t))
		for asked, want := range map[string]string{
			"": "", "v1": "v1", "v1, v2": "v1", "v2 ,v1": "v2", "\t graphql-ws": "graphql-ws", ",,": "", "a b": "a", "(": "", "a\r\nSec-WebSocket-Protocol: b": "a",
		} {
			nc := s.connect()
			before(t, nc)
			mustWrite(t, nc, []byte(strings.Replace(upgradeHeadText, "Host:", "Sec-WebSocket-Protocol: "+asked+"\r\nHost:", 1)))
			resp, _ := readResponse(t, nc)
			if got := resp.Header.Values("Sec-WebSocket-Protocol"); resp.StatusCode != http.StatusSwitchingProtocols || strings.Join(got, "|") != want {
				t.Errorf("asked for %q: %s, %q; want %q", asked, resp.Status, got, want)
			}
			_ = nc.Close()
		}
	})
}

func TestRequestMayArriveByteByByte(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, DefaultOptions(), echoes(t))
		nc := s.connect()
		for _, b := range join([]byte(upgradeHeadText), masked(ws.OpText, true, "slow")) {
			mustWrite(t, nc, []byte{b})
		}
		resp, rest := readResponse(t, nc)
		if resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("answered %s", resp.Status)
		}
		if f, err := ws.ReadFrame(rest); err != nil || string(f.Payload) != "slow" {
			t.Errorf("read %s, %v", describe(f), err)
		}
	})
}

func TestRejectIsAnHTTPAnswer(t *testing.T) {
	eachRoute(t, func(t *testing.T, mode string, before func(*testing.T, net.Conn)) {
		s := newServer(t, mode, DefaultOptions(), func(*Request) (Handler, func(*Conn), *Reject) {
			return nil, nil, &Reject{
				Status: http.StatusServiceUnavailable, ContentType: "application/json",
				Body: `{"code":3}`, RetryAfter: 1500 * time.Millisecond,
			}
		})
		nc := s.connect()
		before(t, nc)
		mustWrite(t, nc, join([]byte(upgradeHeadText), masked(ws.OpText, true, "early")))
		resp, rest := readResponse(t, nc)
		body, err := io.ReadAll(resp.Body)
		if err != nil || string(body) != `{"code":3}` || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("answered %s %q, %v", resp.Status, body, err)
		}
		for name, want := range map[string]string{"Content-Type": "application/json", "Retry-After": "2"} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if !resp.Close {
			t.Error("the answer does not say that the connection closes")
		}
		if _, err := rest.ReadByte(); err != io.EOF {
			t.Errorf("after the answer: %v", err)
		}
	})
}

func TestOpenedMayWriteAtOnce(t *testing.T) {
	eachRoute(t, func(t *testing.T, mode string, before func(*testing.T, net.Conn)) {
		s := newServer(t, mode, DefaultOptions(), func(*Request) (Handler, func(*Conn), *Reject) {
			return newPeer(t), func(c *Conn) {
				if _, err := c.WriteText([]byte("welcome")); err != nil {
					t.Error(err)
				}
				c.Close(CodeTryAgainLater, "full")
			}, nil
		})
		nc := s.connect()
		before(t, nc)
		mustWrite(t, nc, []byte(upgradeHeadText))
		_, rest := readResponse(t, nc)
		if f, err := ws.ReadFrame(rest); err != nil || string(f.Payload) != "welcome" {
			t.Errorf("read %s, %v", describe(f), err)
		}
		f, err := ws.ReadFrame(rest)
		if err != nil || f.Header.OpCode != ws.OpClose || string(f.Payload) != "\x03\xf5full" {
			t.Errorf("read %s, %v", describe(f), err)
		}
	})
}

func TestUpgradeFitsAProxysConnection(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, DefaultOptions(), echoes(t))
		nc := s.connect()
		for range 3 {
			greet(t, nc)
		}
		if err := upgradeOn(nc, "ws://"+s.addr+"/socket.io/?EIO=4&transport=websocket"); err != nil {
			t.Fatal(err)
		}
		if err := exchange(nc, "through a proxy"); err != nil {
			t.Fatal(err)
		}
	})
}

// upgradeOn makes nc a WebSocket.
func upgradeOn(nc net.Conn, target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	_, _, err = ws.Dialer{}.Upgrade(nc, u)
	return err
}
