package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/config/audit"
)

// TestEverySettingChangesUnderLoadAndNobodyNotices changes each live setting to
// another value and back while quotes and trades flow, and some by their file and
// SIGHUP: no browser loses its connection, none a notice, and the audit log has
// every change. It is for the race detector, too.
func TestEverySettingChangesUnderLoadAndNobodyNotices(t *testing.T) {
	keepLogLevel(t)
	file := filepath.Join(t.TempDir(), "outcry.yaml")
	writeSettings(t, file, "mailbox: {budget: 200ms}\n")
	loaded := load(t, t.TempDir(), file)
	s := &loaded.Settings
	s.Simulator.Enabled, s.Simulator.Symbols, s.Simulator.TicksPerSecond = true, 20, 500
	s.Portfolio.UpdateInterval = 10 * time.Millisecond
	e, end := serveUntil(t, loaded, zerolog.Nop())
	load := startLoad(t, e, 4, false)
	start := time.Now()

	var want []audit.Entry
	for _, s := range e.running.Describe() {
		if !s.Live {
			continue
		}
		other := liveSettings[s.Key].value
		changed(t, e, map[string]string{s.Key: other})
		changed(t, e, map[string]string{s.Key: s.Value})
		want = append(want, audit.Entry{UserID: "op", Key: s.Key, From: s.Value, To: other}, audit.Entry{UserID: "op", Key: s.Key, From: other, To: s.Value})
	}
	load.goesOn()
	want = append(want, changeByFile(t, e, file)...)
	load.goesOn()
	load.stop()
	checkAudit(t, e, want, start)
	if got := e.sessions.Stats(); got.Live != len(load.browsers) {
		t.Errorf("%d of %d sessions are left: %+v", got.Live, len(load.browsers), got)
	}
	changed(t, e, map[string]string{"server.drain_time": "0"})
	end() // which is what the browsers read to
	load.browsing.Wait()
	for _, b := range load.browsers {
		b.checkNotices(t)
	}
}

// changeByFile changes settings by their file, and at SIGHUP, and returns what the
// audit log must have of it.
func changeByFile(t *testing.T, e *Engine, file string) (want []audit.Entry) {
	t.Helper()
	budget := func(want time.Duration) {
		actortest.Eventually(t, "a budget of "+want.String(), func() bool { return e.dispatcher.Options().Budget == want })
	}
	by := "file " + file
	writeSettings(t, file, "mailbox: {budget: 150ms}\nportfolio: {update_interval: 40ms}\n")
	budget(150 * time.Millisecond)
	want = append(want, audit.Entry{UserID: by, Key: "mailbox.budget", From: "200ms", To: "150ms"},
		audit.Entry{UserID: by, Key: "portfolio.update_interval", From: "10ms", To: "40ms"})
	if runtime.GOOS != "windows" { // which has no SIGHUP
		writeSettings(t, file, "mailbox: {budget: 90ms}\nportfolio: {update_interval: 40ms}\n")
		if err := signalSelf(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		budget(90 * time.Millisecond)
		want = append(want, audit.Entry{UserID: by, Key: "mailbox.budget", From: "150ms", To: "90ms"})
	}
	return want
}

// writeSettings replaces a settings file as an editor does.
func writeSettings(t *testing.T, file, content string) {
	t.Helper()
	if err := errors.Join(os.WriteFile(file+".new", []byte(content), 0o600), os.Rename(file+".new", file)); err != nil {
		t.Fatal(err)
	}
}

// checkAudit makes sure that the audit log has these changes, newest last, and no
// others, all since a time.
func checkAudit(t *testing.T, e *Engine, want []audit.Entry, since time.Time) {
	t.Helper()
	got := history(t, e, "?limit=1000")
	if len(got) != len(want) {
		t.Fatalf("%d changes in the audit log, %d were made", len(got), len(want))
	}
	for i, w := range want {
		g := got[len(got)-1-i]
		if w.At = g.At; g != w || g.At < since.UnixMilli() || g.At > time.Now().UnixMilli() {
			t.Errorf("the audit log has %+v, want %+v since %s", g, w, since)
		}
	}
}

// engineLoad is browsers that watch quotes and the accounts whose trades they hear of.
type engineLoad struct {
	t        *testing.T
	browsers []*noticing
	browsing sync.WaitGroup
	trading  sync.WaitGroup
	ended    chan struct{} // closed to end the trades
}

// noticing is a browser that reads everything, and whose user trades.
type noticing struct {
	*rawBrowser
	executor *executorOf
	quotes   chan struct{} // a token for a quote that came

	// owned by its reader until that has ended
	notices []int // the numbers of the trades it heard of
}

// startLoad opens browsers and has the user of each trade, again where a request is
// answered with 503 or else as a failure of the test.
func startLoad(t *testing.T, e *Engine, browsers int, again bool) *engineLoad {
	t.Helper()
	l := &engineLoad{t: t, ended: make(chan struct{})}
	for i := range browsers {
		user := fmt.Sprint("user", i)
		b := &noticing{rawBrowser: dashboardOf(t, e, user), executor: &executorOf{user: user, again: again}, quotes: make(chan struct{}, 1)}
		b.await(`42["portfolio:update",`) // from then on it is told of trades
		b.say(`42["subscribe:watchlist",{"symbols":["AAPL","SPY","MSFT"]}]`)
		if err := b.nc.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		l.browsers = append(l.browsers, b)
		l.browsing.Go(func() { b.read(t) })
		l.trading.Go(func() {
			for !l.over() {
				b.executor.trade(t, e, 2)
			}
		})
	}
	return l
}

func (l *engineLoad) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return l.t.Failed()
	}
}

