//go:build unix

package handover

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
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
	s.Release()
	if heard, err := io.ReadAll(waiting); err != nil || string(heard) != "served" {
		t.Errorf("heard %q, %v", heard, err)
	}
	<-s.exited
	if s.status != nil {
		t.Error(s.status)
	}
}

func TestASuccessorSaysWhyItIsNone(t *testing.T) {
	s := begin(t, listen(t), "unprepared")
	defer s.End()
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
	s.Release()
	<-s.exited
	if s.status == nil || !strings.Contains(s.status.Error(), "exit status 7") {
		t.Errorf("it ended with %v", s.status)
	}
	s = begin(t, listen(t), "serve")
	s.End()
	if s.status == nil || !strings.Contains(s.status.Error(), "killed") {
		t.Errorf("it ended with %v", s.status)
	}
}

// The socket is one for both processes: who made it block would stop the other.
func TestTheSocketStaysOneThatDoesNotBlock(t *testing.T) {
	ln := listen(t)
	s := begin(t, ln, "serve")
	defer s.End()
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
