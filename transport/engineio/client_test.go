package engineio

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"outcry/transport/netpoll"
	"outcry/transport/transporttest"
)

func TestHandshakeTellsTheClientWhatItNeeds(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, s, addr := listen(t, mode, DefaultOptions())
		c := dial(t, addr)
		open := c.Receive()
		if !strings.HasPrefix(open, "0") {
			t.Fatalf("%q is no open packet", open)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(open[1:]), &got); err != nil {
			t.Fatal(err)
		}
		sid, _ := got["sid"].(string)
		delete(got, "sid")
		upgrades, isArray := got["upgrades"].([]any)
		delete(got, "upgrades")
		if len(sid) != 20 || !isArray || len(upgrades) != 0 {
			t.Errorf("%s", open)
		}
		for key, want := range map[string]float64{"pingInterval": 25_000, "pingTimeout": 60_000, "maxPayload": 1_000_000} {
			if got[key] != want {
				t.Errorf("%s is %v, want %v", key, got[key], want)
			}
			delete(got, key)
		}
		if len(got) != 0 {
			t.Errorf("the protocol does not know %v", got)
		}
		r.expect(t, "open")
		socket := r.newest()
		if socket.ID() != sid || socket.Request().URI != "/socket.io/?EIO=4&transport=websocket" || socket.Request().Host != addr {
			t.Errorf("%s %+v", socket.ID(), socket.Request())
		}
		if counts := s.Counts(); counts.Open != 1 || counts.Total != 1 {
			t.Errorf("%+v", counts)
		}
	})
}

func TestMessagesGoBothWays(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, _, addr := listen(t, mode, DefaultOptions())
		c := dial(t, addr)
		c.Receive()
		c.Send(ws.OpText, "4hello €")
		c.Send(ws.OpText, "4")
		c.Send(ws.OpBinary, "\x01\x02")
		c.Send(ws.OpText, "bAQI=")
		c.Send(ws.OpText, "b")
		r.expect(t, "open", "message hello €", "message ", "binary 0102", "binary 0102", "binary ")
		for _, size := range []int{0, 1, 124, 125, 300, 70_000} {
			want := strings.Repeat("m", size)
			if _, err := r.newest().WriteMessage([]byte(want)); err != nil {
				t.Fatal(err)
			}
			if got := c.Receive(); got != "4"+want {
				t.Errorf("%d bytes came as %d", size, len(got)-1)
			}
		}
	})
}

// What the server does on each packet that is no message.
func TestControlPacketsOfClients(t *testing.T) {
	for packet, want := range map[string]struct {
		code   ws.StatusCode // 0: the connection goes on
		text   string
		reason string
	}{
		"0":       {},
		"0{}":     {},
		"3":       {},
		"3probe":  {},
		"5":       {},
		"6":       {},
		"1":       {ws.StatusNormalClosure, "", "transport close"},
		"1bye":    {ws.StatusNormalClosure, "", "transport close"},
		"2":       {ws.StatusPolicyViolation, "the server pings", "transport error"},
		"2probe":  {ws.StatusPolicyViolation, "the server pings", "transport error"},
		"":        {ws.StatusPolicyViolation, "empty packet", "parse error"},
		"7":       {ws.StatusPolicyViolation, "packet type '7'", "parse error"},
		"abc":     {ws.StatusPolicyViolation, "packet type 'a'", "parse error"},
		"bAQIDBA": {ws.StatusPolicyViolation, "a binary packet is not base64", "parse error"},
		"é":       {ws.StatusPolicyViolation, "packet type", "parse error"},
	} {
		t.Run(packet, func(t *testing.T) {
			transporttest.EachMode(t, func(t *testing.T, mode string) {
				r, s, addr := listen(t, mode, DefaultOptions())
				c := dial(t, addr)
				c.Send(ws.OpText, packet)
				if want.code == 0 {
					c.Send(ws.OpText, "4on")
					r.expect(t, "open", "message on")
					return
				}
				c.Send(ws.OpText, "4not heard")
				c.ExpectClose(want.code, want.text)
				r.expect(t, "open", "close "+want.reason)
				if n := s.Counts().Open; n != 0 {
					waitFor(t, func() bool { return s.Counts().Open == 0 })
				}
			})
		})
	}
}

