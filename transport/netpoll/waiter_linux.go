package netpoll

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// waiter waits for an epoll's events. The epoll itself is watched by Go's
// poller, so that the waiting goroutine parks instead of holding a thread in
// epoll_wait: a round trip through the loop took 14 us so, 38 us with the thread.
// The price: while goroutines keep all processors busy without a rest, Go looks
// at its poller every 10 ms only. The sockets remain unknown to Go's poller.
type waiter struct {
	// immutable after construction
	epfd  int
	file  *os.File // owns epfd
	raw   syscall.RawConn
	check func(fd uintptr) bool // calls epoll_wait; kept, since each closure allocates

	// owned by the goroutine that waits
	events []unix.EpollEvent // room for the events of one wait
	n      int
	err    error
}

func newWaiter(events int) (*waiter, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(epfd, true); err != nil { // else os.NewFile would not poll it
		_ = unix.Close(epfd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	w := &waiter{epfd: epfd, file: os.NewFile(uintptr(epfd), "epoll"), events: make([]unix.EpollEvent, events)}
	w.check = func(uintptr) bool {
		w.n, w.err = unix.EpollWait(w.epfd, w.events, 0)
		return w.n > 0 || (w.err != nil && !errors.Is(w.err, unix.EINTR))
	}
	if err := w.file.SetReadDeadline(time.Time{}); err != nil {
		_ = w.file.Close()
		return nil, fmt.Errorf("watch epoll: %w", err)
	}
	if w.raw, err = w.file.SyscallConn(); err != nil {
		_ = w.file.Close()
		return nil, fmt.Errorf("watch epoll: %w", err)
	}
	return w, nil
}

// wait returns the events that are there, or come before the deadline. The
// result is valid until the next wait.
func (w *waiter) wait() ([]unix.EpollEvent, error) {
	w.n, w.err = 0, nil
	err := w.raw.Read(w.check)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("wait for events: %w", err)
	}
	if w.err != nil && !errors.Is(w.err, unix.EINTR) {
		return nil, os.NewSyscallError("epoll_wait", w.err)
	}
	return w.events[:max(w.n, 0)], nil
}

// until sets when wait gives up; the zero time is never.
func (w *waiter) until(deadline time.Time) error {
	if err := w.file.SetReadDeadline(deadline); err != nil {
		return fmt.Errorf("set epoll deadline: %w", err)
	}
	return nil
}

func (w *waiter) control(op, fd int, event *unix.EpollEvent) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(w.epfd, op, fd, event))
}

func (w *waiter) close() error { return w.file.Close() }
