//go:build unix

package handover

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// group is the process group of a successor, by the id of the process that was
// started. All that this process starts is in it, such as the engine that a script
// runs, unless it leaves it.
type group int

// startInGroup returns what a command needs so that its process starts in a group of
// its own.
//
// Such a group is in the background of a terminal, whose setting tostop stops those
// that write to it (SIGTTOU). The signal is ignored here, which a child inherits.
func startInGroup() *syscall.SysProcAttr {
	signal.Ignore(syscall.SIGTTOU)
	adoptOrphans()
	return &syscall.SysProcAttr{Setpgid: true}
}

// signal sends a signal to all of the group, of which there may be none left.
func (g group) signal(s syscall.Signal) { _ = syscall.Kill(-int(g), s) }

// has reports whether a process is in the group.
func (g group) has(pid int) bool {
	if pid <= 0 {
		return false
	}
	id, err := syscall.Getpgid(pid)
	return err == nil && id == int(g)
}

// gone reports whether no process of the group is left, after its first one was
// waited for. A process that this one may not signal is not counted.
func (g group) gone() bool {
	for {
		if pid, err := unix.Wait4(-int(g), nil, unix.WNOHANG, nil); pid <= 0 || err != nil {
			return syscall.Kill(-int(g), 0) != nil
		}
	}
}

// ownGroup is the group that this process is in.
func ownGroup() group { return group(syscall.Getpgrp()) }

// join moves this process into a group of the same session, if it still exists.
func (g group) join() error { return syscall.Setpgid(0, int(g)) }
