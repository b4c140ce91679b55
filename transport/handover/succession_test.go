//go:build unix

package handover

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// begin starts a successor of a role on a listener.
func begin(t *testing.T, ln net.Listener, what string) *Successor {
	t.Helper()
	file, err := SocketFile(ln.(*net.TCPListener))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Begin(t.Context(), Command{Path: path, Args: []string{path}, Environ: append(os.Environ(), role+"="+what), Listener: file, Hello: "it is me"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// beginScript starts a script whose child is a successor of a role.
func beginScript(t *testing.T, what, script string) *Successor {
	t.Helper()
	file, err := SocketFile(listen(t).(*net.TCPListener))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	path, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Begin(t.Context(), Command{Path: path, Args: []string{"sh", "-c", script, os.Args[0]}, Environ: append(os.Environ(), role+"="+what), Listener: file, Hello: "it is me"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func end(t *testing.T, s *Successor) {
	t.Helper()
	if err := s.End(); err != nil {
		t.Error(err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// Who connects while nobody accepts is served by the successor.
func TestASuccessorServesWhoWaits(t *testing.T) {
	ln := listen(t)
	s := begin(t, ln, "serve")
	var introduction, where string
	if err := s.Prepared(t.Context(), &introduction); err != nil || introduction != "and me" {
		t.Fatal(introduction, err)
	}
	ln.Close()
	waiting, err := net.DialTimeout("tcp", ln.Addr().String(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	if err := s.Take(t.Context(), "all of it"); err != nil {
		t.Fatal(err)
	}
	if err := s.Serving(t.Context(), &where); err != nil || where != ln.Addr().String() {
		t.Fatal(where, err)
	}
	if group, err := syscall.Getpgid(s.PID()); err != nil || group != s.PID() {
		t.Errorf("it is in group %d before it is let go, and is process %d: %v", group, s.PID(), err)
	}
	s.Release()
	if group, err := syscall.Getpgid(s.PID()); err != nil || group != syscall.Getpgrp() {
		t.Errorf("it is in group %d once it was let go, and this process in %d: %v", group, syscall.Getpgrp(), err)
	}
	if heard, err := io.ReadAll(waiting); err != nil || string(heard) != "served" {
		t.Errorf("heard %q, %v", heard, err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestASuccessorSaysWhyItIsNone(t *testing.T) {
	s := begin(t, listen(t), "unprepared")
	defer end(t, s)
	if err := s.Prepared(t.Context(), new(string)); err == nil || err.Error() != "no room" {
		t.Errorf("%v", err)
	}
}

// A successor ends by itself when it is not wanted any more, and at once when it is
// told to end.
func TestASuccessorThatIsNotWantedEnds(t *testing.T) {
	s := begin(t, listen(t), "serve")
	if err := s.Prepared(t.Context(), new(string)); err != nil {
		t.Fatal(err)
	}
	s.pipes.close()
	if err := s.cmd.Wait(); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("it ended with %v", err)
	}
	s = begin(t, listen(t), "serve")
	if err := s.End(); err != nil || s.status == nil || !strings.Contains(s.status.Error(), "terminated") {
		t.Errorf("it ended with %v, %v", s.status, err)
	}
}

// What a successor started ends with it: a process that was stopped, one whose parent
// has ended, and all ignore SIGTERM.
func TestAllThatASuccessorStartedEndsWithIt(t *testing.T) {
	for what, script := range map[string]string{
		"a child":               `"$0"; exit $?`,
		"an orphan":             `"$0" & exit 0`,
		"a script that is deaf": `trap "" TERM; "$0"; exit $?`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := beginScript(t, "deaf", script)
			var child int
			if err := s.Prepared(t.Context(), &child); err != nil {
				t.Fatal(err)
			}
			if !s.Has(child) || s.Has(os.Getpid()) || s.Has(0) {
				t.Error("who is in its group is not known")
			}
			if what == "a child" {
				if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
					t.Error(err)
				}
			}
			end(t, s)
			if err := syscall.Kill(child, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d is still there: %v", child, err)
			}
			end(t, s) // does nothing
		})
	}
}

// Of a script whose engine hangs up without a word nothing is left either.
func TestAScriptWhoseEngineHungUpEnds(t *testing.T) {
	t.Parallel()
	s := beginScript(t, "unprepared", `trap "" TERM; exec 3>&- 4<&- 5>&-; while :; do sleep 60; done`)
	if err := s.Prepared(t.Context(), new(int)); err == nil || !strings.Contains(err.Error(), "signal: killed and said nothing") {
		t.Errorf("%v", err)
	}
	if !s.group.gone() {
		t.Error("the script is still there")
	}
	end(t, s)
}

// Processes of a version that knows nothing of being let go hang up instead.
func TestAnOlderVersionIsLetGo(t *testing.T) {
	ours, its := connected(t)
	its.close()
	(&Successor{pipes: ours}).Release()

	ours, its = connected(t)
	older := make(chan error, 1)
	go func() {
		older <- its.receive(context.Background(), kindServing, new(string))
		its.close()
	}()
	if err := errors.Join((&Predecessor{pipes: ours}).Serving(t.Context(), "report"), <-older); err != nil {
		t.Error(err)
	}
}

// The socket is one for both processes: who made it block would stop the other.
func TestTheSocketStaysOneThatDoesNotBlock(t *testing.T) {
	ln := listen(t)
	s := begin(t, ln, "serve")
	defer end(t, s)
	accepted := make(chan error, 1)
	if err := ln.(*net.TCPListener).SetDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := ln.Accept()
		accepted <- err
	}()
	select {
	case err := <-accepted:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("accepting blocks")
		if conn, err := net.Dial("tcp", ln.Addr().String()); err == nil { // ends it
			conn.Close()
		}
	}
}

func TestAProcessThatNobodyStartedInheritsNothing(t *testing.T) {
	if before, err := Inherit(); before != nil || err != nil {
		t.Errorf("%v, %v", before, err)
	}
}

func TestAVersionThatIsNotSpokenIsRefusedInWords(t *testing.T) {
	socket, err := SocketFile(listen(t).(*net.TCPListener))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	ours, its := connected(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"=serve", variable+"=99")
	cmd.ExtraFiles = []*os.File{socket, its.from, its.to}
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 9 {
		t.Errorf("it ended with %v", err)
	}
	if err := ours.receive(t.Context(), kindPrepared, new(string)); err == nil || !strings.Contains(err.Error(), "by version 99 of the protocol") {
		t.Errorf("%v", err)
	}
}
