package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// variable tells a process in its environment that it is to take over, and which
// version of the messages its predecessor speaks.
const variable = "UPGRADE_OF_OUTCRY"

// protocol is the version of the messages.
const protocol = "1"

// The descriptors of a successor, behind the three that every process has.
const (
	fdListener = 3 + iota
	fdFrom
	fdTo
)

// Command is what to start.
type Command struct {
	Path string
	// Args are those of os.Args, the name of the program first.
	Args []string
	// Environ is as os.Environ gives it.
	Environ []string
	// Listener is the socket that the successor accepts from. It stays the caller's.
	Listener *os.File
	// Hello is the first thing that the successor hears.
	Hello any
}

// Successor is a process that was started to take this one's place. It belongs to
// one goroutine, which ends it or lets it go.
type Successor struct {
	// immutable after construction
	pipes  pipes
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
	status error         // of its end; valid once exited is closed
}

// Possible says why this process cannot start a successor, if it cannot.
func Possible() error {
	switch {
	case runtime.GOOS == "windows":
		return errors.New("on Windows a listening socket cannot be handed on: stop this engine and start the new one")
	case os.Getpid() == 1:
		return errors.New("this engine is process 1, with which its container ends: replace the container")
	}
	return nil
}

// Begin starts a successor and says hello to it.
func Begin(ctx context.Context, c Command) (*Successor, error) {
	if err := Possible(); err != nil {
		return nil, err
	}
	itsFrom, to, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer itsFrom.Close()
	from, itsTo, err := os.Pipe()
	if err != nil {
		_ = to.Close()
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer itsTo.Close()
	s := &Successor{pipes: pipes{from: from, to: to}, exited: make(chan struct{})}
	s.cmd = &exec.Cmd{
		Path: c.Path, Args: c.Args, Env: append(withoutVariable(c.Environ), variable+"="+protocol),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		ExtraFiles: []*os.File{c.Listener, itsFrom, itsTo},
	}
	if err := s.cmd.Start(); err != nil {
		s.pipes.close()
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	go func() {
		defer close(s.exited)
		s.status = s.cmd.Wait()
	}()
	if err := s.pipes.send(ctx, kindHello, c.Hello); err != nil {
		err = s.explain(err)
		s.End()
		return nil, err
	}
	return s, nil
}

// PID is the process's.
func (s *Successor) PID() int { return s.cmd.Process.Pid }

// Prepared waits until the successor has all but what this process holds.
func (s *Successor) Prepared(ctx context.Context, into any) error {
	return s.explain(s.pipes.receive(ctx, kindPrepared, into))
}

// Take hands over: this process has stopped.
func (s *Successor) Take(ctx context.Context, estate any) error {
	return s.explain(s.pipes.send(ctx, kindTake, estate))
}

// Serving waits until the successor serves.
func (s *Successor) Serving(ctx context.Context, into any) error {
	return s.explain(s.pipes.receive(ctx, kindServing, into))
}

// explain says how a process ended that hung up without a word.
func (s *Successor) explain(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errClosedPipe) {
		return err
	}
	_ = s.cmd.Process.Kill() // one that hung up and lives on is none of ours
	<-s.exited
	status := "without an error"
	if s.status != nil {
		status = "with " + s.status.Error()
	}
	return fmt.Errorf("it ended %s and said nothing: its own log may say why", status)
}

// End kills the successor, if it still runs, and waits for its end.
func (s *Successor) End() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.exited
	s.pipes.close()
}

// Release lets the successor go: it is on its own.
func (s *Successor) Release() { s.pipes.close() }

func withoutVariable(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool { return strings.HasPrefix(entry, variable+"=") })
}
