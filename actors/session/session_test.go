package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/actortest"
	"outcry/actors/mailbox"
	"outcry/actors/session"
)

func TestMain(m *testing.M) { actortest.VerifyNoLeaks(m) }

func has(prefix string) func([]string, []session.CloseReason) bool {
	return func(lines []string, _ []session.CloseReason) bool {
		for _, line := range lines {
			if strings.HasPrefix(line, prefix) {
				return true
			}
		}
		return false
	}
}

func TestSubscribeConfirmsAndSendsTheSnapshotInOneWrite(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	e.Tick(t, "AAPL", "10")
	e.Tick(t, "AAPL", "11")
	actortest.Eventually(t, "both ticks", func() bool { return e.Symbols.Stats().Pending == 0 })
	c, pid := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann")
	before, lines := c.Writes(), len(c.Lines())
	e.Subscribe(pid, "AAPL", "MSFT")
	line := c.AwaitLine(t, "quote AAPL")
	if !strings.HasPrefix(line, "quote AAPL 11 2 live merged=1 age=") {
		t.Errorf("snapshot %q", line)
	}
	if got := c.Writes() - before; got != 1 {
		t.Errorf("confirmation and snapshot took %d writes, want 1", got)
	}
	if first := c.Lines()[lines]; first != "subscribed AAPL,MSFT" {
		t.Errorf("first answer %q", first)
	}
}

func TestTickReachesItsSubscribersAndNobodyElse(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	ann, annPID := e.Connect(t, "ann")
	bob, bobPID := e.Connect(t, "bob")
	e.Subscribe(annPID, "AAPL")
	e.Subscribe(bobPID, "MSFT")
	ann.AwaitLine(t, "subscribed")
	bob.AwaitLine(t, "subscribed")
	e.Tick(t, "AAPL", "10")
	ann.AwaitLine(t, "quote AAPL 10")
	e.Tick(t, "MSFT", "20")
	bob.AwaitLine(t, "quote MSFT 20")
	for _, line := range bob.Lines() {
		if strings.Contains(line, "AAPL") {
			t.Errorf("bob got %q", line)
		}
	}
}

func TestSubscribingAgainResendsTheSnapshotAndNothingElseChanges(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	e.Tick(t, "AAPL", "10")
	c, pid := e.Connect(t, "ann")
	count := func(lines []string) (n int) {
		for _, line := range lines {
			if strings.HasPrefix(line, "quote AAPL 10") {
				n++
			}
		}
		return n
	}
	for want := 1; want <= 3; want++ {
		e.Subscribe(pid, "AAPL")
		c.Await(t, "snapshot", func(lines []string, _ []session.CloseReason) bool { return count(lines) == want })
	}
	e.Tick(t, "AAPL", "12")
	c.AwaitLine(t, "quote AAPL 12")
	twelve := 0
	for _, line := range c.Lines() {
		if strings.HasPrefix(line, "quote AAPL 12") {
			twelve++
		}
	}
	if twelve != 1 {
		t.Errorf("one tick arrived %d times", twelve)
	}
}

func TestUnsubscribedSymbolStaysSilent(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	e.Subscribe(pid, "AAPL", "MSFT", "IBM")
	c.AwaitLine(t, "subscribed")
	e.Send(pid, &session.Unsubscribe{Kind: session.Single, Symbols: []string{"AAPL", "NEVER"}, AckID: 7})
	c.AwaitLine(t, "ack 7")
	e.Tick(t, "AAPL", "10")
	e.Tick(t, "MSFT", "20")
	c.AwaitLine(t, "quote MSFT")
	if has("quote AAPL")(c.Lines(), nil) {
		t.Error("a quote of an unsubscribed symbol arrived")
	}
}

func TestEveryDialectGetsItsOwnEvents(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	e.Send(pid, &session.Subscribe{Kind: session.Watchlist, Symbols: []string{"BARE"}, Bare: true, AckID: session.NoAck})
	e.Send(pid, &session.Subscribe{Kind: session.Market, Symbols: []string{"BARE", "MKT"}, AckID: session.NoAck})
	e.Send(pid, &session.Subscribe{Kind: session.Watchlist, Symbols: []string{"B1", "B2"}, Batch: true, AckID: 1})
	c.AwaitLine(t, "ack 1")
	for _, symbol := range []string{"BARE", "MKT", "B1", "B2"} {
		e.Tick(t, symbol, "5")
		c.Await(t, "quote of "+symbol, func(lines []string, _ []session.CloseReason) bool {
			return strings.Contains(strings.Join(lines, "\n"), symbol+" 5 1 live")
		})
	}
	var quotes []string
	for _, line := range c.Lines() {
		line, _, _ = strings.Cut(line, " age=")
		if strings.Contains(line, "live") {
			quotes = append(quotes, line)
		}
	}
	want := []string{
		"quote BARE 5 1 live merged=1", "update BARE 5 1 live merged=1", "market BARE 5 1 live merged=1",
		"market MKT 5 1 live merged=1",
		"batch [B1 5 1 live merged=1]", "batch [B2 5 1 live merged=1]",
	}
	if diff := cmp.Diff(want, quotes); diff != "" {
		t.Error(diff)
	}
}

