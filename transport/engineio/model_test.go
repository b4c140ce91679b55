package engineio

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"pgregory.net/rapid"
)

// plan is what happens to one session.
type plan struct {
	down, up     int // messages of the server and of the client
	inPayload    int // the client's messages in one post
	switchAt     int // how many messages the client posts before it probes; beyond up: never
	abandonAt    int // the poll that the client gives up; -1: none
	failedProbes int // WebSockets that break off before the one that takes over
	answersFirst bool
	yields       []int // how long the server rests between its messages
}

func drawPlan(t *rapid.T) plan {
	return plan{
		down:         rapid.IntRange(0, 60).Draw(t, "down"),
		up:           rapid.IntRange(0, 40).Draw(t, "up"),
		inPayload:    rapid.IntRange(1, 5).Draw(t, "in a payload"),
		switchAt:     rapid.IntRange(0, 50).Draw(t, "switch at"),
		abandonAt:    max(-1, rapid.IntRange(-20, 6).Draw(t, "abandon at")),
		failedProbes: rapid.IntRange(0, 2).Draw(t, "failed probes"),
		answersFirst: rapid.Bool().Draw(t, "fail behind the answer"),
		yields:       rapid.SliceOfN(rapid.IntRange(0, 200), 8, 8).Draw(t, "yields"),
	}
}

// modelClient keeps the rules of the protocol, and notes what it gets.
type modelClient struct {
	poller  *poller
	addr    string
	plan    plan
	polls   int
	ended   bool     // the session has, since a poll was given up
	packets []string // messages of the server, in order

	mu      sync.Mutex // guards the next block
	pausing bool       // no further poll
}

func (c *modelClient) mayPoll() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.pausing
}

func (c *modelClient) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pausing = true
}

// pollUntilPaused polls, one request behind the other. A poll that waits when the
// client pauses ends by a message or the noop of the probe.
func (c *modelClient) pollUntilPaused() {
	for c.mayPoll() && !c.ended && len(c.packets) < c.plan.down {
		ctx, cancel := context.WithCancel(context.Background())
		if c.polls == c.plan.abandonAt {
			cancel()
		}
		c.polls++
		status, body, err := c.poller.do(ctx, http.MethodGet, "", "")
		cancel()
		if err != nil || status != 200 {
			c.ended = true
			return
		}
		c.note(strings.Split(body, "\x1e"))
	}
}

// note keeps what brings a message, text or binary.
func (c *modelClient) note(packets []string) {
	for _, packet := range packets {
		if packet != "" && (packet[0] == '4' || packet[0] == binaryMark) {
			c.packets = append(c.packets, packet)
		}
	}
}

// failProbe opens a WebSocket that breaks off.
func (c *modelClient) failProbe() {
	conn, _, _, err := ws.Dial(context.Background(), "ws://"+c.addr+"/socket.io/?EIO=4&transport=websocket&sid="+c.poller.sid)
	if err != nil {
		return // the one before is not gone yet, or the session has ended
	}
	_ = wsutil.WriteClientText(conn, []byte("2probe"))
	if c.plan.answersFirst {
		_, _ = wsutil.ReadServerText(conn)
	}
	_ = conn.Close()
}

// probe returns a WebSocket that may take over, nil where the session has ended.
func (c *modelClient) probe() io.ReadWriteCloser {
	for range c.plan.failedProbes {
		c.failProbe()
	}
	for {
		conn, early, _, err := ws.Dial(context.Background(), "ws://"+c.addr+"/socket.io/?EIO=4&transport=websocket&sid="+c.poller.sid)
		if err != nil {
			if status, _, _ := c.poller.do(context.Background(), http.MethodPost, "", "6"); status != 200 {
				return nil
			}
			runtime.Gosched() // a WebSocket that broke off is still being noticed
			continue
		}
		in := io.Reader(conn)
		if early != nil {
			in = early
		}
		stream := struct {
			io.Reader
			io.WriteCloser
		}{in, conn}
		if err := wsutil.WriteClientText(stream, []byte("2probe")); err != nil {
			return nil
		}
		if answer, err := wsutil.ReadServerText(stream); err != nil || string(answer) != "3probe" {
			_ = conn.Close()
			return nil
		}
		return stream
	}
}

