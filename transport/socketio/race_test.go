package socketio

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"outcry/transport/engineio"
)

// ended counts what a handler was told of the end of sockets.
func (r *recorder) ended() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, call := range r.told {
		if strings.HasPrefix(call, "disconnect") {
			n++
		}
	}
	return n
}

// Whoever wins, the handler is told of the end exactly once for what it accepted
// or left unanswered, and never for what it refused.
func TestAnswersRaceWithTheEndOfTheConnection(t *testing.T) {
	for range 300 {
		c := newServed(t, DefaultOptions(), nil)
		c.says(`0`)
		s := c.r.socket()
		var racing sync.WaitGroup
		var err error
		racing.Go(func() { err = s.Accept([]byte(`{}`)) })
		racing.Go(func() { c.close(engineio.TransportClose) })
		racing.Wait()
		if n := c.r.ended(); n != 1 {
			t.Fatalf("accepted (%v) and told of %d ends", err, n)
		}
		if _, err := s.WriteFrames([]byte("f")); err == nil {
			t.Fatal("written to a socket that ended")
		}
	}
	for range 300 {
		c := newServed(t, DefaultOptions(), nil)
		c.says(`0`)
		s := c.r.socket()
		var racing sync.WaitGroup
		racing.Go(func() { s.Refuse("no", nil) })
		racing.Go(func() { c.close(engineio.TransportClose) })
		racing.Wait()
		refused := slices.Contains(c.e.take(), `4{"message":"no"}`)
		if n := c.r.ended(); n > 1 || (n == 0) != refused {
			t.Fatalf("refused: %t, told of %d ends", refused, n)
		}
		if n := c.server.connects.Len(); n != 0 {
			t.Fatalf("%d entries are left", n)
		}
	}
}

// The client's first event may arrive while the write of the reply has yet to
// return to Accept.
func TestEventBehindTheReplyFindsTheSocketAccepted(t *testing.T) {
	c := newServed(t, DefaultOptions(), nil)
	c.says(`0`)
	c.r.take()
	handled := make(chan struct{})
	c.e.onReply = func() {
		go func() {
			c.says(`2["a"]`)
			close(handled)
		}()
		select {
		case <-handled:
			t.Error("the event did not wait for Accept")
		case <-time.After(20 * time.Millisecond): // it waits
		}
	}
	if err := c.r.socket().Accept([]byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	<-handled
	if told := c.r.take(); c.e.closing() != "" || !slices.Equal(told, []string{"event / a [] -1"}) {
		t.Errorf("told %q, closed: %s", told, c.e.closing())
	}
	c.ends()
}

// Nothing overtakes the reply to CONNECT.
func TestFramesFollowTheReply(t *testing.T) {
	for range 300 {
		c := newServed(t, DefaultOptions(), nil)
		c.says(`0`)
		s := c.r.socket()
		var racing sync.WaitGroup
		racing.Go(func() { _ = s.Accept([]byte(`{}`)) })
		racing.Go(func() {
			for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
				if _, err := s.WriteFrames([]byte("f")); err == nil {
					return
				}
			}
			t.Error("never accepted")
		})
		racing.Wait()
		if sent := c.e.take(); !slices.Equal(sent, []string{`0{}`, "frames f"}) {
			t.Fatalf("sent %q", sent)
		}
		c.ends()
	}
}

func TestServerAndClientDisconnectAtOnce(t *testing.T) {
	for range 300 {
		c := newServed(t, DefaultOptions(), accept)
		c.says(`0`)
		s := c.r.socket()
		c.e.take()
		var racing sync.WaitGroup
		racing.Go(s.Disconnect)
		racing.Go(func() { c.says(`1`) })
		racing.Wait()
		byServer := slices.Contains(c.e.take(), "1")
		if n := c.r.ended(); (n == 0) != byServer {
			t.Fatalf("by the server: %t, told of %d ends", byServer, n)
		}
		c.mu.Lock()
		accepted := c.accepted
		c.mu.Unlock()
		if accepted != 0 {
			t.Fatalf("%d count as accepted", accepted)
		}
		c.ends()
	}
}

// A socket sent away while its connection ends starts no time to connect.
func TestSocketSentAwayWhileItsConnectionEnds(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`)
	s := c.r.socket()
	c.leave() // the end of the connection, up to the socket's turn
	s.Disconnect()
	if n := c.server.connects.Len(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
	c.ends()
	if n := c.r.ended(); n != 0 {
		t.Errorf("told of %d ends of a socket that the server sent away", n)
	}
}
