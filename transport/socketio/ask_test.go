package socketio

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"outcry/transport/engineio"
)

// hearing notes every answer.
type hearing struct {
	mu    sync.Mutex // guards heard
	heard []string
}

func (h *hearing) hear(a Answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.Err != nil {
		h.heard = append(h.heard, a.Err.Error())
		return
	}
	h.heard = append(h.heard, fmt.Sprintf("%s %q", a.Args, a.Attachments))
}

func (h *hearing) expect(t *testing.T, want ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.heard, want) {
		t.Errorf("heard %q, want %q", h.heard, want)
	}
	h.heard = nil
}

// asking is a client that was let in, with one question under way.
func asking(t *testing.T) (*served, *Socket, *hearing) {
	t.Helper()
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`)
	c.e.take()
	h := &hearing{}
	s := c.r.socket()
	if _, err := s.EmitWithAck(h.hear, "ask", []byte(`[1]`)); err != nil {
		t.Fatal(err)
	}
	if sent := c.e.take(); !slices.Equal(sent, []string{`text 420["ask",1]`}) {
		t.Fatalf("sent %q", sent)
	}
	return c, s, h
}

func TestAcknowledgementIsHeardOnce(t *testing.T) {
	c, s, h := asking(t)
	c.says(`31["of nothing"]`)
	h.expect(t)
	c.says(`30["yes",{"a":1}]`, `30["again"]`)
	h.expect(t, `["yes",{"a":1}] []`)
	if _, err := s.EmitWithAck(h.hear, "next", []byte(`[]`), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if sent := c.e.take(); !slices.Equal(sent, []string{`text 451-1["next"]`, "binary x"}) {
		t.Errorf("sent %q", sent)
	}
	c.says(`31[]`)
	h.expect(t, `[] []`)
	c.ends()
	h.expect(t)
}

func TestBinaryAcknowledgementIsHeardWithItsAttachments(t *testing.T) {
	c, _, h := asking(t)
	c.says(`61-0[{"_placeholder":true,"num":0}]`)
	h.expect(t)
	c.says(attached("data"))
	h.expect(t, `[{"_placeholder":true,"num":0}] ["data"]`)
	c.ends()
}

func TestAcknowledgementsBelongToTheirNamespace(t *testing.T) {
	c, _, h := asking(t)
	c.says(`0/admin`, `3/admin,0["other"]`)
	h.expect(t)
	c.says(`30["own"]`)
	h.expect(t, `["own"] []`)
	c.ends()
}

func TestEndOfTheSocketIsHeardInsteadOfAnAcknowledgement(t *testing.T) {
	for name, end := range map[string]func(c *served, s *Socket){
		"connection ends":    func(c *served, _ *Socket) { c.close(engineio.PingTimeout) },
		"client leaves":      func(c *served, _ *Socket) { c.says(`1`) },
		"server disconnects": func(_ *served, s *Socket) { s.Disconnect() },
	} {
		t.Run(name, func(t *testing.T) {
			c, s, h := asking(t)
			end(c, s)
			h.expect(t, net.ErrClosed.Error())
			c.ends()
			h.expect(t)
			if n := c.server.asks.Len(); n != 0 {
				t.Errorf("%d deadlines are left", n)
			}
		})
	}
}

func TestMissingAcknowledgementIsHeardInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, h := asking(t)
		time.Sleep(AckTimeout - time.Millisecond)
		h.expect(t)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		h.expect(t, ErrAckTimeout.Error())
		c.says(`30["late"]`)
		c.ends()
		h.expect(t)
	})
}

func TestUnansweredEventsAreBounded(t *testing.T) {
	c, s, h := asking(t)
	for range maxAsked - 1 {
		if _, err := s.EmitWithAck(h.hear, "ask", []byte(`[]`)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.EmitWithAck(h.hear, "ask", []byte(`[]`)); !errors.Is(err, ErrTooManyAsked) {
		t.Errorf("%v, want a bound", err)
	}
	c.says(`37["one less"]`)
	if _, err := s.EmitWithAck(h.hear, "ask", []byte(`[]`)); err != nil {
		t.Error(err)
	}
	h.expect(t, `["one less"] []`)
	c.ends()
}

func TestEventThatCannotBeWrittenIsNotAsked(t *testing.T) {
	c, s, h := asking(t)
	c.says(`30[]`)
	h.expect(t, `[] []`)
	s.Close(engineio.ForcedClose, 1000, "")
	if _, err := s.EmitWithAck(h.hear, "ask", []byte(`[]`)); err == nil {
		t.Error("asked on a connection that is closed")
	}
	if _, err := s.EmitWithAck(h.hear, "ask", []byte(`[]`), make([][]byte, 11)...); err == nil {
		t.Error("asked with too many attachments")
	}
	c.ends()
	h.expect(t)
	if n := c.server.asks.Len(); n != 0 {
		t.Errorf("%d deadlines are left", n)
	}
}

// Whoever wins, each question that was asked is answered exactly once.
func TestAnswersRaceWithTheEnd(t *testing.T) {
	for range 300 {
		c, s, h := asking(t)
		var racing sync.WaitGroup
		var err error
		racing.Go(func() { c.says(`30["yes"]`, `31["yes"]`) })
		racing.Go(func() { _, err = s.EmitWithAck(h.hear, "ask", []byte(`[]`)) })
		racing.Go(s.Disconnect)
		racing.Wait()
		want := 2
		if err != nil {
			want = 1
		}
		if n := len(h.heard); n != want {
			t.Fatalf("heard %q (asking: %v), want %d answers", h.heard, err, want)
		}
		c.ends()
		if n := c.server.asks.Len(); n != 0 || len(h.heard) != want {
			t.Fatalf("%d deadlines are left, heard %q", n, h.heard)
		}
	}
}