func TestLimitsRefuseTheWholeRequestAndSayWhatIsAllowed(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Session.SymbolsPerRequest, o.Session.SymbolsPerSocket = 3, 5
	e := actortest.NewEngine(t, o)
	c, pid := e.Connect(t, "ann")
	e.Subscribe(pid, "A", "B", "C", "D")
	if line := c.AwaitLine(t, "error subscribe:watchlist SUBSCRIPTION_LIMIT"); !strings.Contains(line, "at most 3") {
		t.Error(line)
	}
	e.Subscribe(pid, "A", "B", "C")
	c.AwaitLine(t, "subscribed A,B,C")
	e.Send(pid, &session.Subscribe{Kind: session.Market, Symbols: []string{"X", "Y", "Z"}, AckID: 3})
	if line := c.AwaitLine(t, "nack 3 SUBSCRIPTION_LIMIT"); !strings.Contains(line, "at most 5") {
		t.Error(line)
	}
	e.Subscribe(pid, "A", "B", "C") // a repeat adds nothing
	e.Send(pid, &session.Subscribe{Kind: session.Single, Symbols: []string{"D"}, AckID: 4})
	c.AwaitLine(t, "ack 4")
	e.Send(pid, &session.Subscribe{Kind: session.Single, Symbols: []string{"E"}, AckID: 5})
	c.AwaitLine(t, "ack 5")
	e.Send(pid, &session.Subscribe{Kind: session.Single, Symbols: []string{"F"}, AckID: session.NoAck})
	e.Send(pid, &session.Ping{AckID: 9})
	c.AwaitLine(t, "ack 9 pong ann")
	errors := 0
	for _, line := range c.Lines() {
		if strings.HasPrefix(line, "error") {
			errors++
		}
	}
	if errors != 1 {
		t.Errorf("%d error events: subscribe:quote must never cause one", errors)
	}
	if refused := e.Sessions.Stats().Refused; refused != 3 {
		t.Errorf("%d requests are counted as refused, want 3", refused)
	}
}

func TestPlacesOfAUserAreReservedAndGivenBack(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	reserve := func(user string, want bool) {
		t.Helper()
		if got := e.Sessions.Reserve(user, 2); got != want {
			t.Errorf("reserving a place of %s: %v, want %v", user, got, want)
		}
	}
	reserve("ann", true)
	c, _ := e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "a", Reserved: true})
	e.ConnectAs(t, session.Attach{UserID: "ann", SocketID: "b"}) // counts itself
	reserve("ann", false)
	reserve("bob", true)
	c.Close(session.ShuttingDown)
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 1 })
	reserve("ann", true)
	reserve("ann", false)
	e.Sessions.Release("ann")
	reserve("ann", true)
	if !e.Sessions.Reserve("ann", 0) {
		t.Error("refused without a limit")
	}
}

func TestInvalidNamesAreNamedAndTheOthersServed(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	c, pid := e.Connect(t, "ann")
	e.Send(pid, &session.Subscribe{Kind: session.Watchlist, Symbols: []string{"AAPL"}, Invalid: []string{"BRK B"}, AckID: session.NoAck})
	c.AwaitLine(t, "subscribed AAPL")
	if line := c.AwaitLine(t, "error subscribe:watchlist INVALID_PARAMS"); !strings.Contains(line, "BRK B") {
		t.Error(line)
	}
	e.Tick(t, "AAPL", "10")
	c.AwaitLine(t, "quote AAPL 10")
}

func TestStalledBrowserConflatesAndKeepsOthersFresh(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	stalled, stalledPID := e.Connect(t, "ann")
	reader, readerPID := e.Connect(t, "bob")
	stalled.AwaitLine(t, "portfolio ann")
	reader.AwaitLine(t, "portfolio bob")
	e.Subscribe(stalledPID, "AAPL")
	e.Subscribe(readerPID, "AAPL")
	stalled.AwaitLine(t, "subscribed")
	reader.AwaitLine(t, "subscribed")

	stalled.SetBlocked(true)
	e.Tick(t, "AAPL", "1")
	stalled.AwaitLine(t, "quote AAPL 1 ")
	actortest.Eventually(t, "the session to be blocked", func() bool { return e.Sessions.Stats().Blocked == 1 })
	writes := stalled.Writes()
	for i := 2; i <= 50; i++ {
		e.Tick(t, "AAPL", fmt.Sprint(i))
		reader.AwaitLine(t, fmt.Sprintf("quote AAPL %d ", i))
	}
	if got := stalled.Writes(); got != writes {
		t.Errorf("%d writes to a browser that does not read", got-writes)
	}
	e.Send(stalledPID, &session.Ping{AckID: 1}) // waits in the outbox
	stalled.SetBlocked(false)
	e.Send(stalledPID, &session.Writable{})
	line := stalled.AwaitLine(t, "quote AAPL 50 ")
	if !strings.Contains(line, "merged=49") {
		t.Errorf("the quote after the stall is %q, want it to stand for 49 ticks", line)
	}
	if got := stalled.Writes() - writes; got != 1 {
		t.Errorf("catching up took %d writes, want 1", got)
	}
	stalled.AwaitLine(t, "ack 1 pong ann")
}

