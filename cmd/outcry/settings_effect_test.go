package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/govalues/decimal"
	"github.com/rs/zerolog"

	"outcry/actors/portfolio"
	"outcry/transport/auth"
)

// changed changes settings that must be allowed.
func changed(t *testing.T, e *Engine, changes map[string]string) {
	t.Helper()
	if answer := patch(t, e, changes); answer.Status != http.StatusOK || len(answer.Changed) != len(changes) {
		t.Fatalf("%+v", answer)
	}
}

// dashboardOf opens a browser of a user.
func dashboardOf(t *testing.T, e *Engine, user string) *rawBrowser {
	t.Helper()
	b := openBrowser(t, e)
	b.say(`40{"token":"` + tokenOf(t, user, auth.Trader) + `"}`)
	b.await(`40{"sid":`)
	return b
}

func TestALimitOfEventsHoldsForSocketsThatAreOpen(t *testing.T) {
	e := serve(t, nil)
	b := dashboardOf(t, e, "ann")
	subscribe := func() string { b.say(`427["subscribe:quote",{"symbol":"AAPL"}]`); return b.await("437[") }
	for range 3 {
		if answer := subscribe(); !strings.Contains(answer, `"success":true`) {
			t.Fatal(answer)
		}
	}
	changed(t, e, map[string]string{"limit.events_per_second": "0.15", "limit.event_burst": "1"}) // one in 7 s
	if answer := subscribe(); !strings.Contains(answer, "RATE_LIMIT") || !strings.Contains(answer, "at most 0.15 a second, 1 at once") {
		t.Fatal(answer)
	}
	changed(t, e, map[string]string{"limit.events_per_second": "0"})
	if answer := subscribe(); !strings.Contains(answer, `"success":true`) {
		t.Fatal(answer)
	}
	b.leave()
}

func TestLimitsOfConnectionsHoldAtOnceAndLetThoseThatAreOpenStay(t *testing.T) {
	e := serve(t, nil)
	b := dashboardOf(t, e, "ann")
	refused := func() string {
		t.Helper()
		answers := talk(t, e, strings.Replace(upgradeRequest(), "Connection: Upgrade", "Connection: Upgrade, close", 1))
		return fmt.Sprint(answers[0].StatusCode)
	}
	changed(t, e, map[string]string{"engineio.max_connections": "1"})
	if got := refused(); got != "503" {
		t.Errorf("beyond max_connections: %s", got)
	}
	changed(t, e, map[string]string{"engineio.max_connections": "0", "limit.dials_per_second": "0.001", "limit.dial_burst": "1"})
	dashboardOf(t, e, "bob").leave()
	if got := refused(); got != "429" {
		t.Errorf("beyond dial_burst: %s", got)
	}
	b.say(`427["subscribe:quote",{"symbol":"AAPL"}]`)
	b.await("437[")
	b.leave()
}

func TestTheLogLevelHoldsForEveryRoom(t *testing.T) {
	keepLogLevel(t)
	var out lockedBuffer
	loaded := load(t, t.TempDir(), "")
	if err := setLevel(loaded.Settings.Log); err != nil {
		t.Fatal(err)
	}
	e := serveLoaded(t, loaded, newLogger(loaded.Settings.Log, &out, false))
	refuse := func() { // which the gateway logs at debug
		b := openBrowser(t, e)
		b.say(`40{"token":"none"}`)
		b.await("44{")
		b.leave()
	}
	refuse()
	if strings.Contains(out.String(), "connection refused") {
		t.Fatal("debug is logged at info")
	}
	changed(t, e, map[string]string{"log.level": "debug"})
	refuse()
	if !strings.Contains(out.String(), "connection refused") {
		t.Errorf("debug is not logged: %s", out.String())
	}
	if !strings.Contains(out.String(), `"key":"log.level","from":"info","to":"debug","by":"op"`) {
		t.Errorf("the change is not logged: %s", out.String())
	}
}

