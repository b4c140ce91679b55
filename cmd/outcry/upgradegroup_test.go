//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/persistence/storage"
	"outcry/transport/auth"
	"outcry/transport/handover"
)

// installWrapper makes the next program a script that runs this test's binary with
// some environment and waits for it.
func (s *service) installWrapper(environ string) {
	s.t.Helper()
	s.install(`echo '{"message":"wrapper","pid":'$$'}' >&2
env ` + environ + ` ` + testBinary(s.t) + ` "$@"
exit $?`)
}

// pidOf is the process that logged a message the given number of times.
func (s *service) pidOf(message string, times int) int {
	s.t.Helper()
	return int(s.logged(message, times)["pid"].(float64))
}

// ended requires that a process is gone, or all of a group for a negative number.
func ended(t *testing.T, what string, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("%s, process %d, is still there: %v", what, pid, err)
	}
}

// A script runs the next engine, which hangs once it has the journal open: the
// journal is free again only if the engine is ended, and not the script alone.
func TestAnEngineServesAgainWhenTheEngineOfAWrapperHangsWithTheJournal(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	s.live()
	s.patience("4s")
	for i, c := range []struct{ what, environ string }{
		{"it ends when it is asked to", ""},
		{"it ignores SIGTERM", asDeaf + "=1 "},
	} {
		s.installWrapper(c.environ + asHolder + "=" + s.data())
		outcomes := make(chan handover.Outcome, 1)
		go func() {
			defer close(outcomes) // also where there is none
			outcomes <- s.upgrade()
		}()
		wrapper, holder := s.pidOf("wrapper", i+1), s.pidOf("holding the journal", i+1)
		t.Cleanup(func() { _ = syscall.Kill(holder, syscall.SIGKILL) })
		if outcome := <-outcomes; outcome.Upgraded || outcome.PID != s.started.Process.Pid {
			t.Fatalf("%s: %+v", c.what, outcome)
		}
		ended(t, c.what+": the group", -wrapper)
		ended(t, c.what+": the engine", holder)
		s.logged("serving again in the place of the engine that failed", i+1)
		s.held()
		trade := fmt.Sprintf(`{"id":"after-%d","userId":"ann","symbol":"AAPL","side":"buy","quantity":1,"price":230,"status":"executed"}`, i)
		s.expect("POST", "/api/trades", auth.Executor, trade, `"duplicate":false`)
	}
	s.installWrapper("")
	if outcome := s.upgrade(); !outcome.Upgraded {
		t.Errorf("when all is well: %+v", outcome)
	}
	s.held()
	s.stop()
}

// A script that waits for its engine is upgraded to, and what is named as the process
// that serves is the engine: signals to stop, to reload and to upgrade reach it.
func TestSignalsReachTheEngineOfAWrapper(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	s.live()
	s.installWrapper("")
	first := s.upgrade()
	script := s.pidOf("wrapper", 1)
	if !first.Upgraded || first.PID == script {
		t.Fatalf("%+v of the script %d", first, script)
	}
	s.held()
	s.installWrapper("")
	if err := syscall.Kill(first.PID, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	s.tookOver()
	s.held()
	s.stop()
	actortest.Eventually(t, "the end of the script", func() bool { return errors.Is(syscall.Kill(script, 0), syscall.ESRCH) })
}

// What the next process inherits is the socket and the pipes: a descriptor of the
// journal would keep its lock for as long as anything lives that the process started.
func TestTheNextProcessInheritsNothingOfTheJournal(t *testing.T) {
	s := startService(t, "")
	list := filepath.Join(s.dir, "descriptors")
	s.install("for fd in 0 1 2 3 4 5 6 7 8 9; do test -e /dev/fd/$fd && echo \"$fd $(readlink /proc/$$/fd/$fd)\"; done > " + list + "\nexit 3")
	if outcome := s.upgrade(); !strings.Contains(outcome.Reason, "exit status 3") {
		t.Errorf("%+v", outcome)
	}
	inherited, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(inherited)), "\n"); len(lines) != 6 || strings.Contains(string(inherited), s.data()) {
		t.Errorf("the next process has these descriptors open:\n%s", inherited)
	}
	s.stop()
}

// An engine that is started while the one before it ends waits for the journal; a stop
// ends that, too.
func TestAnEngineThatStartsWaitsForTheJournal(t *testing.T) {
	t.Parallel()
	hold := func(s *service) (free func() error) {
		journal, err := storage.Open(s.data(), storage.DefaultOptions(), zerolog.Nop(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return sync.OnceValue(journal.Close)
	}
	begin := func(s *service) {
		s.begin(exec.Command(s.program(), "serve", "--config", s.file(), "--data", s.data(), "--listen", "127.0.0.1:0"))
		line := s.logged("waiting for the lock of the journal", 1)
		if text := fmt.Sprint(line["error"]); !strings.Contains(text, fmt.Sprintf("process %d", os.Getpid())) {
			t.Errorf("it waits: %s", text)
		}
	}
	s := newService(t, "")
	free := hold(s)
	begin(s)
	if err := free(); err != nil {
		t.Fatal(err)
	}
	s.url = s.logged("serving", 1)["url"].(string)
	s.live()
	s.stop()

	s = newService(t, "")
	free = hold(s)
	begin(s)
	s.stop()
	if err := free(); err != nil {
		t.Error(err)
	}
	<-s.exited
	if code := s.started.ProcessState.ExitCode(); code != 1 {
		t.Errorf("it was stopped while it waited, and ended with %d", code)
	}
}

func TestAHangupDoesNotEndAnEngineThatHandsOver(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	s.live()
	s.installAs(asHanging) // so the gap lasts
	s.patience("2s")
	outcomes := make(chan handover.Outcome, 1)
	go func() {
		defer close(outcomes) // also where there is none
		outcomes <- s.upgrade()
	}()
	s.logged("stopped", 1)
	if err := s.started.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if outcome := <-outcomes; outcome.Upgraded || outcome.PID != s.started.Process.Pid {
		t.Errorf("%+v", outcome)
	}
	s.held()
	s.stop()
}
