package session_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/session"
)

// timer stands still until a test fires it.
type timer struct {
	mu      sync.Mutex // guards the next block
	waiting map[int]func()
	began   int
	after   time.Duration // of the last
}

func (m *timer) After(d time.Duration, f func()) func() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == nil {
		m.waiting = make(map[int]func())
	}
	at := m.began
	m.began++
	m.waiting[at], m.after = f, d
	return func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		_, waited := m.waiting[at]
		delete(m.waiting, at)
		return waited
	}
}

// fire ends all that run, and returns how many they were.
func (m *timer) fire() int {
	m.mu.Lock()
	due := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	for _, f := range due {
		f()
	}
	return len(due)
}

// arrivals is an engine in which no page has had time until the test says so.
func arrivals(t *testing.T, change func(*actortest.Options)) (*actortest.Engine, *timer) {
	t.Helper()
	clock := &timer{}
	o := actortest.DefaultOptions()
	o.After = clock.After
	if change != nil {
		change(&o)
	}
	e := actortest.NewEngine(t, o)
	e.Sessions.SetMarket(session.MarketStatus{Open: true, Feed: "live"})
	return e, clock
}

func count(lines []string, prefix string) (n int) {
	for _, line := range lines {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

// settled waits until what was sent to a session is handled and written.
func settled(t *testing.T, e *actortest.Engine, c *actortest.Connection, pid *actor.PID, ackID int64) []string {
	t.Helper()
	for i := range int64(3) { // a valuation that was asked for comes with the second at the latest
		e.Send(pid, &session.Sync{AckID: ackID + i})
		c.AwaitLine(t, fmt.Sprint("ack ", ackID+i))
	}
	return c.Lines()
}

// ways in which an arrival ends.
var ways = map[string]func(e *actortest.Engine, pid *actor.PID, clock *timer){
	"by its first event": func(e *actortest.Engine, pid *actor.PID, _ *timer) {
		e.Send(pid, &session.First{Message: &session.Ping{AckID: 77}})
	},
	"by an event that asks for nothing": func(e *actortest.Engine, pid *actor.PID, _ *timer) {
		e.Send(pid, &session.First{})
	},
	"by asking for the portfolio": func(e *actortest.Engine, pid *actor.PID, _ *timer) {
		e.Send(pid, &session.First{Message: &session.SubscribeAccount{Kind: session.PortfolioUpdates, On: true, AckID: session.NoAck}})
	},
	"by time": func(_ *actortest.Engine, _ *actor.PID, clock *timer) { clock.fire() },
}

func TestPageThatListensLateIsShownItsStateAgain(t *testing.T) {
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			e, clock := arrivals(t, nil)
			c, pid := e.Connect(t, "ann")
			c.AwaitLine(t, "portfolio ann") // a page that listens at once has it at once
			if n := count(c.Lines(), "market "); n != 1 || clock.after != 250*time.Millisecond {
				t.Errorf("%d market:status, and as long as %s to arrive", n, clock.after)
			}
			end(e, pid, clock)
			c.Await(t, "the snapshot again", func(lines []string, _ []session.CloseReason) bool { return count(lines, "portfolio ann") == 2 })
			e.Send(pid, &session.Ping{AckID: 1}) // is not the first
			clock.fire()                         // was stopped
			lines := settled(t, e, c, pid, 100)
			if count(lines, "portfolio ann") != 2 || count(lines, "market ") != 2 || count(lines, "welcome") != 1 {
				t.Errorf("the page got\n%s", strings.Join(lines, "\n"))
			}
		})
	}
}

// TestPageThatSpeaksBeforeItIsShownItsAccountIsShownItOnce: the account is still read.
func TestPageThatSpeaksBeforeItIsShownItsAccountIsShownItOnce(t *testing.T) {
	e, _ := arrivals(t, nil)
	ann, pid := e.Connect(t, "ann")
	e.Send(pid, &session.First{Message: &session.SubscribeAccount{Kind: session.PortfolioUpdates, On: true, AckID: 1}})
	ann.AwaitLine(t, "portfolio ann")
	ann.AwaitLine(t, "updated ann")
	if lines := settled(t, e, ann, pid, 100); count(lines, "updated ann") > 1 {
		t.Errorf("the page got\n%s", strings.Join(lines, "\n"))
	}
}

func TestNoticesWaitForThePageAndValuationsDoNot(t *testing.T) {
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			e, clock := arrivals(t, nil)
			c, pid := e.Connect(t, "ann")
			c.AwaitLine(t, "portfolio ann")
			due := trades(t, e, 0, 3)
			c.AwaitLine(t, "portfolio ann 4")
			if got := offsets(c.Lines()); len(got) > 0 {
				t.Errorf("%v to a page that may not listen yet", got)
			}
			end(e, pid, clock)
			c.AwaitLine(t, "executed t2")
			due = append(due, trades(t, e, 3, 4)...)
			c.AwaitLine(t, "executed t3") // at once
			wantAll(t, e, c, due)
		})
	}
}