// waitFor polls a condition that another goroutine brings about.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never happened")
		}
	}
}

func TestEndsOfConnectionsAreTold(t *testing.T) {
	for name, test := range map[string]struct {
		end    func(c *transporttest.Socket)
		reason string
	}{
		"client closes":      {func(c *transporttest.Socket) { c.Send(ws.OpClose, "\x03\xe8bye"); c.Leave() }, "transport close"},
		"client disappears":  {func(c *transporttest.Socket) { _ = c.Close() }, "transport close"},
		"client resets":      {func(c *transporttest.Socket) { _ = c.Conn.(*net.TCPConn).SetLinger(0); _ = c.Close() }, "transport close"},
		"frame without mask": {func(c *transporttest.Socket) { _, _ = c.Write([]byte{0x81, 1, '3'}); c.Leave() }, "transport error"},
		"text not UTF-8":     {func(c *transporttest.Socket) { c.Send(ws.OpText, "4\xff"); c.Leave() }, "transport error"},
		"message too big": {func(c *transporttest.Socket) {
			_, _ = c.Write([]byte{0x81, 0xFF, 0, 0, 0, 0, 0x7F, 0, 0, 0, 1, 2, 3, 4})
			c.Leave()
		}, "transport error"},
	} {
		t.Run(name, func(t *testing.T) {
			transporttest.EachMode(t, func(t *testing.T, mode string) {
				r, _, addr := listen(t, mode, DefaultOptions())
				c := dial(t, addr)
				c.Receive()
				test.end(c)
				r.expect(t, "open", "close "+test.reason)
			})
		})
	}
}

// The client is there, but nobody answers: what a half-open connection is like.
func TestHalfOpenConnectionIsFound(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		o := DefaultOptions()
		o.PingInterval, o.PingTimeout = 50*time.Millisecond, 60*time.Millisecond
		r, _, addr := listen(t, mode, o)
		c := dial(t, addr)
		c.Receive()
		if ping := c.Receive(); ping != "2" {
			t.Fatalf("%q, want a ping", ping)
		}
		c.Send(ws.OpText, "3")
		if ping := c.Receive(); ping != "2" {
			t.Fatalf("%q, want the next ping", ping)
		}
		r.expect(t, "open", "close ping timeout")
	})
}

func TestShutdownTellsClientsToGoAway(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, s, addr := listen(t, mode, DefaultOptions())
		c := dial(t, addr)
		c.Receive()
		done := make(chan error, 1)
		go func() { done <- s.Close(context.Background()) }()
		c.ExpectClose(ws.StatusGoingAway, "server shutting down")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		r.expect(t, "open", "close server shutting down")
	})
}

func TestRefusedUpgradeIsAnHTTPAnswer(t *testing.T) {
	o := DefaultOptions()
	o.MaxConnections = 1
	_, _, addr := listen(t, netpoll.ModeAuto, o)
	get := func(query string) (status int, retryAfter, body string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, "http://"+addr+"/socket.io/?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		transport := &http.Transport{DisableKeepAlives: true}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, answer.Header.Get("Retry-After"), string(text)
	}
	if status, _, body := get("EIO=3&transport=websocket"); status != 400 || body != `{"code":5,"message":"Unsupported protocol version"}` {
		t.Errorf("%d %s", status, body)
	}
	dial(t, addr).Receive()
	if status, retry, body := get("EIO=4&transport=websocket"); status != 503 || retry == "" || !strings.Contains(body, "full") {
		t.Errorf("%d, Retry-After %q, %s", status, retry, body)
	}
	response, err := http.Get("http://" + addr + "/socket.io/?EIO=4&transport=polling")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("polling: %d", response.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
}