// goesOn waits until each browser got a quote that is new and each account traded.
func (l *engineLoad) goesOn() {
	l.t.Helper()
	for _, b := range l.browsers {
		before := b.executor.acknowledged.Load()
		for range 2 { // one that was read before may wait, the second was not
			select {
			case <-b.quotes:
			case <-time.After(badInputPatience):
				l.t.Fatalf("the browser of %s gets no quotes any more", b.executor.user)
			}
		}
		actortest.Eventually(l.t, "a trade of "+b.executor.user, func() bool { return b.executor.acknowledged.Load() > before })
	}
}

// stop ends the trades.
func (l *engineLoad) stop() {
	close(l.ended)
	l.trading.Wait()
}

var noticedTrade = regexp.MustCompile(`^42\["trade:executed",.*"id":"user\d+-(\d+)"`)

// read reads as a browser does, to the end of the engine.
func (b *noticing) read(t *testing.T) {
	for {
		f, err := ws.ReadFrame(b.from)
		if err != nil {
			t.Errorf("the browser of %s lost its connection: %v", b.executor.user, err)
			return
		}
		switch {
		case f.Header.OpCode == ws.OpClose:
			if code, reason := ws.ParseCloseFrameData(f.Payload); code != ws.StatusGoingAway {
				t.Errorf("the browser of %s is closed with %d %s", b.executor.user, code, reason)
			}
			return
		case string(f.Payload) == "2":
			if _, err := b.nc.Write(packetFrame("3")); err != nil {
				t.Errorf("the browser of %s cannot answer its ping: %v", b.executor.user, err)
				return
			}
		case bytes.HasPrefix(f.Payload, []byte(`42["watchlist:quote"`)):
			select {
			case b.quotes <- struct{}{}:
			default:
			}
		default:
			if trade := noticedTrade.FindSubmatch(f.Payload); trade != nil {
				n, _ := strconv.Atoi(string(trade[1])) // digits
				b.notices = append(b.notices, n)
			}
		}
	}
}

// checkNotices makes sure that a browser whose reader has ended heard of each trade
// once, in order.
func (b *noticing) checkNotices(t *testing.T) {
	t.Helper()
	if acknowledged := int(b.executor.acknowledged.Load()); len(b.notices) != acknowledged || acknowledged == 0 {
		t.Errorf("%s: %d notices of %d trades", b.executor.user, len(b.notices), acknowledged)
	}
	for i, n := range b.notices {
		if n != i {
			t.Errorf("%s: notice %d is of trade %d", b.executor.user, i, n)
			return
		}
	}
}
