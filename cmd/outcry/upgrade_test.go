//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/persistence/storage"
	"outcry/transport/auth"
	"outcry/transport/handover"
)

// live puts into a service what an upgrade must keep, and held holds that it is there.
func (s *service) live() {
	s.t.Helper()
	s.expect("POST", "/api/ticks", auth.Feed, `{"symbol":"AAPL","price":231.5,"size":3}`, `"accepted":1`)
	s.expect("POST", "/api/trades", auth.Executor, `{"id":"t-1","userId":"ann","symbol":"AAPL","side":"buy","quantity":10,"price":230,"status":"executed"}`, `"duplicate":false`)
	s.expect("PATCH", "/api/operator/settings", auth.Operator, `{"changes":{"mailbox.budget":"155ms"}}`, "155ms")
}

// patience is for how long the next process is waited for.
func (s *service) patience(d string) {
	s.t.Helper()
	s.expect("PATCH", "/api/operator/settings", auth.Operator, `{"changes":{"server.upgrade_timeout":"`+d+`"}}`, "")
}

func (s *service) held() {
	s.t.Helper()
	actortest.Eventually(s.t, "the quote", func() bool { // symbols publish what they were handed when they are run next
		_, answer := s.ask("GET", "/api/quotes?symbols=AAPL", auth.Trader, "")
		return strings.Contains(answer, `"price":231.5`)
	})
	s.expect("GET", "/api/portfolio", auth.Trader, "", `"currentPrice":231.5`)
	s.expect("POST", "/api/trades", auth.Executor, `{"id":"t-1","userId":"ann","symbol":"AAPL","side":"buy","quantity":10,"price":230,"status":"executed"}`, `"duplicate":true`)
	s.expect("GET", "/api/operator/settings", auth.Operator, "", `{"key":"mailbox.budget","value":"155ms","default":"200ms","origin":"operator ann"`)
}

func TestAnUpgradeKeepsAddressAccountsQuotesAndWhatOperatorsSet(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	s.live()
	for i := range 2 {
		outcome := s.upgrade()
		if !outcome.Upgraded || outcome.Gap <= 0 || outcome.PID == s.started.Process.Pid {
			t.Fatalf("%+v", outcome)
		}
		if url := s.logged("serving", i+2)["url"]; url != s.url {
			t.Errorf("served at %s, was %s", url, s.url)
		}
		s.held()
	}
	<-s.exited
	if code := s.started.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the first process ended with %d", code)
	}
	if n := len(s.pids()); n != 3 {
		t.Errorf("%d processes", n)
	}
	s.stop()
	if status, body := s.ask404(); status {
		t.Errorf("served after the stop: %s", body)
	}
}

// ask404 reports whether anybody answers.
func (s *service) ask404() (bool, string) {
	response, err := http.Get(s.url + "/live")
	if err != nil {
		return false, err.Error()
	}
	response.Body.Close()
	return true, response.Status
}

func TestSIGUSR2Upgrades(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	s.live()
	if err := s.started.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	s.tookOver()
	s.held()
	s.stop()
}

func TestAnEngineGoesOnWhenTheNextOneIsNotPrepared(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	s.live()
	good := "exec " + testBinary(t) + ` "$@"`
	elsewhere := filepath.Join(t.TempDir(), "data")
	for _, c := range []struct{ what, settings, script, want string }{
		{"a program that fails", "", "exit 3", "it ended with exit status 3"},
		{"a program that does nothing", "", "exit 0", "without an error"},
		{"a program that is killed", "", "kill -9 $$", "signal: killed"},
		{"a program that says something else", "", "echo hello >&5; exec sleep 60", "not an outcry"},
		{"settings that are not allowed", ", shutdown_timeout: -1s", good, "server.shutdown_timeout: -1s is not allowed"},
		{"a setting that it does not know", ", drain_tempo: 1s", good, "server.drain_tempo: no such setting"},
		{"a certificate that is not there", ", tls: {cert_file: /none, key_file: /none}", good, "/none"},
	} {
		s.configure(c.settings)
		s.install(c.script)
		if outcome := s.upgrade(); outcome.Upgraded || outcome.PID != s.started.Process.Pid || !strings.Contains(outcome.Reason, c.want) {
			t.Errorf("%s: %+v, want %q", c.what, outcome, c.want)
		}
		s.held()
	}
	s.install("exec env " + asUnspoken + "=1 " + testBinary(t))
	s.patience("1s")
	if outcome := s.upgrade(); !strings.Contains(outcome.Reason, "not prepared within 1s") {
		t.Errorf("a program that hangs: %+v", outcome)
	}
	s.patience("30s")
	if err := os.Remove(s.program()); err != nil {
		t.Fatal(err)
	}
	if outcome := s.upgrade(); !strings.Contains(outcome.Reason, "find the program") {
		t.Errorf("without a program: %+v", outcome)
	}
	s.configure("")
	s.install(good + " --data " + elsewhere)
	if outcome := s.upgrade(); !strings.Contains(outcome.Reason, "server.data: is "+elsewhere+" now") {
		t.Errorf("with another directory: %+v", outcome)
	}
	s.install(good + " --listen 127.0.0.1:1")
	if outcome := s.upgrade(); !strings.Contains(outcome.Reason, "server.listen: is 127.0.0.1:1 now") {
		t.Errorf("with another address: %+v", outcome)
	}
	s.installAs("")
	if outcome := s.upgrade(); !outcome.Upgraded {
		t.Errorf("when all is well: %+v", outcome)
	}
	s.held()
	s.stop()
}

