package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/actors/symbol"
	"outcry/transport/auth"
)

// crash sends an actor a message whose handling panics: a nil pointer of a type
// that its handler dereferences.
func crash(t *testing.T, e *Engine, prefix string, message any) (key string) {
	t.Helper()
	for _, bucket := range e.system.ProcessRegistry.LocalPIDs.LocalPIDs {
		for id := range bucket.Items() {
			if strings.HasPrefix(id, prefix) {
				key = id
			}
		}
	}
	if key == "" {
		t.Fatalf("there is no actor %s", prefix)
	}
	e.system.Root.Send(actor.NewPID(e.system.Address(), key), message)
	return key
}

// failures are the contained panics and the restarts of each kind of actor.
func failures(e *Engine) map[string][2]uint64 {
	found := map[string][2]uint64{}
	for _, s := range e.supervisors {
		found[s.Kind()] = [2]uint64{s.Failures(), s.Restarts()}
	}
	return found
}

// TestACrashOfOneActorCostsNobodyElseAnything lets one actor of a kind panic while
// quotes and trades flow: it is counted under its kind and logged once with its key,
// no other browser notices, no notice is lost, and accounts are what their journals
// say. The paper broker's crash is in its own room's tests, for its messages are.
func TestACrashOfOneActorCostsNobodyElseAnything(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, key string // the beginning of the actor's name; the victim's is added
		message   any
		ends      bool // the session
		restarts  uint64
	}{
		{"symbol", "symbol/AAPL", (*symbol.Sweep)(nil), false, 1},
		{"portfolio", "portfolio/", (*portfolio.View)(nil), false, 1},
		{"session", "session/", (*session.Subscribe)(nil), true, 0},
	} {
		t.Run(c.kind, func(t *testing.T) {
			var log lockedBuffer
			loaded := load(t, t.TempDir(), "")
			s := &loaded.Settings
			s.Simulator.Enabled, s.Simulator.Symbols, s.Simulator.TicksPerSecond = true, 20, 500
			s.Server.DrainTime = 0
			defer func() {
				if t.Failed() {
					t.Log(log.String())
				}
			}()
			e, end := serveUntil(t, loaded, newLogger(s.Log, &log, false))
			load := startLoad(t, e, 3, true)
			load.goesOn()
			victim := openBrowser(t, e)
			victim.say(`40{"token":"` + tokenOf(t, "victim", auth.Trader) + `"}`)
			var socket struct{ SID string }
			if err := json.Unmarshal([]byte(strings.TrimPrefix(victim.await(`40{"sid":`), "40")), &socket); err != nil {
				t.Fatal(err)
			}
			prefix := c.key
			switch c.kind {
			case "session":
				prefix += socket.SID
			case "portfolio": // of one that trades
				prefix = accountOf(t, e, load.browsers[0].executor.user)
			}
			key := crash(t, e, prefix, c.message)
			actortest.Eventually(t, "the failure", func() bool { return failures(e)[c.kind][0] == 1 })
			load.goesOn()
			if c.ends {
				for closed := false; !closed; {
					_, reason := victim.next()
					closed = reason != nil
				}
			} else {
				victim.say(`427["subscribe:quote",{"symbol":"AAPL"}]`)
				victim.await("437[")
				victim.leave()
			}
			load.stop()
			for kind, n := range failures(e) {
				if want := [2]uint64{1, c.restarts}; kind == c.kind && n != want || kind != c.kind && n != [2]uint64{} {
					t.Errorf("%s: %d failures and restarts", kind, n)
				}
			}
			for _, b := range load.browsers {
				checkAccount(t, e, b.executor)
			}
			end()
			load.browsing.Wait()
			for _, b := range load.browsers {
				b.checkNotices(t)
			}
			checkLoggedOnce(t, log.String(), c.kind, key)
		})
	}
}

// accountOf is the name of the actor of a user's account.
func accountOf(t *testing.T, e *Engine, user string) (name string) {
	t.Helper()
	for _, bucket := range e.system.ProcessRegistry.LocalPIDs.LocalPIDs {
		for id := range bucket.Items() {
			if strings.HasPrefix(id, "portfolio/") && strings.HasSuffix(id, "/"+user) {
				name = id
			}
		}
	}
	return name
}

// checkLoggedOnce makes sure that one line tells of a panic, and that it has what
// somebody needs who looks for its cause.
func checkLoggedOnce(t *testing.T, log, kind, key string) {
	t.Helper()
	var told []string
	for line := range strings.Lines(log) {
		if strings.Contains(line, "nil pointer") && !strings.Contains(line, `"level":"debug"`) {
			told = append(told, line)
		}
	}
	if len(told) != 1 {
		t.Fatalf("%d lines tell of it: %q", len(told), told)
	}
	var line struct{ Level, Kind, Actor, Handling, Panic, Stack string }
	if err := json.Unmarshal([]byte(told[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "error" || line.Kind != kind || line.Actor != key || !strings.HasPrefix(line.Handling, "*"+kind+".") || !strings.Contains(line.Stack, "Receive") {
		t.Errorf("%+v", line)
	}
}

// checkAccount makes sure that the account in memory is what its journal folds to,
// and that all trades that were acknowledged are in it.
func checkAccount(t *testing.T, e *Engine, x *executorOf) {
	t.Helper()
	views := make(chan portfolio.Account, 1)
	if err := e.portfolios.Tell(x.user, &portfolio.View{Reply: func(a portfolio.Account, err error) {
		if err != nil {
			t.Error(err)
		}
		views <- a
	}}); err != nil {
		t.Fatal(err)
	}
	view := <-views
	account, err := ledger.ParseAccount([]byte(folded(t, e, x.user, false, view.Version)))
	if err != nil {
		t.Fatal(err)
	}
	if trades := uint64(x.acknowledged.Load()); view.Version != trades+1 || view.Valuation.Trades != trades || account.Trades != trades || view.Valuation.Cash.Cmp(account.Cash) != 0 {
		t.Errorf("%s: version %d with %d trades and %s in cash, its journal has %d and %s, acknowledged are %d",
			x.user, view.Version, view.Valuation.Trades, view.Valuation.Cash, account.Trades, account.Cash, trades)
	}
}
