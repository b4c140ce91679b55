package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/portfolio"
	"outcry/actors/session"
)

// smallOutbox is an engine whose sessions keep the notices of some hundred trades.
func smallOutbox(t *testing.T) *actortest.Engine {
	t.Helper()
	o := actortest.DefaultOptions()
	o.Session.OutboxBytes = 4096
	return actortest.NewEngine(t, o)
}

// slowReader is such an engine, and a browser of ann's that reads one write at a time.
func slowReader(t *testing.T) (*actortest.Engine, *actortest.Connection, *actor.PID) {
	t.Helper()
	e := smallOutbox(t)
	c, pid := e.ConnectSlowly(t, session.Attach{UserID: "ann", SocketID: "sid"})
	e.Send(pid, &session.Writable{})
	c.AwaitLine(t, "portfolio ann 0")
	return e, c, pid
}

// trades records those of these numbers, and returns the notices that are due for them.
func trades(t *testing.T, e *actortest.Engine, from, to int) (due []string) {
	t.Helper()
	for i := from; i < to; i++ {
		tell(t, e, "ann", trade(fmt.Sprint("t", i), "buy", "1"))
		due = append(due, fmt.Sprintf("executed t%d @%d", i, i+2))
	}
	return due
}

func durable(t *testing.T, e *actortest.Engine) {
	t.Helper()
	actortest.Eventually(t, "the trades", func() bool { return e.Portfolios.Stats().Pending == 0 })
}

// readOn lets a browser read what it was sent, one write after the other, until it has
// this many notices.
func readOn(t *testing.T, e *actortest.Engine, c *actortest.Connection, pid *actor.PID, notices int) {
	t.Helper()
	actortest.Eventually(t, fmt.Sprint(notices, " notices"), func() bool {
		e.Send(pid, &session.Writable{})
		return len(offsets(c.Lines())) >= notices || len(c.Closed()) > 0
	})
}

func wantAll(t *testing.T, e *actortest.Engine, c *actortest.Connection, due []string) {
	t.Helper()
	if got, want := strings.Join(offsets(c.Lines()), "\n"), strings.Join(due, "\n"); got != want {
		t.Errorf("the browser was told\n%s\nand not\n%s", got, want)
	}
	if len(c.Closed()) > 0 {
		t.Errorf("closed: %v", c.Closed())
	}
	if most := e.Sessions.Options().OutboxBytes + 200; c.Longest() > most { // a valuation goes with them
		t.Errorf("%d bytes were written at once, want at most %d", c.Longest(), most)
	}
}

// TestBrowserThatComesBackCatchesUpAtItsOwnPace: it missed five times what may wait,
// executors go on, and it reads one write at a time.
func TestBrowserThatComesBackCatchesUpAtItsOwnPace(t *testing.T) {
	e := smallOutbox(t)
	id := e.Sessions.NewRecoveryID()
	gone, _ := e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id})
	gone.AwaitLine(t, "portfolio ann 0")
	gone.Disconnect()
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
	due := trades(t, e, 0, 900)
	durable(t, e)

	found := make(chan *session.Record, 1)
	e.Sessions.Resume("ann", id, "", func(r *session.Record) { found <- r })
	record := <-found
	if record == nil {
		t.Fatal("not recovered")
	}
	back, pid := e.ConnectSlowly(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id, Resumed: record})
	for len(due) < 2400 {
		due = append(due, trades(t, e, len(due), len(due)+300)...)
		readOn(t, e, back, pid, min(len(due), len(offsets(back.Lines()))+100))
	}
	readOn(t, e, back, pid, len(due))
	wantAll(t, e, back, due)
	back.AwaitLine(t, "portfolio ann 2401 ")
}

// TestBrowserThatReadsLessThanExecutorsTradeKeepsItsConnection: what does not fit into
// its outbox waits in the journal.
func TestBrowserThatReadsLessThanExecutorsTradeKeepsItsConnection(t *testing.T) {
	e, c, pid := slowReader(t)
	due := trades(t, e, 0, 1000)
	durable(t, e)
	if got := len(offsets(c.Lines())); got != 0 {
		t.Errorf("%d notices to a browser that does not read", got)
	}
	e.Send(pid, &session.Ping{AckID: 1})
	readOn(t, e, c, pid, len(due))
	wantAll(t, e, c, due)
	c.AwaitLine(t, "ack 1 pong ann")
	due = append(due, trades(t, e, 1000, 1001)...)
	readOn(t, e, c, pid, len(due))
	wantAll(t, e, c, due)
}

// TestFloodOfOneAccountIsToldInWritesOfTheOutboxsSize, to a browser that reads all.
func TestFloodOfOneAccountIsToldInWritesOfTheOutboxsSize(t *testing.T) {
	e := smallOutbox(t)
	c, _ := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann 0")
	e.Journal.Hold()
	due := trades(t, e, 0, 3000)
	e.Journal.Release()
	c.AwaitLine(t, "executed t2999 ")
	wantAll(t, e, c, due)
}

func TestNoticeThatDoesNotFitEndsItsTraceAndComesLater(t *testing.T) {
	e, c, pid := slowReader(t)
	var due []string
	var log ends
	for i := range 500 {
		followed := trade(fmt.Sprint("t", i), "buy", "1")
		followed.Trace = log.follow(followed.Trade.ID)
		tell(t, e, "ann", followed)
		due = append(due, fmt.Sprintf("executed t%d @%d", i, i+2))
	}
	actortest.Eventually(t, "a notice that does not fit", func() bool {
		log.mu.Lock()
		defer log.mu.Unlock()
		return slices.ContainsFunc(log.spans, func(s string) bool {
			return strings.Contains(s, " session.notice: ") && strings.Contains(s, "from the journal")
		})
	})
	readOn(t, e, c, pid, len(due))
	wantAll(t, e, c, due)
}

func TestAccountThatFailsWhileABrowserIsBehindTellsItEachNoticeOnce(t *testing.T) {
	e, c, pid := slowReader(t)
	due := trades(t, e, 0, 1000)
	durable(t, e)
	for read := 100; read < len(due); read += 100 {
		readOn(t, e, c, pid, read)
		tell(t, e, "ann", (*portfolio.View)(nil)) // its handler dereferences it
		e.Send(pid, &session.Writable{})
	}
	readOn(t, e, c, pid, len(due))
	wantAll(t, e, c, due)
}

// TestBrowserThatReadsIsNotSlowHoweverLongItTakes: it takes six times its patience to
// read one write, and is closed when it reads no more.
func TestBrowserThatReadsIsNotSlowHoweverLongItTakes(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Session.SlowTimeout = 100 * time.Millisecond
	e := actortest.NewEngine(t, o)
	c, pid := e.Connect(t, "ann")
	c.ReadSlowly(700, 600, 500, 400, 300, 200, 100, 100)
	c.SetBlocked(true)
	began := time.Now()
	e.Send(pid, &session.Ping{AckID: 1})
	c.Await(t, "a close", func(_ []string, closed []session.CloseReason) bool { return len(closed) == 1 })
	if left := c.LeftToRead(); left != 0 || c.Closed()[0] != session.SlowConsumer {
		t.Errorf("closed for %q with %d looks to go", c.Closed()[0], left)
	}
	if took := time.Since(began); took < 7*o.Session.SlowTimeout {
		t.Errorf("closed after %s", took)
	}
}
