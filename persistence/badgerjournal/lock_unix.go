//go:build unix && !linux

package badgerjournal

import (
	"errors"

	"golang.org/x/sys/unix"
)

// opened reports whether a process exists. That it has the file open is what the file
// says, which was written under the lock.
func opened(pid int, _ string) (name string, has bool) {
	err := unix.Kill(pid, 0)
	return "", err == nil || errors.Is(err, unix.EPERM)
}
