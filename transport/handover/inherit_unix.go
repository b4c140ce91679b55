//go:build unix

package handover

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// errClosedPipe is that nobody reads what was written.
var errClosedPipe error = syscall.EPIPE

// inherit opens a descriptor that this process was started with. Pipes are made
// non-blocking, so that waiting for them can end.
func inherit(fd uintptr, name string) (*os.File, error) {
	if err := syscall.SetNonblock(int(fd), true); err != nil { // which fails where there is none
		return nil, err
	}
	syscall.CloseOnExec(int(fd))
	return os.NewFile(fd, name), nil
}

// SocketFile is a descriptor of its own of the socket of a listener, to give to a
// Successor. That of TCPListener.File turns the socket, which both processes have,
// into one that blocks.
func SocketFile(ln *net.TCPListener) (*os.File, error) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("listening socket: %w", err)
	}
	var fd int
	var failed error
	err = raw.Control(func(own uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, failed = syscall.Dup(int(own)); failed == nil {
			syscall.CloseOnExec(fd)
		}
	})
	if err := errors.Join(err, failed); err != nil {
		return nil, fmt.Errorf("listening socket: %w", err)
	}
	return os.NewFile(uintptr(fd), "listening socket"), nil
}
