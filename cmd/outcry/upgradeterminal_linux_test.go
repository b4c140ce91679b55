package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"outcry/actors/actortest"
)

// terminal opens both ends of a terminal, which stops processes in the background that
// write to it (stty tostop).
func terminal(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	screen, err = os.OpenFile(filepath.Join("/dev/pts", fmt.Sprint(number)), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	mode, err := unix.IoctlGetTermios(int(screen.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Lflag |= unix.TOSTOP
	if err := unix.IoctlSetTermios(int(screen.Fd()), unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	return keyboard, screen
}

// A script runs the engine in a terminal and goes on after it. The next engine is in
// the background while it may still be ended; once it serves, Ctrl-C reaches it as it
// reached the one before.
func TestCtrlCReachesTheNextEngine(t *testing.T) {
	keyboard, screen := terminal(t)
	s := newService(t, "")
	command := shell(`"$0" "$@"; echo '{"message":"script goes on"}' >&2; sleep 600`, s.program(), "serve", "--config", s.file(), "--data", s.data(), "--listen", "127.0.0.1:0")
	command.Stdin, command.Stdout = screen, screen
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	s.start(command)
	s.live()
	s.install("echo written to the terminal > /dev/tty\n" + testBinary(t) + ` "$@"` + "\nexit $?")
	if outcome := s.upgrade(); !outcome.Upgraded {
		t.Fatalf("%+v", outcome)
	}
	s.logged("script goes on", 1)
	s.held()
	if _, err := keyboard.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	s.logged("stopping", 1)
	<-s.over
	actortest.Eventually(t, "no answer", func() bool { answered, _ := s.ask404(); return !answered })
}
