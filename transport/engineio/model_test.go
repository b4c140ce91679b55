package engineio

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"outcry/transport/transporttest"
)

// plan is what happens to one session. The order of polls, posts and the change to
// WebSocket is the scheduler's.
type plan struct {
	down, up     int   // messages of the server and of the client
	inPayload    int   // the client's messages in one post
	switchAt     int   // how many messages the client posts before it changes over; beyond up: never
	abandonAt    int   // the poll that the client gives up as soon as it has asked; -1: none
	failedProbes int   // WebSockets that break off before the one that takes over
	answersFirst bool  // they read the server's answer before
	keepAlive    bool  // requests share connections
	rests        []int // how long the server rests between its messages, in turns of the scheduler
}

func drawPlan(t *rapid.T) plan {
	return plan{
		down:         rapid.IntRange(0, 40).Draw(t, "down"),
		up:           rapid.IntRange(0, 30).Draw(t, "up"),
		inPayload:    rapid.IntRange(1, 5).Draw(t, "in a payload"),
		switchAt:     rapid.IntRange(0, 40).Draw(t, "switch at"),
		abandonAt:    max(-1, rapid.IntRange(-20, 6).Draw(t, "abandon at")),
		failedProbes: rapid.IntRange(0, 2).Draw(t, "failed probes"),
		answersFirst: rapid.Bool().Draw(t, "fail behind the answer"),
		keepAlive:    rapid.Bool().Draw(t, "keep alive"),
		rests:        rapid.SliceOfN(rapid.IntRange(0, 100), 8, 8).Draw(t, "rests"),
	}
}

// Every fourth message is binary.
func isBinary(i int) bool { return i%4 == 3 }

// session is what the server knows of a plan's client. Its fields are written by
// the calls of the Handler, which the server makes one at a time: the race detector
// holds it to that.
type session struct {
	socket *Socket
	heard  []string
	closed chan struct{}
}

// modelHandler keeps the messages of each socket apart.
type modelHandler struct{ opened chan *session }

func (h modelHandler) Open(s *Socket) {
	m := &session{socket: s, closed: make(chan struct{})}
	s.UserData = m
	h.opened <- m
}

func (modelHandler) Message(s *Socket, p []byte) { s.UserData.(*session).hear("text " + string(p)) }
func (modelHandler) Binary(s *Socket, p []byte)  { s.UserData.(*session).hear("binary " + string(p)) }
func (modelHandler) Writable(s *Socket)          { _ = len(s.UserData.(*session).heard) }

// Close panics where it is called twice.
func (modelHandler) Close(s *Socket, _ Reason, _ error) { close(s.UserData.(*session).closed) }

func (m *session) hear(message string) { m.heard = append(m.heard, message) }

// writeDown is the server's side. It returns the error of the first write that
// failed.
func (m *session) writeDown(p plan) error {
	for i := range p.down {
		for range p.rests[i%len(p.rests)] {
			runtime.Gosched()
		}
		write, message := m.socket.WriteMessage, fmt.Appendf(nil, "down %d", i)
		if isBinary(i) {
			write = m.socket.WriteBinary
		}
		if _, err := write(message); err != nil {
			return fmt.Errorf("%s: %w", message, err)
		}
	}
	return nil
}

func TestMessagesArriveOnceAndInOrderOrTheSessionEnds(t *testing.T) {
	transporttest.EachMode(t, func(t *testing.T, mode string) {
		h := modelHandler{make(chan *session, 1)}
		s, addr := serve(t, mode, DefaultOptions(), h)
		rapid.Check(t, func(t *rapid.T) {
			p := drawPlan(t)
			c, err := newModelClient(addr, p)
			if err != nil {
				t.Fatal(err)
			}
			defer c.http.CloseIdleConnections()
			m := <-h.opened
			writing := make(chan error, 1)
			go func() { writing <- m.writeDown(p) }()
			if err := c.live(); err != nil {
				t.Fatal(err)
			}
			if err := <-writing; err != nil && !c.gaveUp {
				t.Fatal(err)
			}
			select {
			case <-m.closed:
			case <-time.After(patience):
				t.Fatal("the session never ended")
			}
			checkMessages(t, "down", c.got, p.down, c.gaveUp)
			checkMessages(t, "up", m.heard, p.up, c.gaveUp)
		})
		waitFor(t, func() bool { return s.Counts().Open == 0 && s.probes.Len() == 0 })
	})
}

// checkMessages demands all messages of one direction, or the first of them where
// the client gave up.
func checkMessages(t *rapid.T, direction string, got []string, sent int, gaveUp bool) {
	var want []string
	for i := range sent {
		kind := "text"
		if isBinary(i) {
			kind = "binary"
		}
		want = append(want, fmt.Sprintf("%s %s %d", kind, direction, i))
	}
	if gaveUp && len(got) < len(want) {
		want = want[:len(got)]
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %q, want %q", direction, got, want)
	}
}
