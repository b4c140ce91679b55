package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/transport/auth"
)

// executorOf sends trades of an account and keeps which were acknowledged.
type executorOf struct {
	user  string
	next  int
	again bool // a request that is answered with 503 is sent again, as it says
	// atomic: written by who trades, read by the test
	acknowledged atomic.Int64
}

// trade records n trades in one request.
func (x *executorOf) trade(t *testing.T, e *Engine, n int) {
	t.Helper()
	var lines bytes.Buffer
	for range n {
		lines.WriteString(x.line(x.next))
		x.next++
	}
	status, answer := send(t, e, auth.Executor, "/api/trades", lines.String())
	for status == http.StatusServiceUnavailable && x.again && !t.Failed() {
		status, answer = send(t, e, auth.Executor, "/api/trades", lines.String())
	}
	if status != http.StatusOK {
		t.Errorf("%s: %d %s", x.user, status, answer)
		return
	}
	x.acknowledged.Add(int64(n))
}

// line is the trade of a number.
func (x *executorOf) line(number int) string {
	return fmt.Sprintf(`{"userId":%q,"id":"%s-%d","symbol":"SYM%d","quantity":1,"price":1.25,"side":"buy","status":"executed"}`+"\n",
		x.user, x.user, number, number%7)
}

// send posts lines and returns the answer.
func send(t *testing.T, e *Engine, role auth.Role, path, lines string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, e.URL()+path, strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenOf(t, "x", role))
	request.Header.Set("Content-Type", "application/x-ndjson")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(answer)
}

// exported is what `outcry journal export` prints of an account, a line an event.
func exported(t *testing.T, e *Engine, user string) []string {
	t.Helper()
	var lines []string
	for record, err := range e.journal.Read(portfolio.StreamOf(user), 0) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(appendExported(nil, portfolio.StreamOf(user), record)))
	}
	return lines
}

// folded is the account that events after a checkpoint, up to a version, fold to.
func folded(t *testing.T, e *Engine, user string, checkpointed bool, upTo uint64) string {
	t.Helper()
	account, after := &ledger.Account{}, uint64(0)
	calendar, err := market.NewCalendar(e.settings.Market.DayRollover, e.settings.Market.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	if checkpointed {
		c, err := e.journal.Checkpoint(portfolio.StreamOf(user))
		if err == nil {
			account, err = ledger.ParseAccount(c.Data)
		}
		if err != nil {
			t.Fatal(err)
		}
		after = c.Version
	}
	for record, err := range e.journal.Read(portfolio.StreamOf(user), after) {
		if err != nil {
			t.Fatal(err)
		}
		if record.Version > upTo {
			break
		}
		event, err := ledger.ParseEvent(record.Data)
		if err == nil {
			err = account.Apply(event, calendar)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return string(ledger.AppendAccount(nil, account))
}

// backupOf takes a backup of a running engine by the command.
func backupOf(t *testing.T, e *Engine) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "outcry.backup")
	return file, (&JournalBackupCmd{File: file, URL: e.URL(), Token: tokenOf(t, "op", auth.Operator)}).Run(t.Context())
}

// TestABackupUnderLoadRestoresEachAccountAsItWas takes a backup while trades come,
// restores it and starts an engine on it: every account is as it was at some version
// that is not behind what was acknowledged before, and trades of before are known.
func TestABackupUnderLoadRestoresEachAccountAsItWas(t *testing.T) {
	loaded := load(t, t.TempDir(), "")
	s := &loaded.Settings
	s.Portfolio.CheckpointEvery = 50
	s.Simulator.Enabled, s.Simulator.Symbols, s.Simulator.TicksPerSecond = true, 20, 200
	s.Server.DrainTime = 0
	e := serveLoaded(t, loaded, zerolog.Nop())
	var executors []*executorOf
	for i := range 4 {
		x := &executorOf{user: fmt.Sprint("user", i)}
		x.trade(t, e, 400)
		executors = append(executors, x)
	}
	changed(t, e, map[string]string{"journal.backup_byte_rate": "200000"}) // so that it takes some seconds

	stop := make(chan struct{})
	var trading sync.WaitGroup
	for _, x := range executors {
		trading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					x.trade(t, e, 3)
				}
			}
		})
	}
	actortest.Eventually(t, "trades of each account", func() bool {
		return !slices.ContainsFunc(executors, func(x *executorOf) bool { return x.acknowledged.Load() < 430 })
	})
	before := make([]int64, len(executors))
	for i, x := range executors {
		before[i] = x.acknowledged.Load()
	}
	file, err := backupOf(t, e)
	during := int64(0)
	for i, x := range executors {
		during += x.acknowledged.Load() - before[i]
	}
	close(stop)
	trading.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if during < 20 {
		t.Errorf("only %d trades were acknowledged during the backup: it holds them up, or the test shows little", during)
	}

	data := t.TempDir()
	if err := (&JournalRestoreCmd{File: file, journalFlags: journalFlags{Data: data}}).Run(); err != nil {
		t.Fatal(err)
	}
	again := load(t, data, "")
	again.Settings.Server.DrainTime = 0
	restored := serveLoaded(t, again, zerolog.Nop())
	for i, x := range executors {
		got, was := exported(t, restored, x.user), exported(t, e, x.user)
		if least := int(before[i]) + 1; len(got) < least || len(got) > len(was) || strings.Join(got, "") != strings.Join(was[:len(got)], "") {
			t.Fatalf("%s: %d events restored of %d, at least %d were acknowledged, or they differ", x.user, len(got), len(was), least)
		}
		version := uint64(len(got))
		want := folded(t, e, x.user, false, version)
		if account := folded(t, restored, x.user, true, version); account != want {
			t.Errorf("%s is\n%s\nand was\n%s", x.user, account, want)
		}
		status, answer := send(t, restored, auth.Executor, "/api/trades", x.line(int(before[i]-1)))
		if status != http.StatusOK || !strings.Contains(answer, `"duplicates":1`) {
			t.Errorf("a trade of before the backup is sent again: %d %s", status, answer)
		}
		if after := exported(t, restored, x.user); len(after) != len(got) {
			t.Errorf("%s has %d events, and had %d", x.user, len(after), len(got))
		}
	}
	entries := history(t, e, "?limit=2")
	if len(entries) != 2 || entries[0].Key != "backup" || entries[0].UserID != "op" || entries[0].From != "begun" || !strings.Contains(entries[0].To, "4 streams") || entries[1].To != "begun" {
		t.Errorf("the audit has %+v", entries)
	}
}

