package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/govalues/decimal"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/actors/session"
)

func trade(id, side, price string) *portfolio.RecordTrade {
	s, err := ledger.ParseSide(side)
	if err != nil {
		panic(err)
	}
	return &portfolio.RecordTrade{
		Trade: portfolio.Trade{ID: id, Symbol: "AAPL", Side: s, Quantity: decimal.MustParse("10"), Price: decimal.MustParse(price), Time: time.Now()},
		Reply: func(portfolio.TradeOutcome, error) {},
	}
}

func tell(t *testing.T, e *actortest.Engine, user string, message any) {
	t.Helper()
	if err := e.Portfolios.Tell(user, message); err != nil {
		t.Fatal(err)
	}
}

func order(clientOrderID string, quantity int64, kind ledger.OrderType, limit string) portfolio.PlaceOrder {
	o := portfolio.PlaceOrder{ClientOrderID: clientOrderID, Symbol: "AAPL", Quantity: decimal.MustNew(quantity, 0), Type: kind}
	if kind == ledger.Limit {
		o.LimitPrice = decimal.MustParse(limit)
	}
	return o
}

func TestAccountArrivesWithoutSubscribing(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, _ := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann 0 100000")
	tell(t, e, "ann", trade("t1", "buy", "100"))
	c.AwaitLine(t, "executed t1 @2")
	c.AwaitLine(t, "portfolio ann 2 100000")
	if has("updated")(c.Lines(), nil) {
		t.Error("portfolio:updated without being asked for")
	}
}

func TestOrdersAreAcknowledgedWithTheirOutcome(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	e.Send(pid, &session.PlaceOrder{Order: order("c0", 1, ledger.Market, ""), AckID: 1})
	c.AwaitLine(t, "nack 1 NO_SUCH_SYMBOL")
	e.Tick(t, "AAPL", "50")
	actortest.Eventually(t, "a mark", func() bool { _, ok := e.Symbols.Mark("AAPL"); return ok })
	e.Send(pid, &session.PlaceOrder{Order: order("c1", 10, ledger.Market, ""), AckID: 2})
	c.AwaitLine(t, "ack 2 accepted ")
	c.AwaitLine(t, "executed ")
	e.Send(pid, &session.PlaceOrder{Order: order("c2", 10, ledger.Limit, "40"), AckID: 3})
	resting := strings.TrimPrefix(c.AwaitLine(t, "ack 3 accepted "), "ack 3 accepted ")
	e.Send(pid, &session.CancelOrder{OrderID: resting, AckID: 4})
	c.AwaitLine(t, "ack 4 cancelled "+resting)
	e.Send(pid, &session.CancelOrder{OrderID: resting, AckID: 5})
	c.AwaitLine(t, "nack 5 ORDER_NOT_OPEN")
	e.Send(pid, &session.PlaceOrder{Order: order("c3", 100_000, ledger.Market, ""), AckID: session.NoAck})
	c.AwaitLine(t, "error order:place INSUFFICIENT_BUYING_POWER")
	e.Journal.Fail(errors.New("the disk is full"))
	e.Send(pid, &session.PlaceOrder{Order: order("c4", 1, ledger.Market, ""), AckID: 6})
	if line := c.AwaitLine(t, "nack 6 UNAVAILABLE"); !strings.Contains(line, "the disk is full") {
		t.Error(line)
	}
	e.Journal.Fail(nil)
}

func TestNoticesWaitForAStalledBrowserAndValuationsConflate(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann 0 100000")
	c.SetBlocked(true)
	e.Send(pid, &session.Ping{AckID: 0})
	actortest.Eventually(t, "the session to be blocked", func() bool { return e.Sessions.Stats().Blocked == 1 })
	lines := len(c.Lines())
	const trades = 20
	for i := range trades {
		tell(t, e, "ann", trade(fmt.Sprint("t", i), "buy", "100"))
	}
	actortest.Eventually(t, "the trades", func() bool { return e.Portfolios.Stats().Trades == trades })
	actortest.Eventually(t, "the updates", func() bool { return e.Portfolios.Stats().Pending == 0 })
	if got := len(c.Lines()); got != lines {
		t.Errorf("%d lines to a browser that does not read", got-lines)
	}
	c.SetBlocked(false)
	e.Send(pid, &session.Writable{})
	c.AwaitLine(t, fmt.Sprintf("executed t%d ", trades-1))
	executed, updates := 0, 0
	for _, line := range c.Lines()[lines:] {
		switch {
		case strings.HasPrefix(line, "executed "):
			executed++
		case strings.HasPrefix(line, "portfolio "):
			updates++
		}
	}
	if executed != trades || updates > 2 {
		t.Errorf("%d notices and %d valuations, want %d and one", executed, updates, trades)
	}
}

