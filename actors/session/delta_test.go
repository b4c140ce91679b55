package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/session"
)

// deltas opens a page of ann's that asks for deltas and has the whole account.
func deltas(t *testing.T, e *actortest.Engine, a session.Attach) (*actortest.Connection, *actor.PID) {
	t.Helper()
	c, pid := e.ConnectAs(t, a)
	c.AwaitLine(t, "portfolio ann")
	e.Send(pid, &session.First{})
	c.Await(t, "the snapshot again", func(lines []string, _ []session.CloseReason) bool { return count(lines, "portfolio ann") == 2 })
	e.Send(pid, &session.SubscribeAccount{Kind: session.PortfolioUpdates, On: true, Delta: true, AckID: session.NoAck})
	c.Await(t, "a whole account first", func(lines []string, _ []session.CloseReason) bool { return count(lines, "portfolio ann") == 3 })
	return c, pid
}

func TestPageThatAsksForDeltasGetsWhatChanges(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	whole, _ := e.Connect(t, "ann")
	id := e.Sessions.NewRecoveryID()
	c, pid := deltas(t, e, session.Attach{UserID: "ann", SocketID: "sid", RecoveryID: id})
	e.Tick(t, "AAPL", "50")
	actortest.Eventually(t, "a mark", func() bool { _, ok := e.Symbols.Mark("AAPL"); return ok })
	tell(t, e, "ann", trade("t1", "buy", "50"))
	c.AwaitLine(t, "delta ann 2 100000 [AAPL 10] [] -[] -[]")
	e.Send(pid, &session.PlaceOrder{Order: order("c1", 1, ledger.Limit, "40"), AckID: 3})
	placed := strings.TrimPrefix(c.AwaitLine(t, "ack 3 accepted "), "ack 3 accepted ")
	c.AwaitLine(t, "delta ann 3 100000 [] ["+placed+"] -[] -[]")
	e.Tick(t, "AAPL", "60")
	c.AwaitLine(t, "delta ann 3 100100 [AAPL 10] [] -[] -[]") // not the order
	tell(t, e, "ann", trade("t2", "sell", "60"))
	c.AwaitLine(t, "delta ann 4 100100 [] [] -[AAPL] -[]")
	e.Send(pid, &session.CancelOrder{OrderID: placed, AckID: 4})
	c.AwaitLine(t, "delta ann 5 100100 [] [] -[] -["+placed+"]")
	whole.AwaitLine(t, "portfolio ann 5 100100")
	if n := count(c.Lines(), "portfolio ann"); n != 3 || count(c.Lines(), "updated") > 0 || count(whole.Lines(), "delta") > 0 {
		t.Errorf("%d whole accounts; the other page got\n%s", n, strings.Join(whole.Lines(), "\n"))
	}

	c.Disconnect()
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 1 })
	back, pid := reconnectSession(t, e, id, "5")
	back.AwaitLine(t, "portfolio ann 5") // whole,
	tell(t, e, "ann", trade("t3", "buy", "60"))
	back.AwaitLine(t, "delta ann 6 100100 [AAPL 10]") // and deltas to it,
	e.Send(pid, &session.First{})
	back.Await(t, "the account again", func(lines []string, _ []session.CloseReason) bool { return count(lines, "portfolio ann") == 2 })
	tell(t, e, "ann", trade("t4", "buy", "60"))
	back.AwaitLine(t, "delta ann 7 100100 [AAPL 20]") // also after it came again
	e.Send(pid, &session.SubscribeAccount{Kind: session.PortfolioUpdates, On: true, AckID: session.NoAck})
	back.AwaitLine(t, "updated ann 7")
	tell(t, e, "ann", trade("t5", "buy", "60"))
	back.AwaitLine(t, "updated ann 8")
	if has("delta ann 8")(back.Lines(), nil) {
		t.Error("a delta that was not asked for any more")
	}
}

func TestPageThatDoesNotReadGetsOneDeltaOfAllThatChanged(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	whole, _ := e.Connect(t, "ann")
	whole.AwaitLine(t, "portfolio ann")
	c, pid := deltas(t, e, session.Attach{UserID: "ann", SocketID: "sid"})
	c.SetBlocked(true)
	e.Send(pid, &session.Ping{AckID: 1})
	actortest.Eventually(t, "the session to be blocked", func() bool { return e.Sessions.Stats().Blocked == 1 })
	for i := range 20 {
		made := trade(fmt.Sprint("t", i), "buy", "1")
		made.Trade.Symbol = fmt.Sprintf("S%02d", i)
		tell(t, e, "ann", made)
		whole.AwaitLine(t, fmt.Sprintf("portfolio ann %d ", i+2))
	}
	c.SetBlocked(false)
	e.Send(pid, &session.Writable{})
	c.AwaitLine(t, "delta ann 21 ")
	var named []string
	for _, line := range c.Lines() {
		if strings.HasPrefix(line, "delta ") {
			named = append(named, line)
		}
	}
	if len(named) > 2 {
		t.Errorf("%d deltas:\n%s", len(named), strings.Join(named, "\n"))
	}
	for i := range 20 {
		if n := strings.Count(strings.Join(named, "\n"), fmt.Sprintf("S%02d 10", i)); n != 1 {
			t.Errorf("S%02d came %d times", i, n)
		}
	}
}
