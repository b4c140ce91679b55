package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/session"
	"outcry/persistence"
)

// leaver is a browser that loses its connection and comes back, again and again.
type leaver struct {
	t      *testing.T
	engine *actortest.Engine
	clock  *actortest.Clock
	id     string
	pid    *actor.PID // of its first session
	*actortest.Connection
	price int
}

func newLeaver(t *testing.T) *leaver {
	t.Helper()
	l := &leaver{t: t, clock: actortest.NewClock(time.Date(2026, 6, 1, 16, 0, 0, 0, time.UTC))}
	o := actortest.DefaultOptions()
	o.Now = l.clock.Now
	l.engine = actortest.NewEngine(t, o)
	l.id = l.engine.Sessions.NewRecoveryID()
	c, pid := l.engine.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: l.id})
	l.Connection, l.pid = c, pid
	l.AwaitLine("portfolio ann 0")
	l.engine.Subscribe(pid, "AAPL")
	l.quote()
	// What changes while a record is being saved is saved after that.
	actortest.Eventually(t, "the record with the subscription", func() bool {
		value, err := l.engine.Journal.Get("session/" + l.id)
		return err == nil && strings.Contains(string(value), "AAPL")
	})
	l.settle()
	return l
}

func (l *leaver) AwaitLine(prefix string) { l.Connection.AwaitLine(l.t, prefix) }

// quote waits until the session has flushed twice, so that what the first flush
// saves is on its way, and then until that is written.
func (l *leaver) quote() {
	for range 2 {
		l.price++
		l.engine.Tick(l.t, "AAPL", fmt.Sprint(l.price))
		l.AwaitLine(fmt.Sprint("quote AAPL ", l.price))
	}
	l.settle()
}

// settle waits until everything that was put so far is written.
func (l *leaver) settle() {
	done := make(chan error, 1)
	l.engine.Journal.Put([]persistence.Document{{Key: "marker", Value: []byte("x")}}, func(err error) { done <- err })
	if err := <-done; err != nil {
		l.t.Fatal(err)
	}
}

// forgottenAt is when the store forgets the record, zero if it has none. It
// changes whenever the record is written at another time.
func (l *leaver) forgottenAt() time.Time {
	l.settle()
	for d, err := range l.engine.Journal.Scan("session/"+l.id, "session/"+l.id+"\x00") {
		if err != nil {
			l.t.Fatal(err)
		}
		return l.clock.Now().Add(d.Lifetime)
	}
	return time.Time{}
}

func (l *leaver) leave() {
	l.Disconnect()
	actortest.Eventually(l.t, "the session to end", func() bool { return l.engine.Sessions.Stats().Live == 0 })
}

// comeBack tells whether the browser could go on where it was.
func (l *leaver) comeBack() bool {
	c, record := reconnect(l.t, l.engine, "ann", l.id, "")
	if record == nil {
		return false
	}
	l.Connection = c
	l.AwaitLine("portfolio ann 0")
	l.quote()
	return true
}

// When thousands lose their connections at once and come back, the disk has
// nothing to do, and the store does not grow.
func TestBrowserThatComesBackWritesNothing(t *testing.T) {
	l := newLeaver(t)
	saved := l.forgottenAt()
	if saved.IsZero() {
		t.Fatal("the record was not saved")
	}
	for i := range 3 {
		l.clock.Advance(time.Second)
		l.leave()
		if got := l.forgottenAt(); !got.Equal(saved) {
			t.Errorf("the record was written when its session ended: forgotten at %v, not %v", got, saved)
		}
		if !l.comeBack() {
			t.Fatalf("not recovered the %d. time", i+1)
		}
		if got := l.forgottenAt(); !got.Equal(saved) {
			t.Errorf("the record was written when its browser came back: forgotten at %v, not %v", got, saved)
		}
	}
}

// A page that says that it leaves begins anew, in this process and in the next one.
func TestBrowserThatLeavesOnItsOwnIsNotRecovered(t *testing.T) {
	l := newLeaver(t)
	l.engine.Send(l.pid, &session.Detached{Reason: "client namespace disconnect", Left: true})
	actortest.Eventually(t, "the session to end", func() bool { return l.engine.Sessions.Stats().Live == 0 })
	if l.comeBack() {
		t.Error("recovered")
	}
	if at := l.forgottenAt(); !at.IsZero() {
		t.Errorf("the store keeps its record until %v", at)
	}
}