func TestBrowserThatNeverReadsIsDisconnectedWithAReason(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Session.SlowTimeout = 100 * time.Millisecond
	e := actortest.NewEngine(t, o)
	c, pid := e.Connect(t, "ann")
	c.SetBlocked(true)
	e.Send(pid, &session.Ping{AckID: 1})
	c.Await(t, "a close", func(_ []string, closed []session.CloseReason) bool { return len(closed) == 1 })
	if got := c.Closed()[0]; got != session.SlowConsumer {
		t.Errorf("closed for %q", got)
	}
	actortest.Eventually(t, "the session to end", func() bool { return e.Sessions.Stats().Live == 0 })
}

func TestOutboxOfAStalledBrowserIsBounded(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Session.OutboxBytes = 4096
	e := actortest.NewEngine(t, o)
	c, pid := e.Connect(t, "ann")
	c.SetBlocked(true)
	e.Send(pid, &session.Ping{AckID: 0})
	actortest.Eventually(t, "the session to be blocked", func() bool { return e.Sessions.Stats().Blocked == 1 })
	for i := range 300 { // some 20 bytes each
		e.Send(pid, &session.Ping{AckID: int64(i)})
	}
	c.Await(t, "a close", func(_ []string, closed []session.CloseReason) bool { return len(closed) == 1 })
}

// A mailbox that overflows is closed for that, not for its outbox.
func TestFloodedMailboxClosesTheConnection(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Mailbox.Capacity = 4
	e := actortest.NewEngine(t, o)
	c, pid := e.Connect(t, "ann")
	for range 100_000 {
		e.Send(pid, &session.Ping{AckID: session.NoAck})
		if len(c.Closed()) > 0 {
			break
		}
	}
	c.Await(t, "a close", func(_ []string, closed []session.CloseReason) bool {
		return len(closed) == 1 && closed[0] == session.MailboxFull
	})
}

func TestEndedSessionsLeaveNothingBehind(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	e.Tick(t, "TICKS", "1")
	for round := range 5 {
		for i := range 20 {
			c, pid := e.Connect(t, fmt.Sprintf("u%d", i%3))
			e.Subscribe(pid, "TICKS", fmt.Sprintf("NEVER%d", i), fmt.Sprintf("R%d", round))
			c.AwaitLine(t, "quote TICKS")
			e.Send(pid, &session.Detached{Reason: "transport close"})
		}
	}
	actortest.Eventually(t, "all to end", func() bool {
		s := e.Sessions.Stats()
		return s.Live == 0 && s.Users == 0
	})
	if got := e.Symbols.Watched(); got != 0 {
		t.Errorf("%d symbols are still watched", got)
	}
	if got := e.Symbols.Known(); got != 1 {
		t.Errorf("%d symbols are known, want the one that ticked", got)
	}
	if total := e.Sessions.Stats().Total; total != 100 {
		t.Errorf("%d sessions in total, want 100", total)
	}
}

func TestPanicEndsOneSessionAndTheRestGoOn(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	bad, badPID := e.Connect(t, "ann")
	good, goodPID := e.Connect(t, "bob")
	e.Subscribe(goodPID, "AAPL")
	good.AwaitLine(t, "subscribed")
	e.Send(badPID, (*session.Subscribe)(nil)) // its handler dereferences it
	bad.Await(t, "a close", func(_ []string, closed []session.CloseReason) bool {
		return len(closed) == 1 && closed[0] == session.Failed
	})
	e.Tick(t, "AAPL", "10")
	good.AwaitLine(t, "quote AAPL 10")
	actortest.Eventually(t, "one session to be left", func() bool { return e.Sessions.Stats().Live == 1 })
}

func TestDroppedRequestIsAnswered(t *testing.T) {
	o := actortest.DefaultOptions()
	o.Mailbox.Capacity, o.Mailbox.Overflow = 1, mailbox.OverflowDropNewest
	e := actortest.NewEngine(t, o)
	c, pid := e.Connect(t, "ann")
	dropped := 0
	for i := 0; dropped == 0 && i < 100; i++ {
		for range 1000 {
			e.Send(pid, &session.Ping{AckID: session.NoAck})
		}
		future := e.System.Root.RequestFuture(pid, &session.Ping{AckID: session.NoAck}, 50*time.Millisecond)
		if _, err := future.Result(); err != nil && strings.Contains(err.Error(), "dead letter") {
			dropped++
		}
	}
	if dropped == 0 || e.Dispatcher.Stats().Dropped == 0 {
		t.Error("no dropped request was answered")
	}
	if len(c.Closed()) != 0 {
		t.Error("the policy is to drop, not to close")
	}
}