func TestSubscribingToTheAccountConfirmsAndAddsTheOtherDialect(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann 0")
	e.Send(pid, &session.SubscribeAccount{Kind: session.TradeNotices, On: true, AckID: 1})
	c.AwaitLine(t, "subscribed trades")
	c.AwaitLine(t, "ack 1")
	e.Send(pid, &session.SubscribeAccount{Kind: session.PortfolioUpdates, On: true, AckID: session.NoAck})
	c.AwaitLine(t, "subscribed portfolio")
	c.AwaitLine(t, "updated ann 0 100000")
	tell(t, e, "ann", trade("t1", "buy", "100"))
	c.AwaitLine(t, "updated ann 2")
	e.Send(pid, &session.SubscribeAccount{Kind: session.PortfolioUpdates, AckID: 2})
	c.AwaitLine(t, "unsubscribed portfolio")
	c.AwaitLine(t, "ack 2")
	tell(t, e, "ann", trade("t2", "buy", "100"))
	c.AwaitLine(t, "portfolio ann 3")
	if has("updated ann 3")(c.Lines(), nil) {
		t.Error("portfolio:updated after unsubscribing")
	}
}

func TestSyncAnswersWithEverything(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	e.Tick(t, "AAPL", "50")
	e.Subscribe(pid, "AAPL", "NEVER")
	c.AwaitLine(t, "quote AAPL 50")
	e.Send(pid, &session.Sync{AckID: 1})
	c.AwaitLine(t, "sync ann 0 100000 0: [AAPL 50 1 live merged=0]")
	c.AwaitLine(t, "ack 1")
}

func TestWatchlistIsKeptForTheUser(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	e.Send(pid, &session.GetWatchlist{AckID: 1})
	c.AwaitLine(t, "ack 1 []")
	e.Send(pid, &session.SetWatchlist{Symbols: []string{"AAPL", "MSFT"}, AckID: 2})
	c.AwaitLine(t, "ack 2 [AAPL MSFT]")
	other, otherPID := e.Connect(t, "ann")
	e.Send(otherPID, &session.GetWatchlist{AckID: 3})
	other.AwaitLine(t, "ack 3 [AAPL MSFT]")
	bob, bobPID := e.Connect(t, "bob")
	e.Send(bobPID, &session.GetWatchlist{AckID: 4})
	bob.AwaitLine(t, "ack 4 []")
	e.Send(pid, &session.SetWatchlist{Symbols: make([]string, 201), AckID: 5})
	c.AwaitLine(t, "nack 5 SUBSCRIPTION_LIMIT")
	e.Journal.Fail(errors.New("the disk is full"))
	e.Send(pid, &session.SetWatchlist{Symbols: []string{"IBM"}, AckID: 6})
	c.AwaitLine(t, "nack 6 UNAVAILABLE")
	e.Journal.Fail(nil)
}

// reconnect brings a browser back as the gateway does.
func reconnect(t *testing.T, e *actortest.Engine, user, recoveryID, offset string) (*actortest.Connection, *session.Record) {
	t.Helper()
	found := make(chan *session.Record, 1)
	e.Sessions.Resume(user, recoveryID, offset, func(r *session.Record) { found <- r })
	var record *session.Record
	select {
	case record = <-found:
	case <-time.After(20 * time.Second):
		t.Fatal("no answer whether the browser can be recovered")
	}
	if record == nil {
		return nil, nil
	}
	c, _ := e.ConnectAs(t, session.Attach{UserID: user, SocketID: record.SocketID, RecoveryID: recoveryID, Resumed: record})
	return c, record
}

func offsets(lines []string) (executed []string) {
	for _, line := range lines {
		if strings.HasPrefix(line, "executed ") {
			executed = append(executed, line)
		}
	}
	return executed
}

func TestBrowserThatComesBackGoesOnWhereItWas(t *testing.T) {
	journal := actortest.NewJournal(t)
	o := actortest.DefaultOptions()
	o.Journal = journal
	for name, leave := range map[string]func(t *testing.T, e *actortest.Engine, pid *actor.PID) *actortest.Engine{
		"after its connection was lost": func(t *testing.T, e *actortest.Engine, pid *actor.PID) *actortest.Engine {
			e.Send(pid, &session.Detached{Reason: "transport close"})
			actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
			return e
		},
		"while its old connection seems open": func(_ *testing.T, e *actortest.Engine, _ *actor.PID) *actortest.Engine { return e },
		"in another process": func(t *testing.T, e *actortest.Engine, _ *actor.PID) *actortest.Engine {
			e.Stop()
			return actortest.NewEngine(t, o)
		},
	} {
		t.Run(name, func(t *testing.T) {
			user := strings.ReplaceAll(name, " ", "-")
			e := actortest.NewEngine(t, o)
			id := e.Sessions.NewRecoveryID()
			c, pid := e.ConnectAs(t, session.Attach{UserID: user, SocketID: "sid-" + user, RecoveryID: id})
			c.AwaitLine(t, "portfolio "+user)
			e.Subscribe(pid, "AAPL")
			e.Send(pid, &session.Subscribe{Kind: session.Market, Symbols: []string{"MSFT"}, AckID: 1})
			c.AwaitLine(t, "ack 1")
			tell(t, e, user, trade("t1", "buy", "100"))
			c.AwaitLine(t, "executed t1 @2")
			e = leave(t, e, pid)
			tell(t, e, user, trade("t2", "buy", "100"))
			tell(t, e, user, trade("t3", "buy", "100"))
			actortest.Eventually(t, "the trades", func() bool { return e.Portfolios.Stats().Pending == 0 && e.Portfolios.Stats().Loaded > 0 })

			back, record := reconnect(t, e, user, id, "2")
			if record == nil {
				t.Fatal("not recovered")
			}
			if record.SocketID != "sid-"+user {
				t.Errorf("socket id %s", record.SocketID)
			}
			back.AwaitLine(t, "portfolio "+user+" 4")
			back.AwaitLine(t, "executed t3")
			if got := fmt.Sprint(offsets(back.Lines())); got != "[executed t2 @3 executed t3 @4]" {
				t.Errorf("missed notices: %s", got)
			}
			e.Tick(t, "AAPL", "50")
			back.AwaitLine(t, "quote AAPL 50")
			e.Tick(t, "MSFT", "60")
			back.AwaitLine(t, "market MSFT 60")
			actortest.Eventually(t, "one session", func() bool { return e.Sessions.Stats().Live == 1 })
			e.Stop()
		})
	}
}

