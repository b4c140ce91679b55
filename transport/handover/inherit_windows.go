package handover

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// errClosedPipe is that nobody reads what was written.
var errClosedPipe error = syscall.ERROR_BROKEN_PIPE

// inherit is not possible: no successor is started on Windows.
func inherit(uintptr, string) (*os.File, error) { return nil, errors.ErrUnsupported }

// SocketFile is not possible either.
func SocketFile(*net.TCPListener) (*os.File, error) { return nil, errors.ErrUnsupported }
