package main

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/config/audit"
	"outcry/transport/auth"
)

// history is what GET /api/operator/audit answers.
func history(t *testing.T, e *Engine, query string) []audit.Entry {
	t.Helper()
	answer := ask(t, e, auth.Operator, http.MethodGet, "/api/operator/audit"+query, nil)
	if answer.Status != http.StatusOK {
		t.Fatalf("%+v", answer)
	}
	return answer.Changes
}

func TestWhoChangedWhatOutlivesTheEngine(t *testing.T) {
	data := t.TempDir()
	e, stop := serveUntil(t, load(t, data, ""), zerolog.Nop())
	before := time.Now().UnixMilli()
	changed(t, e, map[string]string{"mailbox.budget": "150ms"})
	changed(t, e, map[string]string{"mailbox.budget": "100ms", "limit.event_burst": "7"})
	want := []audit.Entry{
		{UserID: "op", Key: "mailbox.budget", From: "150ms", To: "100ms"},
		{UserID: "op", Key: "limit.event_burst", From: "100", To: "7"},
		{UserID: "op", Key: "mailbox.budget", From: "200ms", To: "150ms"},
	}
	check := func(e *Engine) {
		t.Helper()
		got := history(t, e, "")
		if len(got) != len(want) {
			t.Fatalf("%+v", got)
		}
		for i, w := range want {
			if w.At = got[i].At; got[i] != w || w.At < before || w.At > time.Now().UnixMilli() {
				t.Errorf("entry %d is %+v, want %+v", i, got[i], w)
			}
		}
		if newest := history(t, e, "?limit=1"); len(newest) != 1 || newest[0] != got[0] {
			t.Errorf("%+v", newest)
		}
	}
	check(e)
	for _, limit := range []string{"0", "-1", "1001", "x"} {
		if answer := ask(t, e, auth.Operator, http.MethodGet, "/api/operator/audit?limit="+limit, nil); answer.Status != http.StatusBadRequest || !strings.Contains(answer.Detail, "between 1 and 1000") {
			t.Errorf("limit %s: %+v", limit, answer)
		}
	}
	stop()
	e, _ = serveUntil(t, load(t, data, ""), zerolog.Nop())
	check(e)
	if got := e.dispatcher.Options().Budget; got != 200*time.Millisecond {
		t.Errorf("the budget is %s: what an operator set holds until the engine ends", got)
	}
}

func TestSettingsFollowTheirFileAndSIGHUP(t *testing.T) {
	file := filepath.Join(t.TempDir(), "outcry.yaml")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	write("mailbox: {budget: 180ms}\n")
	loaded := load(t, t.TempDir(), file)
	var log lockedBuffer
	e := serveLoaded(t, loaded, newLogger(loaded.Settings.Log, &log, false))
	budget := func(want time.Duration) {
		t.Helper()
		actortest.Eventually(t, "a budget of "+want.String(), func() bool { return e.dispatcher.Options().Budget == want })
	}
	logged := func(times int, text string) {
		t.Helper()
		defer func() {
			if t.Failed() {
				t.Log(log.String())
			}
		}()
		actortest.Eventually(t, text+" in the log", func() bool { return strings.Count(log.String(), text) == times })
	}
	budget(180 * time.Millisecond)
	b := dashboardOf(t, e, "ann")

	write("mailbox: {budget: 160ms, workers: 3}\n")
	budget(160 * time.Millisecond)
	logged(1, "settings that are other now take effect at a restart")
	logged(1, `"keys":["mailbox.workers"]`)
	entry := history(t, e, "?limit=1")[0]
	if entry.UserID != "file "+file || entry.From != "180ms" || entry.To != "160ms" {
		t.Errorf("%+v", entry)
	}

	write("mailbox: {budget: 1ns, capacity: 7}\n")
	logged(1, "mailbox.budget: 1ns is not allowed: must be between 1ms and 1m0s (from file ")
	if o := e.dispatcher.Options(); o.Budget != 160*time.Millisecond || o.Capacity != 1024 {
		t.Errorf("a bad file changed %+v", o)
	}

	changed(t, e, map[string]string{"mailbox.budget": "120ms"})
	write("mailbox: {budget: 160ms, capacity: 7}\n")
	actortest.Eventually(t, "the new capacity", func() bool { return e.dispatcher.Options().Capacity == 7 })
	budget(120 * time.Millisecond) // which the operator set, and the file says nothing new of
	write("mailbox: {budget: 110ms, capacity: 7}\n")
	budget(110 * time.Millisecond)

	if runtime.GOOS != "windows" { // which has no SIGHUP
		if err := signalSelf(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		logged(1, `"because":"SIGHUP","changed":0`)
	}
	b.say(`427["subscribe:quote",{"symbol":"AAPL"}]`)
	b.await("437[") // and nobody lost a connection
	b.leave()
}

func signalSelf(s os.Signal) error {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	return self.Signal(s)
}