// post sends messages from up to below to.
func (c *modelClient) post(from, to int) bool {
	for from < to {
		var payload []string
		for ; from < to && len(payload) < c.plan.inPayload; from++ {
			payload = append(payload, fmt.Sprintf("4up %d", from))
		}
		if status, _, err := c.poller.do(context.Background(), http.MethodPost, "", strings.Join(payload, "\x1e")); err != nil || status != 200 {
			return false
		}
	}
	return true
}

// run lives the session. It returns when both sides have everything or it ended.
func (c *modelClient) run() {
	var polling sync.WaitGroup
	polling.Go(c.pollUntilPaused)
	posted := min(c.plan.switchAt, c.plan.up)
	alive := c.post(0, posted)
	if c.plan.switchAt > c.plan.up {
		polling.Wait()
		return
	}
	var stream io.ReadWriteCloser
	if alive {
		stream = c.probe()
	}
	c.pause()
	polling.Wait()
	if stream == nil {
		c.ended = true
		return
	}
	defer func() { _ = stream.Close() }()
	_ = wsutil.WriteClientText(stream, []byte("5"))
	for i := posted; i < c.plan.up; i++ {
		_ = wsutil.WriteClientText(stream, fmt.Appendf(nil, "4up %d", i))
	}
	for len(c.packets) < c.plan.down {
		packet, op, err := wsutil.ReadServerData(stream)
		if err != nil {
			c.ended = true
			return
		}
		if op == ws.OpBinary {
			c.note([]string{fmt.Sprintf("b%s", packet)})
			continue
		}
		c.note([]string{string(packet)})
	}
	_ = wsutil.WriteClientText(stream, []byte("1"))
	_, _ = io.Copy(io.Discard, stream) // until the server has closed
}

// The order of polls, posts and the switch is the scheduler's; that every message
// arrives once and in order, or the session ends, is not.
func TestMessagesArriveOnceAndInOrderOrTheSessionEnds(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		r, s, addr := listen(t, mode, DefaultOptions())
		rapid.Check(t, func(rt *rapid.T) {
			p := drawPlan(rt)
			c := &modelClient{poller: poll(t, addr), addr: addr, plan: p}
			r.expect(t, "open")
			socket := r.newest()
			var writing sync.WaitGroup
			writing.Go(func() { writeDown(socket, p) })
			c.run()
			writing.Wait()
			c.checkDown(rt)
			if !c.ended && p.switchAt > p.up {
				c.poller.post("1")
			}
			checkUp(t, rt, r, p, c.ended)
			waitFor(t, func() bool { return s.Counts().Open == 0 && s.probes.Len() == 0 })
		})
	})
}

// writeDown is the server's side.
func writeDown(socket *Socket, p plan) {
	for i := range p.down {
		for range p.yields[i%len(p.yields)] {
			runtime.Gosched()
		}
		if _, err := socket.WriteMessage(fmt.Appendf(nil, "down %d", i)); err != nil {
			return // the session has ended
		}
	}
}

// checkDown looks at what the client got.
func (c *modelClient) checkDown(t *rapid.T) {
	for i, got := range c.packets {
		if want := fmt.Sprintf("4down %d", i); got != want {
			t.Fatalf("message %d of the server is %q", i, got)
		}
	}
	if !c.ended && len(c.packets) != c.plan.down {
		t.Fatalf("%d of %d messages of the server arrived, and the session goes on", len(c.packets), c.plan.down)
	}
	if c.ended && (c.plan.abandonAt < 0 || c.polls <= c.plan.abandonAt) {
		t.Fatal("the session ended, and nobody gave up a poll")
	}
}

// checkUp looks at what the server got, up to the end of the session.
func checkUp(t *testing.T, rt *rapid.T, r *recorder, p plan, ended bool) {
	got := 0
	for told := range r.told {
		if strings.HasPrefix(told, "close ") {
			break
		}
		if want := fmt.Sprintf("message up %d", got); told != want {
			rt.Fatalf("%q, want %q", told, want)
		}
		got++
	}
	<-r.errs
	if !ended && got != p.up {
		t.Errorf("%d of %d messages of the client arrived", got, p.up)
	}
}