// lockedBuffer is what an engine's log is written to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestSettingsChangeWhileQuotesAndTradesFlow is for the race detector, and shows
// that nobody loses a connection by it.
func TestSettingsChangeWhileQuotesAndTradesFlow(t *testing.T) {
	loaded := load(t, t.TempDir(), "")
	s := &loaded.Settings
	s.Simulator.Enabled, s.Simulator.Symbols, s.Simulator.TicksPerSecond = true, 20, 500
	s.Portfolio.UpdateInterval = 10 * time.Millisecond
	e, end := serveUntil(t, loaded, zerolog.Nop())
	const browsers = 4
	var reading sync.WaitGroup
	quotes := make([]chan struct{}, browsers)
	for i := range quotes {
		b := dashboardOf(t, e, fmt.Sprint("user", i))
		b.say(`42["subscribe:watchlist",{"symbols":["AAPL","SPY","MSFT"]}]`)
		quotes[i] = make(chan struct{}, 1)
		if err := b.nc.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		reading.Go(func() { watchQuotes(t, b, quotes[i]) })
	}
	ctx, stop := context.WithCancel(t.Context())
	reading.Go(func() { keepBuying(ctx, t, e, "user0") })

	const rounds = 20
	for i := range rounds {
		odd := i%2 == 1
		pick := func(a, b string) string {
			if odd {
				return a
			}
			return b
		}
		answer := patch(t, e, map[string]string{
			"mailbox.budget": pick("50ms", "200ms"), "mailbox.pace_floor": pick("2ms", "0"), "mailbox.busy_share": pick("0.3", "0.9"),
			"mailbox.capacity": pick("200", "1000"), "session.outbox_bytes": pick("8192", "65536"), "session.slow_timeout": pick("20s", "30s"),
			"limit.events_per_second": pick("40", "0"), "portfolio.update_interval": pick("20ms", "30ms"), "portfolio.max_pending": pick("64", "1000"),
			"portfolio.sample_interval": pick("1s", "2s"), "market.quiet_after": pick("1s", "2s"), "market.sweep_interval": pick("10ms", "20ms"),
			"market.max_pending_ticks": pick("64", "10000"), "paper.fee_basis_points": pick("5", "0"), "engineio.ping_interval": pick("20s", "21s"),
			"http.request_timeout": pick("9s", "8s"),
		})
		if answer.Status != http.StatusOK {
			t.Fatalf("%+v", answer)
		}
	}
	for i := range quotes { // one that was read before may wait, the second was not
		for range 2 {
			select {
			case <-quotes[i]:
			case <-time.After(badInputPatience):
				t.Fatalf("browser %d gets no quotes any more", i)
			}
		}
	}
	stop()
	changed(t, e, map[string]string{"server.drain_time": "0"})
	if got := e.sessions.Stats(); got.Live != browsers {
		t.Errorf("%d of %d sessions are left: %+v", got.Live, browsers, got)
	}
	end() // which is what the browsers read to
	reading.Wait()
}

// watchQuotes reads as a browser does, to the end of the engine, and tells of each
// quote.
func watchQuotes(t *testing.T, b *rawBrowser, quotes chan<- struct{}) {
	for {
		f, err := ws.ReadFrame(b.from)
		if err != nil {
			t.Errorf("a browser lost its connection: %v", err)
			return
		}
		switch {
		case f.Header.OpCode == ws.OpClose:
			if code, reason := ws.ParseCloseFrameData(f.Payload); code != ws.StatusGoingAway {
				t.Errorf("a browser is closed with %d %s", code, reason)
			}
			return
		case string(f.Payload) == "2":
			if _, err := b.nc.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("3"))))); err != nil {
				t.Errorf("a browser cannot answer its ping: %v", err)
				return
			}
		case bytes.HasPrefix(f.Payload, []byte(`42["watchlist:quote"`)):
			select {
			case quotes <- struct{}{}:
			default:
			}
		}
	}
}

// keepBuying buys a share again and again until ctx ends.
func keepBuying(ctx context.Context, t *testing.T, e *Engine, user string) {
	for i := 0; ctx.Err() == nil; i++ {
		answers := make(chan error, 1)
		err := e.portfolios.TellWait(ctx, user, &portfolio.RecordTrade{
			Trade: portfolio.Trade{ID: fmt.Sprint("t", i), Symbol: "AAPL", Quantity: decimal.One, Price: decimal.One, Time: time.Now()},
			Reply: func(_ portfolio.TradeOutcome, err error) { answers <- err },
		})
		if err == nil {
			err = <-answers
		}
		if err != nil && ctx.Err() == nil {
			t.Errorf("trade %d: %v", i, err)
			return
		}
	}
}
