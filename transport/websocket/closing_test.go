package websocket

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

func TestPingIsAnsweredWithItsPayload(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	_, _, nc, feed := memoryWebSocket(t, a)
	var pings []byte
	for i := range 100 {
		pings = append(pings, masked(ws.OpPing, true, fmt.Sprint("ping ", i))...)
	}
	feed.give(pings)
	frames := nc.frames(t)
	if len(frames) != 100 || nc.writes != 1 {
		t.Fatalf("%d answers in %d writes", len(frames), nc.writes)
	}
	for i, f := range frames {
		if f.Header.OpCode != ws.OpPong || string(f.Payload) != fmt.Sprint("ping ", i) {
			t.Errorf("ping %d was answered with %s", i, describe(f))
		}
	}
}

func TestPingIsAnsweredBeforeTheMessagesReadWithItAreDelivered(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	_, h, nc, feed := memoryWebSocket(t, a)
	var answered []int // writes before each message
	h.onText = func(*Conn, []byte) { answered = append(answered, nc.writes) }
	read := masked(ws.OpPing, true, "first")
	for range 50 {
		read = append(append(read, masked(ws.OpText, true, "x")...), masked(ws.OpPing, true, "later")...)
	}
	feed.give(read)
	if len(answered) != 50 || answered[0] != 1 || nc.writes != 2 || len(nc.frames(t)) != 51 {
		t.Errorf("%d writes before the first of %d messages, %d in all", answered[0], len(answered), nc.writes)
	}
}

// A peer that pings and does not read costs one answer, the newest.
func TestPingFloodOfAStalledPeerCostsOneAnswer(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	conn, h, nc, feed := memoryWebSocket(t, a)
	nc.pending = 1
	for i := range 10_000 {
		feed.give(masked(ws.OpPing, true, fmt.Sprint("ping ", i)))
	}
	if nc.writes != 0 {
		t.Fatalf("%d answers were queued", nc.writes)
	}
	nc.pending = 0
	(*inbound)(conn).Writable(nc)
	frames := nc.frames(t)
	if len(frames) != 1 || string(frames[0].Payload) != "ping 9999" {
		t.Errorf("answered with %v", frames)
	}
	(*inbound)(conn).Writable(nc)
	if nc.writes != 1 || h.writable != 2 {
		t.Errorf("%d answers, %d calls of Writable", nc.writes, h.writable)
	}
}

func TestEmptyPingOfAStalledPeerIsAnswered(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	conn, _, nc, feed := memoryWebSocket(t, a)
	nc.pending = 1
	feed.give(masked(ws.OpPing, true, ""))
	nc.pending = 0
	(*inbound)(conn).Writable(nc)
	if frames := nc.frames(t); len(frames) != 1 || frames[0].Header.OpCode != ws.OpPong {
		t.Errorf("answered with %v", frames)
	}
}

func TestNothingIsDeliveredAfterClose(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	conn, h, nc, feed := memoryWebSocket(t, a)
	h.onText = func(c *Conn, _ []byte) { c.Close(CodePolicyViolation, "no more") }
	feed.give(join(
		masked(ws.OpText, true, "one"), masked(ws.OpText, true, "two"), masked(ws.OpPing, true, "three"),
		masked(ws.OpText, false, "four"),
	))
	if diff := cmp.Diff([]string{"text:one"}, h.messages); diff != "" {
		t.Error(diff)
	}
	frames := nc.frames(t)
	if len(frames) != 1 || frames[0].Header.OpCode != ws.OpClose || string(frames[0].Payload[2:]) != "no more" {
		t.Fatalf("the server wrote %v", frames)
	}
	if nc.ended {
		t.Fatal("the connection ended before the peer answered")
	}
	for _, write := range []func([]byte) (bool, error){conn.WriteText, conn.WriteFrames} {
		if _, err := write([]byte("late")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after Close: %v", err)
		}
	}
	conn.Close(CodeNormal, "again")
	feed.give(masked(ws.OpClose, true, "\x03\xe8"))
	if !nc.ended || len(nc.frames(t)) != 1 {
		t.Errorf("ended %v with %v", nc.ended, nc.frames(t))
	}
	(*inbound)(conn).Closed(nc, io.EOF)
	want := &CloseError{Code: CodePolicyViolation, Reason: "no more"}
	if diff := cmp.Diff([]error{want}, h.closed); diff != "" {
		t.Error(diff)
	}
}

func TestUnansweredCloseIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := DefaultOptions()
		a := newTestAcceptor(t, o, nil)
		conn, _, nc, _ := memoryWebSocket(t, a)
		conn.Close(CodeGoingAway, "")
		time.Sleep(o.LingerTimeout - time.Nanosecond)
		synctest.Wait()
		if conn.state.Load() != closeSent {
			t.Fatal("dropped too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !nc.ended {
			t.Fatal("still open")
		}
	})
}

func TestAcceptorCloseWaitsForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := DefaultOptions()
		a := newTestAcceptor(t, o, nil)
		conn, _, nc, feed := memoryWebSocket(t, a)
		conn.Close(CodeGoingAway, "")
		var closing sync.WaitGroup
		closing.Go(a.Close)
		synctest.Wait()
		time.Sleep(o.LingerTimeout / 2)
		if nc.ended {
			t.Fatal("the Acceptor did not wait")
		}
		feed.give(masked(ws.OpClose, true, ""))
		(*inbound)(conn).Closed(nc, nil)
		began := time.Now()
		closing.Wait()
		if took := time.Since(began); took > 0 {
			t.Errorf("the Acceptor waited %v longer than the last answer", took)
		}

		late, _, lateConn, _ := memoryWebSocket(t, a)
		late.Close(CodeGoingAway, "")
		if !lateConn.ended {
			t.Error("a connection waits for an answer that nobody times any more")
		}
	})
}

func TestAbortSendsNothing(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	conn, h, nc, _ := memoryWebSocket(t, a)
	cause := errors.New("ping timeout")
	conn.Abort(cause)
	conn.Close(CodeNormal, "")
	if nc.writes != 0 || nc.cause != cause {
		t.Errorf("%d writes, cause %v", nc.writes, nc.cause)
	}
	(*inbound)(conn).Closed(nc, cause)
	if diff := cmp.Diff(1, len(h.closed)); diff != "" || h.closed[0] != cause {
		t.Errorf("closed %v", h.closed)
	}
}

func TestCloseErrorSaysWhoAndWhy(t *testing.T) {
	for want, err := range map[string]*CloseError{
		"websocket closed by peer: 1001 tab closed":   {Code: 1001, Reason: "tab closed", ByPeer: true},
		"websocket closed by server: 1013 overloaded": {Code: 1013, Reason: "overloaded"},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err.Error(), want)
		}
	}
}

// deadlineNote is told when it expires.
type deadlineNote struct {
	deadline
	at time.Time
}

func (n *deadlineNote) expired() { n.at = time.Now() }

func TestDeadlinesExpireInTimeUnlessRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 5 * time.Second
		l := newDeadlines(timeout)
		began := time.Now()
		var notes []*deadlineNote
		for range 20 {
			n := &deadlineNote{}
			n.owner = n
			notes = append(notes, n)
			if !l.add(&n.deadline) {
				t.Fatal("refused")
			}
			time.Sleep(time.Second / 10)
		}
		for i := 0; i < len(notes); i += 3 {
			if !l.remove(&notes[i].deadline) || l.remove(&notes[i].deadline) {
				t.Errorf("element %d was not removed once", i)
			}
		}
		time.Sleep(2 * timeout)
		synctest.Wait()
		for i, n := range notes {
			want := began.Add(timeout + time.Duration(i)*time.Second/10)
			switch {
			case i%3 == 0 && !n.at.IsZero():
				t.Errorf("element %d expired though it was removed", i)
			case i%3 != 0 && !n.at.Equal(want):
				t.Errorf("element %d expired at %v, want %v", i, n.at.Sub(began), want.Sub(began))
			case i%3 != 0 && l.remove(&n.deadline):
				t.Errorf("element %d was removed after it expired", i)
			}
		}
		again := &deadlineNote{}
		again.owner = again
		l.add(&again.deadline)
		l.end(true)
		if again.at.IsZero() {
			t.Error("the end left an element")
		}
		if l.add(&again.deadline) {
			t.Error("an ended list takes elements")
		}
	})
}

func TestLongReasonKeepsTheFrameLegal(t *testing.T) {
	a := newTestAcceptor(t, DefaultOptions(), nil)
	conn, _, nc, _ := memoryWebSocket(t, a)
	conn.Close(CodeInternalError, strings.Repeat("x", 1000))
	if frames := nc.frames(t); len(frames) != 1 || len(frames[0].Payload) != 125 {
		t.Errorf("the server wrote %v", frames)
	}
}
