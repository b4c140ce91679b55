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
	"syscall"
	"time"
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

// Successor is a process that was started to take this one's place, with all that it
// starts. It belongs to one goroutine, which ends it or lets it go.
type Successor struct {
	// immutable after construction
	pipes pipes
	cmd   *exec.Cmd
	group group

	// owned by its goroutine
	ended  bool
	left   error // of an end that not all of the group took
	status error // how its process ended
}

const (
	// endGrace is how long a successor may take to end by itself after SIGTERM. Nothing
	// serves meanwhile if it was handed the journal.
	endGrace = time.Second
	// killPatience is how long it may take to be gone after SIGKILL, which the kernel
	// delays only for a process that waits for a disk.
	killPatience = 5 * time.Second
	// lookInterval is how often it is looked whether a group is gone: no event tells.
	lookInterval = 5 * time.Millisecond
	// releaseTimeout bounds the last words of two processes that both work.
	releaseTimeout = 2 * time.Second
)

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
	s := &Successor{pipes: pipes{from: from, to: to}}
	s.cmd = &exec.Cmd{
		Path: c.Path, Args: c.Args, Env: append(withoutVariable(c.Environ), variable+"="+protocol),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		ExtraFiles:  []*os.File{c.Listener, itsFrom, itsTo},
		SysProcAttr: startInGroup(),
	}
	if err := s.cmd.Start(); err != nil {
		s.pipes.close()
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	s.group = group(s.cmd.Process.Pid)
	if err := s.pipes.send(ctx, kindHello, c.Hello); err != nil {
		err = s.explain(err)
		return nil, errors.Join(err, s.End())
	}
	return s, nil
}

// PID is that of the process that was started, which may be a script.
func (s *Successor) PID() int { return s.cmd.Process.Pid }

// Has reports whether a process is that one or was started by it.
func (s *Successor) Has(pid int) bool { return s.group.has(pid) }

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

// explain says how a process ended that hung up without a word. One that lives on is
// of no use, and ended.
func (s *Successor) explain(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errClosedPipe) {
		return err
	}
	s.endGroup()
	status := "without an error"
	if s.status != nil {
		status = "with " + s.status.Error()
	}
	return fmt.Errorf("it ended %s and said nothing: its own log may say why", status)
}

// End ends the successor and all that it started, by SIGTERM and after endGrace by
// SIGKILL, and waits until none of it is left. The error is that some of it is left
// after killPatience.
func (s *Successor) End() error {
	s.endGroup()
	s.pipes.close()
	return s.left
}

// endGroup is End but for the pipes. The process is not waited for before: until then
// the kernel gives the id of its group to no other.
func (s *Successor) endGroup() {
	if s.ended {
		return
	}
	s.ended = true
	exited := make(chan error, 1)
	s.group.signal(syscall.SIGTERM)
	go func() {
		defer close(exited)
		exited <- s.cmd.Wait()
	}()
	if s.gone(exited, endGrace) {
		return
	}
	s.group.signal(syscall.SIGKILL)
	if !s.gone(exited, killPatience) {
		s.left = fmt.Errorf("some of process group %d is still there %s after it was killed: look what it waits for",
			s.group, killPatience)
	}
}

// gone waits until the process has exited and none of its group is left, and reports
// whether that came about in time.
func (s *Successor) gone(exited <-chan error, patience time.Duration) bool {
	late := time.After(patience)
	select {
	case status, unread := <-exited:
		if unread {
			s.status = status
		}
	case <-late:
		return false
	}
	for !s.group.gone() {
		select {
		case <-late:
			return false
		case <-time.After(lookInterval):
		}
	}
	return true
}

// Release lets the successor go, which serves: it is on its own. It joins the process
// group of this process, so that a terminal or a supervisor that sends signals to that
// group reaches it, and not before: until now it is ended by its group.
func (s *Successor) Release() {
	defer s.pipes.close()
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	if s.pipes.send(ctx, kindRelease, ownGroup()) == nil { // one of an older version has hung up
		_ = s.pipes.receive(ctx, kindReleased, new(bool)) // or stays where it is
	}
}

func withoutVariable(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool { return strings.HasPrefix(entry, variable+"=") })
}