// TestAnEngineStopsThoughNobodyTakesItsBackup: also on the connections that event
// loops hand on, a write that waits for its client is ended.
func TestAnEngineStopsThoughNobodyTakesItsBackup(t *testing.T) {
	var log lockedBuffer
	loaded := load(t, t.TempDir(), "")
	loaded.Settings.Server.DrainTime = 0
	loaded.Settings.Server.ShutdownTimeout = time.Minute // longer than the patience with a client
	e, stop := serveUntil(t, loaded, newLogger(loaded.Settings.Log, &log, false))
	x := &executorOf{user: "ann"}
	for range 4 {
		x.trade(t, e, 2000)
	}
	nc := dialEngine(t, e)
	if _, err := fmt.Fprintf(nc, "GET /api/operator/backup HTTP/1.1\r\nHost: outcry\r\nAuthorization: Bearer %s\r\n\r\n", tokenOf(t, "op", auth.Operator)); err != nil {
		t.Fatal(err)
	}
	actortest.Eventually(t, "a backup", func() bool {
		entries := history(t, e, "?limit=1")
		return len(entries) == 1 && entries[0].To == "begun"
	})
	begun := time.Now()
	stop()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the engine waited %s for the client", took)
	}
	if !strings.Contains(log.String(), "broken off: the engine stops") {
		t.Errorf("the log has %s", log.String())
	}
}

func TestABackupOfAStoppedEngineIsTheSame(t *testing.T) {
	data := t.TempDir()
	e, stop := serveUntil(t, load(t, data, ""), zerolog.Nop())
	(&executorOf{user: "ann"}).trade(t, e, 5)
	want := exported(t, e, "ann")
	file := filepath.Join(t.TempDir(), "b")
	cmd := &JournalBackupCmd{File: file, journalFlags: journalFlags{Data: data}}
	if err := cmd.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--url") {
		t.Errorf("beside a running engine: %v", err)
	}
	stop()
	if err := cmd.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "name another") {
		t.Errorf("over a backup: %v", err)
	}
	to := journalFlags{Data: filepath.Join(t.TempDir(), "new", "data")}
	if err := (&JournalRestoreCmd{File: file, journalFlags: to}).Run(); err != nil {
		t.Fatal(err)
	}
	if err := (&JournalRestoreCmd{File: file, journalFlags: to}).Run(); err == nil || !strings.Contains(err.Error(), "there is a journal in") {
		t.Errorf("over a journal: %v", err)
	}
	e, _ = serveUntil(t, load(t, to.Data, ""), zerolog.Nop())
	if got := exported(t, e, "ann"); strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestTheLastBackupIsKnownBehindARestart: of a running engine and of a stopped one, and