// The session ends between being found and being asked.
func TestBrowserThatComesBackWhileItsSessionEndsIsRecovered(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	for i := range 200 {
		id, user := e.Sessions.NewRecoveryID(), fmt.Sprint("u", i)
		c, pid := e.ConnectAs(t, session.Attach{UserID: user, SocketID: "sid", RecoveryID: id})
		c.AwaitLine(t, "portfolio "+user)
		e.Send(pid, &session.Detached{Reason: "transport close"})
		if _, record := reconnect(t, e, user, id, ""); record == nil {
			t.Fatalf("not recovered the %d. time", i+1)
		}
	}
}

func TestWhatCannotBeRecoveredExactlyStartsAnew(t *testing.T) {
	clock := actortest.NewClock(time.Date(2026, 6, 1, 16, 0, 0, 0, time.UTC))
	o := actortest.DefaultOptions()
	o.Now = clock.Now
	e := actortest.NewEngine(t, o)
	id := e.Sessions.NewRecoveryID()
	c, pid := e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id})
	c.AwaitLine(t, "portfolio ann 0")
	e.Send(pid, &session.Detached{})
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
	for name, try := range map[string][3]string{
		"another user":       {"bob", id, ""},
		"an unknown id":      {"ann", "NEVERGIVEN", ""},
		"a broken offset":    {"ann", id, "x"},
		"a future offset":    {"ann", id, "7"},
		"an offset of bob's": {"ann", id, "9999999"},
	} {
		if c, _ := reconnect(t, e, try[0], try[1], try[2]); c != nil {
			t.Errorf("%s was recovered", name)
		}
	}
	back, _ := reconnect(t, e, "ann", id, "")
	if back == nil {
		t.Fatal("not recovered within the window")
	}
	back.AwaitLine(t, "portfolio ann 0")
	back.Disconnect()
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
	if n := e.Sessions.Stats().Recoverable; n != 1 {
		t.Errorf("%d sessions can be recovered, want 1", n)
	}
	clock.Advance(o.Session.RecoveryWindow + time.Second)
	if n := e.Sessions.Stats().Recoverable; n != 0 {
		t.Errorf("%d sessions are kept after the window", n)
	}
	if c, _ := reconnect(t, e, "ann", id, ""); c != nil {
		t.Error("recovered after the window")
	}
}

func TestLiveSessionIsLeftAloneByAnotherUsersRecovery(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	id := e.Sessions.NewRecoveryID()
	c, pid := e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id})
	c.AwaitLine(t, "portfolio ann 0")
	if stolen, _ := reconnect(t, e, "bob", id, ""); stolen != nil {
		t.Fatal("bob recovered ann's session")
	}
	e.Send(pid, &session.Ping{AckID: 1})
	c.AwaitLine(t, "ack 1")
	if back, _ := reconnect(t, e, "ann", id, ""); back == nil {
		t.Error("ann is not recovered where bob has tried")
	}
}

func TestLostAccountIsWatchedAgainFromTheLastNotice(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, _ := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann 0")
	tell(t, e, "ann", trade("t1", "buy", "100"))
	c.AwaitLine(t, "executed t1 @2")
	tell(t, e, "ann", (*portfolio.View)(nil)) // its handler dereferences it
	tell(t, e, "ann", trade("t2", "buy", "100"))
	actortest.Eventually(t, "the failure", func() bool { return e.Portfolios.Stats().Loads >= 2 })
	tell(t, e, "ann", trade("t3", "buy", "100"))
	c.AwaitLine(t, "executed t3")
	if n := len(offsets(c.Lines())); n != 2 && n != 3 { // t2 may have fallen with the actor, unanswered
		t.Errorf("%v", offsets(c.Lines()))
	}
}
