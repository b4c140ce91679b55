package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"outcry/transport/auth"
)

// changed changes settings that must be allowed.
func changed(t *testing.T, e *Engine, changes map[string]string) {
	t.Helper()
	if answer := patch(t, e, changes); answer.Status != http.StatusOK || len(answer.Changed) != len(changes) {
		t.Fatalf("%+v", answer)
	}
}

func TestASettingThatIsSetToWhatItIsChangesNothing(t *testing.T) {
	e := serve(t, nil)
	changed(t, e, map[string]string{"limit.event_burst": "7"})
	if answer := patch(t, e, map[string]string{"limit.event_burst": "7"}); answer.Status != http.StatusOK || answer.Changed == nil || len(answer.Changed) > 0 {
		t.Errorf("%+v", answer)
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
