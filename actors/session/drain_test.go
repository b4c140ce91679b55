package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/actors/session"
)

func TestDrainTellsEveryBrowserAndClosesThemInBatches(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	var browsers []*actortest.Connection
	for i := range 40 {
		c, _ := e.Connect(t, fmt.Sprint("u", i))
		c.AwaitLine(t, "portfolio ")
		browsers = append(browsers, c)
	}
	drained := make(chan error, 1)
	go func() { drained <- e.Sessions.Drain(context.Background(), 400*time.Millisecond, 0, time.Second) }()
	for _, c := range browsers {
		c.AwaitLine(t, "shutdown")
	}
	seen := map[int]bool{}
	actortest.Eventually(t, "the last to leave", func() bool {
		live := e.Sessions.Stats().Live
		seen[live] = true
		return live == 0
	})
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if len(seen) < 3 {
		t.Errorf("they left all at once: %v", seen)
	}
	if n := e.Sessions.Stats().Closed["server shutting down"]; n != 40 {
		t.Errorf("%d were closed", n)
	}
}

// A browser that polls does not read between two polls: it is told by its next one.
func TestDrainTellsBrowsersThatDoNotReadNow(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann")
	e.Send(pid, &session.First{})
	c.Await(t, "the snapshot again", func(lines []string, _ []session.CloseReason) bool { return count(lines, "portfolio ann") == 2 })
	c.SetBlocked(true)
	tell(t, e, "ann", trade("first", "buy", "1"))
	c.AwaitLine(t, "executed first")
	actortest.Eventually(t, "the session to be blocked", func() bool { return e.Sessions.Stats().Blocked == 1 })
	e.Send(pid, &session.Ping{AckID: 7})
	if err := e.Sessions.Drain(context.Background(), 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	lines := c.Lines()
	for _, want := range []string{"ack 7 pong", "shutdown"} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
	if n := e.Sessions.Stats().Blocked; n != 0 {
		t.Errorf("%d are still counted as blocked", n)
	}
}

// What a session was told together with the close still goes out.
func TestDrainSendsTheNoticesThatWait(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, _ := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann")
	for i := range 20 {
		tell(t, e, "ann", trade(fmt.Sprint("t", i), "buy", "1"))
	}
	c.AwaitLine(t, "executed t19")
	if err := e.Sessions.Drain(context.Background(), 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if lines := c.Lines(); !slices.Contains(lines, "shutdown") {
		t.Errorf("%q", lines)
	}
}

func TestDrainOfNobodyTakesNoTime(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	if err := e.Sessions.Drain(context.Background(), time.Hour, 0, time.Hour); err != nil {
		t.Error(err)
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	for _, user := range []string{"ann", "bob"} {
		c, _ := e.Connect(t, user)
		c.AwaitLine(t, "portfolio "+user)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Sessions.Drain(ctx, time.Hour, 0, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-e.Sessions.CloseAll(session.ShuttingDown)
}