// The next engine fails in every way once it was handed the journal: the process
// that was to end serves again, with all that it had.
func TestAnEngineServesAgainWhenTheNextOneFailsAfterTheHandOver(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := startService(t, "")
	s.live()
	for i, c := range []struct{ what, role, patience, settings, want string }{
		{"it dies", asDying, "30s", "", "exit status 7"},
		{"it hangs", asHanging, "4s", "", "did not serve within 4s"},
		{"it fails with the journal open", "", "30s", ", profile: '" + taken.Addr().String() + "'", "server.profile"},
	} {
		s.installAs(c.role)
		s.configure(c.settings)
		s.patience(c.patience)
		outcome := s.upgrade()
		if outcome.Upgraded || outcome.PID != s.started.Process.Pid || !strings.Contains(outcome.Reason, c.want) {
			t.Errorf("%s: %+v, want %q", c.what, outcome, c.want)
		}
		s.logged("serving again in the place of the engine that failed", i+1)
		s.held()
	}
	s.installAs("")
	s.configure("")
	if outcome := s.upgrade(); !outcome.Upgraded {
		t.Errorf("when all is well: %+v", outcome)
	}
	s.held()
	s.stop()
}

func TestAnEngineWhoseJournalCannotBeWrittenIsNotUpgraded(t *testing.T) {
	s := startService(t, "", "OUTCRY_JOURNAL_RESERVE_BYTES="+strconv.Itoa(1<<50)) // no disk has as much
	if outcome := s.upgrade(); outcome.Upgraded || !strings.Contains(outcome.Reason, "the journal could not be closed cleanly: ") {
		t.Errorf("%+v", outcome)
	}
	s.expect("GET", "/live", auth.Trader, "", "")
	s.stop()
}

func TestAStopEndsAnUpgradeThatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	s.installAs(asUnspoken)
	first := make(chan handover.Outcome, 1)
	go func() { first <- s.upgrade() }()
	s.logged("upgrade: starting the next engine", 1)
	if second := s.upgrade(); second.Upgraded || !strings.Contains(second.Reason, "under way already") {
		t.Errorf("the second request: %+v", second)
	}
	s.stop() // returns when no process is left that logs, the next one neither
	if outcome := <-first; outcome.Upgraded || !strings.Contains(outcome.Reason, "told to stop meanwhile") {
		t.Errorf("%+v", outcome)
	}
	<-s.exited
	if code := s.started.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it stopped with %d", code)
	}
}

func TestWhoConnectsInTheGapIsServedByTheNextEngine(t *testing.T) {
	t.Parallel()
	s := startService(t, ", upgrade_timeout: 4s")
	s.installAs(asHanging) // the gap lasts until it is given up
	done := make(chan handover.Outcome, 1)
	go func() { done <- s.upgrade() }()
	s.logged("stopped", 1)
	answers := make(chan int, 20)
	for range cap(answers) {
		go func() {
			response, err := http.Get(s.url + "/live")
			if err != nil {
				t.Error(err)
				answers <- 0
				return
			}
			response.Body.Close()
			answers <- response.StatusCode
		}()
	}
	for range cap(answers) {
		if status := <-answers; status != http.StatusOK {
			t.Errorf("answered %d", status)
		}
	}
	if outcome := <-done; outcome.Upgraded {
		t.Errorf("%+v", outcome)
	}
	s.stop()
}