func TestRecordOfALiveSessionOutlivesItsEarlierEnds(t *testing.T) {
	l := newLeaver(t)
	l.leave()
	if !l.comeBack() {
		t.Fatal("not recovered")
	}
	l.clock.Advance(2 * session.DefaultOptions().RecoveryWindow)
	if reconnected, _ := reconnect(t, l.engine, "ann", "NEVERGIVEN", ""); reconnected != nil { // looks at what is over
		t.Fatal("an unknown id was recovered")
	}
	if l.forgottenAt().IsZero() {
		t.Error("the record of a live session is gone")
	}
}

func TestRecordIsGoneAfterItsWindow(t *testing.T) {
	l := newLeaver(t)
	l.leave()
	l.clock.Advance(session.DefaultOptions().RecoveryWindow)
	if l.comeBack() {
		t.Error("recovered after the window")
	}
	if at := l.forgottenAt(); !at.IsZero() {
		t.Errorf("the store keeps the record until %v", at)
	}
}

// One browser that comes and goes must not keep the records of all others.
func TestRecordsAreForgottenWhileABrowserComesAndGoes(t *testing.T) {
	l := newLeaver(t)
	l.leave()
	other := l.engine.Sessions.NewRecoveryID()
	c, pid := l.engine.ConnectAs(t, session.Attach{UserID: "ben", SocketID: "other", RecoveryID: other})
	c.AwaitLine(t, "portfolio ben 0")
	l.engine.Subscribe(pid, "AAPL")
	c.AwaitLine(t, "quote AAPL")
	if !l.comeBack() {
		t.Fatal("not recovered")
	}
	c.Disconnect()
	actortest.Eventually(t, "ben to leave", func() bool { return l.engine.Sessions.Stats().Live == 1 })
	window := session.DefaultOptions().RecoveryWindow
	for range 3 {
		l.leave()
		l.clock.Advance(window / 2)
		if !l.comeBack() {
			t.Fatal("not recovered")
		}
	}
	l.settle()
	if _, err := l.engine.Journal.Get("session/" + other); err == nil {
		t.Error("the record of another browser is kept beyond its window")
	}
}

// A browser that comes back for weeks still survives a restart.
func TestRecordIsRenewedBeforeItIsForgotten(t *testing.T) {
	l := newLeaver(t)
	for day := range 10 {
		l.clock.Advance(25 * time.Hour)
		l.leave()
		if !l.comeBack() {
			t.Fatal("not recovered")
		}
		if left := l.forgottenAt().Sub(l.clock.Now()); left < 6*24*time.Hour {
			t.Fatalf("on day %d the record is forgotten in %v", day, left)
		}
	}
}

func TestSymbolsWithBlanksAreRecovered(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	id := e.Sessions.NewRecoveryID()
	e.Tick(t, "NIFTY 50", "1")
	e.Tick(t, "AAPL  251219C00200000", "2")
	c, pid := e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id})
	c.AwaitLine(t, "portfolio ann 0")
	e.Subscribe(pid, "NIFTY 50", "AAPL  251219C00200000")
	c.AwaitLine(t, "quote NIFTY 50 1")
	c.AwaitLine(t, "quote AAPL  251219C00200000 2")
	c.Disconnect()
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
	back, record := reconnect(t, e, "ann", id, "")
	if record == nil {
		t.Fatal("not recovered")
	}
	back.AwaitLine(t, "quote NIFTY 50 1")
	back.AwaitLine(t, "quote AAPL  251219C00200000 2")
}

func TestARecordOfAnEarlierVersionIsRead(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	e.Tick(t, "AAPL", "1")
	e.Tick(t, "SPY", "2")
	id, saved := e.Sessions.NewRecoveryID(), make(chan error, 1)
	old := fmt.Sprintf(`{"sid":"sid","user":"ann","base":0,"symbols":{"%d":"AAPL SPY"}}`, session.WatchlistQuote)
	e.Journal.Put([]persistence.Document{{Key: "session/" + id, Value: []byte(old)}}, func(err error) { saved <- err })
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	back, record := reconnect(t, e, "ann", id, "")
	if record == nil {
		t.Fatal("not recovered")
	}
	back.AwaitLine(t, "quote AAPL 1")
	back.AwaitLine(t, "quote SPY 2")
}
