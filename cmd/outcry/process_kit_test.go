//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/transport/auth"
	"outcry/transport/handover"
)

// service is an `outcry serve` and what takes its place.
type service struct {
	t       *testing.T
	dir     string // of its program, its settings file and its data
	url     string
	log     serviceLog
	started *exec.Cmd
	heirs   int           // processes that have taken over
	exited  chan struct{} // closed when the first process has ended
	over    chan struct{} // closed when the last process that logs has ended
}

// serviceLog is what all processes of a service log.
type serviceLog struct {
	mu    sync.Mutex // guards the next block
	lines []string
}

func (l *serviceLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *serviceLog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

// startService starts a service, which ends with the test.
func startService(t *testing.T, settings string, environ ...string) *service {
	t.Helper()
	s := newService(t, settings)
	s.start(exec.Command(s.program(), "serve", "--config", s.file(), "--data", s.data(), "--listen", "127.0.0.1:0"), environ...)
	return s
}

// newService makes the files of a service: its program is this test's binary.
func newService(t *testing.T, settings string) *service {
	t.Helper()
	s := &service{t: t, dir: t.TempDir(), exited: make(chan struct{}), over: make(chan struct{})}
	s.configure(settings)
	s.installAs("")
	return s
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *service) program() string { return filepath.Join(s.dir, "outcry") }
func (s *service) file() string    { return filepath.Join(s.dir, "settings.yaml") }
func (s *service) data() string    { return filepath.Join(s.dir, "data") }

// configure writes the settings file.
func (s *service) configure(settings string) {
	s.t.Helper()
	base := "log: {format: json}\nserver: {drain_time: 0s" + settings + "}\n"
	if err := os.WriteFile(s.file(), []byte(base), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// install puts another program in the place of the one that runs.
func (s *service) install(script string) {
	s.t.Helper()
	s.replace(func(next string) error { return os.WriteFile(next, []byte("#!/bin/sh\n"+script+"\n"), 0o700) })
}

// installAs has the next process play a role, or be outcry again for "".
func (s *service) installAs(role string) {
	s.t.Helper()
	if role != "" {
		s.install("exec env " + role + "=1 " + testBinary(s.t))
		return
	}
	s.replace(func(next string) error { return os.Symlink(testBinary(s.t), next) })
}

// replace makes a file in the place of the program.
func (s *service) replace(write func(path string) error) {
	s.t.Helper()
	next := s.program() + ".next"
	if err := errors.Join(write(next), os.Rename(next, s.program())); err != nil {
		s.t.Fatal(err)
	}
}

// start starts a process and waits until it serves.
func (s *service) start(cmd *exec.Cmd, environ ...string) {
	s.t.Helper()
	s.begin(cmd, environ...)
	s.url = s.logged("serving", 1)["url"].(string)
}

// begin starts a process, whose log is read from now on.
func (s *service) begin(cmd *exec.Cmd, environ ...string) {
	s.t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.started, cmd.Stderr = cmd, write
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "JWT_SECRET=" + testSecret, "OUTCRY_MARKET_HOURS=always", asOutcry + "=1"}, environ...)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	write.Close()
	go func() {
		defer close(s.over)
		defer read.Close()
		for lines := bufio.NewScanner(read); lines.Scan(); {
			s.log.add(lines.Text())
		}
	}()
	go func() {
		defer close(s.exited)
		cmd.Wait()
	}()
	s.t.Cleanup(s.kill)
}

// logged waits until a message was logged so many times and returns the last of them.
func (s *service) logged(message string, times int) (line map[string]any) {
	s.t.Helper()
	actortest.Eventually(s.t, fmt.Sprintf("%q %d times", message, times), func() bool {
		seen := 0
		for _, text := range s.log.all() {
			var fields map[string]any
			if json.Unmarshal([]byte(text), &fields) == nil && fields["message"] == message {
				if seen++; seen == times {
					line = fields
				}
			}
		}
		return seen >= times
	})
	return line
}

// pids are all processes that there were, as far as they were logged.
func (s *service) pids() []int {
	pids := []int{s.started.Process.Pid}
	for _, text := range s.log.all() {
		var fields struct {
			PID     int
			Message string
		}
		if json.Unmarshal([]byte(text), &fields) == nil && fields.Message == "handed over" {
			pids = append(pids, fields.PID)
		}
	}
	return pids
}

// kill ends whatever is left.
func (s *service) kill() {
	for _, pid := range s.pids() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-s.over
	<-s.exited
	http.DefaultClient.CloseIdleConnections()
	if s.t.Failed() {
		s.t.Log(strings.Join(s.log.all(), "\n"))
	}
}

// stop ends the process that serves, as an operator does, and waits for its end.
func (s *service) stop() {
	s.t.Helper()
	pids := s.pids()
	if err := syscall.Kill(pids[len(pids)-1], syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.over:
	case <-time.After(servicePatience):
		s.t.Error("it does not stop")
	}
}

// servicePatience only bounds a test that fails.
const servicePatience = 30 * time.Second

// upgrade asks for an upgrade and returns the outcome.
func (s *service) upgrade() handover.Outcome {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), servicePatience)
	defer cancel()
	outcome, err := handover.Ask(ctx, filepath.Join(s.data(), handover.SocketName))
	if err != nil {
		s.t.Fatal(err)
	}
	if outcome.Upgraded {
		s.tookOver()
	}
	return outcome
}

// tookOver waits until the log says so, too, by which stop knows the process.
func (s *service) tookOver() {
	s.t.Helper()
	s.heirs++
	s.logged("handed over", s.heirs)
}

// ask makes a request and returns the answer's status and body.
func (s *service) ask(method, path string, role auth.Role, body string) (int, string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewBufferString(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenOf(s.t, "ann", role))
	kind := "application/json"
	if role == auth.Feed {
		kind = "application/x-ndjson"
	}
	request.Header.Set("Content-Type", kind)
	request.Close = true // each request on a connection of its own
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

// expect makes a request and holds what the answer has.
func (s *service) expect(method, path string, role auth.Role, body, want string) {
	s.t.Helper()
	if status, answer := s.ask(method, path, role, body); status != http.StatusOK || !strings.Contains(answer, want) {
		s.t.Errorf("%s %s: %d %s, want %s", method, path, status, answer, want)
	}
}

// shell is a command that a shell runs.
func shell(script string, args ...string) *exec.Cmd {
	return exec.Command("sh", append([]string{"-c", script}, args...)...)
}