func TestWhatABrowserMissedWaitsForItsPage(t *testing.T) {
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			e, clock := arrivals(t, nil)
			id := e.Sessions.NewRecoveryID()
			c, pid := e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id})
			c.AwaitLine(t, "portfolio ann 0")
			e.Tick(t, "MSFT", "20")
			e.Send(pid, &session.First{Message: &session.Subscribe{Kind: session.Watchlist, Symbols: []string{"MSFT"}, AckID: 1}})
			c.AwaitLine(t, "quote MSFT 20")
			due := trades(t, e, 0, 1)
			c.AwaitLine(t, due[0])
			for round := range 3 { // also for a page that goes again before it listens
				c.Disconnect()
				actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
				due = append(due, trades(t, e, len(due), len(due)+3)...)
				durable(t, e)
				var back *actortest.Connection
				back, pid = reconnectSession(t, e, id, "2")
				back.AwaitLine(t, fmt.Sprint("portfolio ann ", len(due)+1))
				back.AwaitLine(t, "quote MSFT 20")
				if got := offsets(back.Lines()); len(got) > 0 {
					t.Errorf("round %d: %v to a page that may not listen yet", round, got)
				}
				c = back
			}
			end(e, pid, clock)
			c.AwaitLine(t, due[len(due)-1])
			wantAll(t, e, c, due[1:])
			c.Await(t, "state again", func(lines []string, _ []session.CloseReason) bool {
				return count(lines, "portfolio ann") == 2 && count(lines, "quote MSFT 20") == 2 && count(lines, "market ") == 2
			})
			lines := settled(t, e, c, pid, 100)
			if count(lines, "portfolio ann") != 2 || count(lines, "quote MSFT 20") != 2 {
				t.Errorf("the page got\n%s", strings.Join(lines, "\n"))
			}
		})
	}
}

// reconnectSession is reconnect of ann with the session's PID.
func reconnectSession(t *testing.T, e *actortest.Engine, id, offset string) (*actortest.Connection, *actor.PID) {
	t.Helper()
	found := make(chan *session.Record, 1)
	e.Sessions.Resume("ann", id, offset, func(r *session.Record) { found <- r })
	record := <-found
	if record == nil {
		t.Fatal("not recovered")
	}
	return e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id, Resumed: record})
}

// More was missed, and more happens, than a session may keep.
func TestWhatDoesNotFitWhileAPageArrivesComesFromTheJournal(t *testing.T) {
	e, clock := arrivals(t, func(o *actortest.Options) { o.Session.OutboxBytes = 4096 })
	id := e.Sessions.NewRecoveryID()
	c, _ := e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id})
	c.AwaitLine(t, "portfolio ann 0")
	due := trades(t, e, 0, 400) // live, while it arrives
	durable(t, e)
	c.Disconnect()
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
	if got := offsets(c.Lines()); len(got) > 0 {
		t.Errorf("%v to a page that may not listen yet", got)
	}
	due = append(due, trades(t, e, 400, 800)...)
	durable(t, e)
	back, _ := reconnectSession(t, e, id, "")
	back.AwaitLine(t, "portfolio ann")
	due = append(due, trades(t, e, 800, 900)...)
	durable(t, e)
	if n := clock.fire(); n != 1 {
		t.Errorf("%d timers ran, want that of the session", n)
	}
	back.AwaitLine(t, due[len(due)-1])
	wantAll(t, e, back, due)
}

func TestTraceOfANoticeEndsWhenItsPageHears(t *testing.T) {
	e, clock := arrivals(t, nil)
	c, pid := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann")
	var log ends
	followed := trade("t0", "buy", "1")
	followed.Trace = log.follow("t0")
	tell(t, e, "ann", followed)
	c.AwaitLine(t, "portfolio ann 2")
	settled(t, e, c, pid, 1)
	noticed := func() (spans []string) {
		log.mu.Lock()
		defer log.mu.Unlock()
		for _, s := range log.spans {
			if strings.Contains(s, "session.notice") {
				spans = append(spans, s)
			}
		}
		return spans
	}
	if got := noticed(); len(got) > 0 {
		t.Errorf("%v before the page has it", got)
	}
	clock.fire()
	c.AwaitLine(t, "executed t0")
	actortest.Eventually(t, "the end of its trace", func() bool { return len(noticed()) == 1 })
}

func TestPageThatSpeaksAfterItsTimeIsShownItsStateOnceMore(t *testing.T) {
	e, clock := arrivals(t, nil)
	c, pid := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann")
	clock.fire()
	before := settled(t, e, c, pid, 10)
	e.Send(pid, &session.First{Message: &session.Ping{AckID: 77}})
	after := settled(t, e, c, pid, 20)
	for _, state := range []string{"portfolio ann", "market "} {
		if count(after, state) != count(before, state)+1 {
			t.Errorf("%s: %d before it spoke, %d after", state, count(before, state), count(after, state))
		}
	}
}