// Newcomers by TLS are served throughout: by the old engine, by the next one, or by
// the next one after they waited for it.
func TestNewcomersByTLSAreServedThroughout(t *testing.T) {
	var settings config.Settings
	trust := withTLS(t, &settings)
	s := startService(t, fmt.Sprintf(", tls: {cert_file: %s, key_file: %s}", settings.Server.TLS.CertFile, settings.Server.TLS.KeyFile))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}}
	upgraded, served, cut := make(chan struct{}), 0, 0
	var newcomers sync.WaitGroup
	newcomers.Go(func() {
		for last := false; !last; served++ {
			select {
			case <-upgraded:
				last = true
			default:
			}
			response, err := client.Get(s.url + "/live")
			switch {
			case err == nil:
				response.Body.Close()
				if response.StatusCode != http.StatusOK {
					t.Errorf("answered %s", response.Status)
				}
			case errors.Is(err, io.EOF), isCut(err): // this process stood still for the 100 ms that it had
				cut++
			default:
				t.Error(err)
			}
		}
	})
	for range 2 {
		if outcome := s.upgrade(); !outcome.Upgraded {
			t.Errorf("%+v", outcome)
		}
	}
	close(upgraded)
	newcomers.Wait()
	t.Logf("%d served, %d cut off", served, cut)
	if cut > 2 || served < 10 {
		t.Errorf("%d served, %d cut off", served, cut)
	}
	s.stop()
}

func TestSystemdIsToldWhichProcessIsTheService(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := socket.SetReadDeadline(time.Now().Add(2 * servicePatience)); err != nil {
		t.Fatal(err)
	}
	await := func(want string) {
		t.Helper()
		var heard []string
		for {
			buffer := make([]byte, 4096)
			n, err := socket.Read(buffer)
			if err != nil {
				t.Fatalf("waited for %q, heard %q: %v", want, heard, err)
			}
			if heard = append(heard, string(buffer[:n])); strings.Contains(string(buffer[:n]), want) {
				return
			}
		}
	}
	s := startService(t, "", "NOTIFY_SOCKET="+path)
	await("READY=1")
	s.install("exit 3")
	s.upgrade()
	await("RELOADING=1\nMONOTONIC_USEC=")
	await("READY=1") // again, since it goes on
	s.installAs("")
	outcome := s.upgrade()
	await("RELOADING=1")
	await("MAINPID=" + strconv.Itoa(outcome.PID) + "\nREADY=1")
	s.stop()
	await("STOPPING=1")
}

func TestASocketOfSystemdIsServedAndHandedOn(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := newService(t, "")
	command := shell(`LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`, s.program(), "serve", "--config", s.file(), "--data", s.data())
	command.ExtraFiles = []*os.File{file}
	s.start(command)
	if want := "http://" + ln.Addr().String(); s.url != want {
		t.Fatalf("it serves at %s, want %s", s.url, want)
	}
	if outcome := s.upgrade(); !outcome.Upgraded {
		t.Fatalf("%+v", outcome)
	}
	s.expect("GET", "/live", auth.Trader, "", "")
	s.stop()
}

func TestAnEngineTakesOverOnlyWhatItCanGoOnWith(t *testing.T) {
	loaded := load(t, "data", "")
	fits := hello{Listen: loaded.Settings.Server.Listen, Data: absolute("data"), JournalFormat: storage.FormatVersion}
	if err := fits.fits(loaded.Settings); err != nil {
		t.Error(err)
	}
	newer := fits
	newer.JournalFormat++
	if err := newer.fits(loaded.Settings); err == nil || !strings.Contains(err.Error(), "the journal has format") {
		t.Errorf("a newer journal: %v", err)
	}
}

func TestAnEngineWithoutAControlSocketSaysWhyAndServes(t *testing.T) {
	var out bytes.Buffer
	e := &Engine{}
	e.settings.Server.Data = filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	p := newProcess(zerolog.New(&out))
	p.listenControl(e)
	if p.control != nil || !strings.Contains(out.String(), "send SIGUSR2") || !strings.Contains(out.String(), "use a data directory with a shorter one") {
		t.Errorf("%s", out.String())
	}
	p.end()
}

func TestTheControlSocketIsTheOwnersAlone(t *testing.T) {
	s := startService(t, "")
	info, err := os.Stat(filepath.Join(s.data(), handover.SocketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	actortest.Eventually(t, "the engine", func() bool { answered, _ := s.ask404(); return answered })
	s.stop()
}