// one that breaks off does not take its place.
func TestTheLastBackupIsKnownBehindARestart(t *testing.T) {
	data := t.TempDir()
	const when, size, failures = "outcry_backup_last_success_timestamp_seconds", "outcry_backup_last_success_size_bytes", "outcry_backup_failures_total"
	e, stop := serveUntil(t, load(t, data, ""), zerolog.Nop())
	if before := scrape(t, e); before[when] != nil || before.value(failures) != 0 {
		t.Errorf("before the first: %v, %v", before[when], before.value(failures))
	}
	began := float64(time.Now().UnixMilli()) / 1000
	file, err := backupOf(t, e)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	taken := scrape(t, e)
	if at := taken.value(when); at < began || at > float64(time.Now().Unix()+1) || taken.value(size) != float64(info.Size()) || taken.value("outcry_backup_last_success_duration_seconds") < 0 {
		t.Errorf("at %v, %v bytes of %d", at, taken.value(size), info.Size())
	}
	if _, err := e.journal.Get("backup/last"); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	response := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/operator/backup", nil)
	request.Header.Set("Authorization", "Bearer "+tokenOf(t, "op", auth.Operator))
	e.backupHandler().ServeHTTP(response, request)
	if failed := scrape(t, e); response.Code == http.StatusOK || failed.value(failures) != 1 || failed.value(when) != taken.value(when) {
		t.Errorf("one that broke off with %d: %v failed, the last was at %v", response.Code, failed.value(failures), failed.value(when))
	}
	stop()

	e, stop = serveUntil(t, load(t, data, ""), zerolog.Nop())
	if again := scrape(t, e); again.value(when) != taken.value(when) || again.value(size) != taken.value(size) || again.value(failures) != 0 {
		t.Errorf("behind a restart %v, want %v", again.value(when), taken.value(when))
	}
	stop()
	if err := (&JournalBackupCmd{File: filepath.Join(t.TempDir(), "b"), journalFlags: journalFlags{Data: data}}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, _ = serveUntil(t, load(t, data, ""), zerolog.Nop())
	if at := scrape(t, e).value(when); at <= taken.value(when) {
		t.Errorf("behind one of a stopped engine %v, want after %v", at, taken.value(when))
	}
}

func TestABackupCommandSaysWhatKeepsItFromWorking(t *testing.T) {
	e := serve(t, nil)
	t.Setenv("JWT_SECRET", "")
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := w.Write([]byte("OUTCRYBK\x00\x01 and then the connection breaks")); err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/cut/api/operator/backup" {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			panic(http.ErrAbortHandler)
		}
	}))
	defer cut.Close()
	dir := t.TempDir()
	for name, c := range map[string]struct {
		cmd  JournalBackupCmd
		says string
	}{
		"no token":       {JournalBackupCmd{URL: e.URL()}, "set JWT_SECRET"},
		"a trader":       {JournalBackupCmd{URL: e.URL(), Token: tokenOf(t, "ann", auth.Trader)}, "lacks the role operator"},
		"no URL":         {JournalBackupCmd{URL: "localhost:8080"}, "must be a URL such as"},
		"another server": {JournalBackupCmd{URL: e.URL() + "/api/elsewhere", Token: "x"}, "404"},
		"a broken line":  {JournalBackupCmd{URL: cut.URL + "/cut", Token: "x"}, "broke off"},
		"a cut answer":   {JournalBackupCmd{URL: cut.URL, Token: "x"}, "damaged"},
		"no directory":   {JournalBackupCmd{File: filepath.Join(dir, "none", "b"), URL: e.URL(), Token: "x"}, "a directory that you may write to"},
	} {
		if c.cmd.File == "" {
			c.cmd.File = filepath.Join(dir, "b")
		}
		if err := c.cmd.Run(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", name, left, err)
		}
	}
	for name, file := range map[string]string{"no backup": filepath.Join(dir, "none"), "another file": os.Args[0]} {
		if err := (&JournalRestoreCmd{File: file, journalFlags: journalFlags{Data: dir}}).Run(); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("restore of %s: %v", name, err)
		}
	}
}
