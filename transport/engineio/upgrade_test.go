package engineio

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"outcry/transport/transporttest"
)

func TestUpgradeLosesNothing(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, s, addr := listen(t, mode, DefaultOptions())
		p := poll(t, addr)
		waiting := p.ask()
		waitFor(t, func() bool { return p.waits(s) })
		c := probeFor(t, addr, p)
		p.expect(waiting, "6")
		socket := r.newest()
		_, _ = socket.WriteMessage([]byte("before"))
		if _, body := p.get(); body != "4before" {
			t.Errorf("%q", body)
		}
		if _, body := p.get(); body != "6" {
			t.Errorf("%q, the client is about to change over", body)
		}
		_, _ = socket.WriteMessage([]byte("between"))
		asked := r.writable.Load()
		c.Send(ws.OpText, "5")
		if got := c.Receive(); got != "4between" {
			t.Errorf("%q", got)
		}
		waitFor(t, func() bool { return socket.Transport() == "websocket" && r.writable.Load() == asked+1 })
		if _, err := socket.WriteMessage([]byte("after")); err != nil {
			t.Error(err)
		}
		if got := c.Receive(); got != "4after" {
			t.Errorf("%q", got)
		}
		c.Send(ws.OpText, "4text")
		c.Send(ws.OpBinary, "\x01")
		r.expect(t, "open", "message text", "binary 01")
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, answer := p.must(method, "text/plain", "4x"); status != 400 || !strings.Contains(answer, `"code":3`) {
				t.Errorf("%s after the upgrade: %d %s", method, status, answer)
			}
		}
		second := transporttest.Dial(t, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket&sid="+p.sid)
		second.ExpectClose(ws.StatusPolicyViolation, "the session has a WebSocket already")
		if counts := s.Counts(); counts.Polling != 0 || counts.Upgraded != 1 || counts.Open != 1 || counts.Total != 1 {
			t.Errorf("%+v", counts)
		}
		c.Send(ws.OpClose, "\x03\xe8")
		c.Leave()
		r.expect(t, "close transport close")
	})
}

func TestAProbeThatFailsLeavesTheSessionPolling(t *testing.T) {
	o := DefaultOptions()
	o.UpgradeTimeout = 60 * time.Millisecond
	const binary = "binary "
	for name, say := range map[string][]string{
		"something else":         {"4hello"},
		"no packet":              {"x"},
		"an empty packet":        {""},
		"a bare ping":            {"2"},
		"another word":           {"2probes"},
		"binary":                 {binary + "2probe"},
		"a close":                {"1"},
		"upgrade before probe":   {"5"},
		"probe twice":            {"2probe", "2probe"},
		"upgrade with data":      {"2probe", "5x"},
		"message before upgrade": {"2probe", "4hello"},
		"binary before upgrade":  {"2probe", binary + "hello"},
		"nothing":                {},
		"half of it":             {"2probe"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _, addr := listen(t, "auto", o)
			p := poll(t, addr)
			c := transporttest.Dial(t, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket&sid="+p.sid)
			for _, packet := range say {
				if data, ok := strings.CutPrefix(packet, binary); ok {
					c.Send(ws.OpBinary, data)
				} else {
					c.Send(ws.OpText, packet)
				}
			}
			c.ExpectClose(ws.StatusPolicyViolation, "")
			if status, answer := p.post("4on"); status != 200 {
				t.Errorf("%d %s", status, answer)
			}
			r.expect(t, "open", "message on")
			waitFor(t, func() bool { // once the WebSocket is gone another may try
				again, _, _, err := ws.Dial(context.Background(), "ws://"+addr+"/socket.io/?EIO=4&transport=websocket&sid="+p.sid)
				if err == nil {
					_ = again.Close()
				}
				return err == nil
			})
		})
	}
}

// A client that knows that its WebSocket works polls no more.
func TestACloseDuringTheChangeOverComesByTheWebSocket(t *testing.T) {
	r, s, addr := listen(t, "auto", DefaultOptions())
	p := poll(t, addr)
	c := probeFor(t, addr, p)
	_, _ = r.newest().WriteMessage([]byte("last"))
	r.newest().Close(ForcedClose, 1008, "enough")
	c.Send(ws.OpText, "5")
	if got := c.Receive(); got != "4last" {
		t.Errorf("%q", got)
	}
	c.ExpectClose(ws.StatusPolicyViolation, "enough")
	r.expect(t, "open", "close forced close")
	waitFor(t, func() bool { return s.Counts().Open == 0 })
}

// Some clients do not wait for the answer to their probe. The poll that they send
// behind it may be read before it, on a connection of its own.
func TestAPollOfAClientThatHasChangedOverIsRefused(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		const attempts = 10 // of which a machine that pauses for releaseDelay spoils one
		for range attempts {
			if status := pollBesideHurriedUpgrade(t, mode); status == 400 {
				return
			}
		}
		t.Errorf("%d polls were answered", attempts)
	})
}

// pollBesideHurriedUpgrade lets a poll wait, and says 2probe and 5 in one write. It
// returns the status of the poll.
func pollBesideHurriedUpgrade(t *testing.T, mode string) int {
	t.Helper()
	r, s, addr := listen(t, mode, DefaultOptions())
	p := poll(t, addr)
	c := transporttest.Dial(t, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket&sid="+p.sid)
	status := make(chan int, 1)
	go func() {
		got, _ := p.get()
		status <- got
	}()
	waitFor(t, func() bool { return p.waits(s) })
	var frames []byte
	for _, packet := range []string{"2probe", "5", "4on", "1"} {
		frames = append(frames, ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(packet))))...)
	}
	if _, err := c.Write(frames); err != nil {
		t.Fatal(err)
	}
	c.Leave()
	r.expect(t, "open", "message on", "close transport close")
	return <-status
}

// Until the client says 5, its requests are good.
func TestAPostBehindTheProbeArrivesBeforeTheWebSocketsMessages(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		r, _, addr := listen(t, mode, DefaultOptions())
		p := poll(t, addr)
		c := probeFor(t, addr, p)
		if status, answer := p.post("4posted"); status != 200 {
			t.Errorf("%d %s", status, answer)
		}
		c.Send(ws.OpText, "5")
		c.Send(ws.OpText, "4sent")
		c.Send(ws.OpText, "1")
		c.Leave()
		r.expect(t, "open", "message posted", "message sent", "close transport close")
	})
}

// No further ping comes before the answer to the last one.
func TestAPingThatWasPolledIsAnsweredByTheWebSocket(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		o := DefaultOptions()
		o.PingInterval = 50 * time.Millisecond
		r, _, addr := listen(t, mode, o)
		p := poll(t, addr)
		if _, body := p.get(); body != "2" {
			t.Fatalf("%q, want a ping", body)
		}
		c := upgrade(t, addr, p, r.newest())
		for range 3 {
			c.Send(ws.OpText, "3")
			if got := c.Receive(); got != "2" {
				t.Fatalf("%q, want a ping", got)
			}
		}
		c.Send(ws.OpText, "1")
		c.Leave()
		r.expect(t, "open", "close transport close")
	})
}
