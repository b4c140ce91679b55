package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/actors/session"
)

// ends are the spans of a test that have ended, each with its error.
type ends struct {
	mu    sync.Mutex // guards spans
	spans []string
}

func (e *ends) follow(name string) portfolio.Trace { return portfolio.Follow(&follower{e, name}) }

// await waits for a span to end, and returns its error, empty for none.
func (e *ends) await(t *testing.T, name string) (problem string) {
	t.Helper()
	actortest.Eventually(t, name+" to end", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		i := slices.IndexFunc(e.spans, func(s string) bool { return strings.HasPrefix(s, name+": ") })
		if i >= 0 {
			problem = strings.TrimPrefix(e.spans[i], name+": ")
		}
		return i >= 0
	})
	return problem
}

func (e *ends) has(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.spans, func(s string) bool { return strings.HasPrefix(s, name+": ") })
}

type follower struct {
	ends *ends
	name string
}

func (f *follower) Begin(part string) portfolio.Span { return &follower{f.ends, f.name + " " + part} }
func (f *follower) Note(string, string)              {}
func (f *follower) End(err error) {
	f.ends.mu.Lock()
	defer f.ends.mu.Unlock()
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	f.ends.spans = append(f.ends.spans, fmt.Sprintf("%s: %s", f.name, problem))
}

func TestNoticeIsFollowedUntilItsBrowserHasItOrIsGone(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	var log ends
	c, pid := e.Connect(t, "ann")
	c.AwaitLine(t, "portfolio ann 0")
	followed := trade("t1", "buy", "100")
	followed.Trace = log.follow("t1")
	tell(t, e, "ann", followed)
	if problem := log.await(t, "t1 session.notice"); problem != "" {
		t.Errorf("handed to the browser: %s", problem)
	}
	c.AwaitLine(t, "executed t1")

	c.SetBlocked(true)
	tell(t, e, "ann", trade("t2", "buy", "100")) // whose write does not go through
	c.AwaitLine(t, "executed t2")
	waits := trade("t3", "buy", "100")
	waits.Trace = log.follow("t3")
	tell(t, e, "ann", waits)
	log.await(t, "t3 journal.append")
	if log.has("t3 session.notice") {
		t.Error("a notice counts as delivered that waits for its browser")
	}
	e.Send(pid, &session.Detached{Reason: "test"})
	if problem := log.await(t, "t3 session.notice"); !strings.Contains(problem, "gone") {
		t.Errorf("of a browser that left: %q", problem)
	}
}

func TestOrderOfABrowserIsFollowedToItsAnswer(t *testing.T) {
	e := actortest.NewEngine(t, actortest.DefaultOptions())
	var log ends
	c, pid := e.Connect(t, "ann")
	e.Tick(t, "AAPL", "50")
	actortest.Eventually(t, "a mark", func() bool { _, ok := e.Symbols.Mark("AAPL"); return ok })
	e.Send(pid, &session.PlaceOrder{Order: order("c1", 10, ledger.Market, ""), AckID: 1, Trace: log.follow("c1")})
	c.AwaitLine(t, "ack 1 accepted ")
	for _, part := range []string{"c1", "c1 portfolio.place_order", "c1 portfolio.place_order journal.append", "c1 portfolio.place_order portfolio.execution"} {
		if problem := log.await(t, part); problem != "" {
			t.Errorf("%s: %s", part, problem)
		}
	}
	e.Journal.Fail(errors.New("the disk is full"))
	e.Send(pid, &session.PlaceOrder{Order: order("c2", 1, ledger.Market, ""), AckID: 2, Trace: log.follow("c2")})
	c.AwaitLine(t, "nack 2 UNAVAILABLE")
	for _, part := range []string{"c2", "c2 portfolio.place_order"} {
		if problem := log.await(t, part); !strings.Contains(problem, "the disk is full") {
			t.Errorf("%s: %q", part, problem)
		}
	}
	e.Journal.Fail(nil)
}
