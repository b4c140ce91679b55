package netpoll

import (
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// acceptBurst is how many connections one wake-up accepts before their
	// handlers are asked, so that a storm of dials is neither one system call at
	// a time nor hides a closed listener.
	acceptBurst = 64
	// closedCheck is how soon a listener that was closed from outside is noticed:
	// the kernel tells an epoll nothing about that.
	closedCheck = 100 * time.Millisecond
)

// acceptor accepts from one listener. It uses the listener's own descriptor,
// not a duplicate, so that closing the listener refuses dials at once; and only
// inside Control, which keeps the descriptor open meanwhile.
// Owned by Serve's goroutine.
type acceptor struct {
	e       *epoll
	raw     syscall.RawConn
	poll    *waiter
	room    Room
	trouble acceptTrouble
	burst   []accepted
}

// accepted is a connection fresh from the kernel.
type accepted struct {
	fd     int
	remote unix.Sockaddr
}

func (e *epoll) serve(ln net.Listener, accept func(c Conn) Handler, room Room) error {
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return fmt.Errorf("reach descriptor: %w", err)
	}
	poll, err := newWaiter(1)
	if err != nil {
		return err
	}
	defer func() { _ = poll.close() }() // nothing is lost with it
	a := &acceptor{e: e, raw: raw, poll: poll, room: room, trouble: acceptTrouble{log: e.log}}
	if err := a.control(a.watch); err != nil {
		return err
	}
	for {
		rest, err := a.wait()
		for _, c := range a.burst {
			e.welcome(c, accept)
		}
		if err != nil {
			return err
		}
		time.Sleep(rest)
	}
}

// watch registers the listener.
func (a *acceptor) watch(fd int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	return a.poll.control(unix.EPOLL_CTL_ADD, fd, &event)
}

// wait sleeps until there may be connections and accepts a burst of them.
func (a *acceptor) wait() (rest time.Duration, err error) {
	if err := a.poll.until(time.Now().Add(closedCheck)); err != nil {
		return 0, err
	}
	events, err := a.poll.wait()
	if err != nil {
		return 0, err
	}
	a.burst = a.burst[:0]
	most := 0
	if len(events) > 0 {
		if most = min(a.room(), acceptBurst); most <= 0 {
			rest = roomPause
		}
	}
	// Also where nothing is accepted: it finds that the listener was closed.
	err = a.control(func(fd int) error { return a.acceptBurst(fd, most) })
	if pause, err := a.trouble.judge(err); pause || err != nil {
		return acceptPause, err
	}
	return rest, nil
}

func (a *acceptor) acceptBurst(fd, most int) error {
	for len(a.burst) < most {
		nfd, remote, err := unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			a.burst = append(a.burst, accepted{nfd, remote})
		case unix.EINTR:
		case unix.EAGAIN:
			return nil
		default:
			return fmt.Errorf("accept: %w", err)
		}
	}
	return nil
}

// control runs f while the listener is open, else returns net.ErrClosed.
func (a *acceptor) control(f func(fd int) error) error {
	var inner error
	if err := a.raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return fmt.Errorf("%w: %w", net.ErrClosed, err)
	}
	return inner
}

// welcome asks for the handler of a new connection and enters it.
func (e *epoll) welcome(c accepted, accept func(c Conn) Handler) {
	setOptions(c.fd, e.o.SendBufferBytes, e.log)
	s := e.newSocket(c.fd, c.remote)
	s.handler = accept(s)
	if s.handler == nil {
		_ = s.discard() // nobody is to be told the cause
		return
	}
	if !e.join(s) {
		s.handler.Closed(s, s.discard())
		return
	}
	if err := s.register(); err != nil {
		e.log.Error().Err(err).Msg("a new connection cannot be watched")
		s.Close(err)
	}
}
