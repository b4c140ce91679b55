package loop

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"outcry/bench/browser"
)

// stage is how far a connection got.
type stage uint8

const (
	stageIdle      stage = iota // not dialed
	stageDialing                // the TCP handshake is under way
	stageHandshake              // up to the CONNECT reply
	stageConnected              // up to the snapshot
	stageReady
	stageFailed
)

// connection is the socket of one browser.
//
// Owned by the event loop.
type connection struct {
	browser *browser.Browser
	rest    []byte // read and not yet consumed: part of a frame
	unsent  []byte // what the kernel did not take
	index   int
	fd      int  // -1 before the dial and after the close
	blocked bool // waits for writability
	stage   stage
}

const (
	watchRead  = unix.EPOLLIN | unix.EPOLLRDHUP
	watchWrite = watchRead | unix.EPOLLOUT
	readable   = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
)

func (l *Loop) mayDial() bool {
	return l.dialing && l.next < len(l.connections) && l.handshaking < l.bound
}

func (l *Loop) dialSome() {
	for i := 0; i < dialsPerRound && l.mayDial(); i++ {
		c := &l.connections[l.next]
		l.next++
		if c.stage != stageIdle {
			continue // was lost before the others were dropped
		}
		l.handshaking++
		if err := l.dial(c); err != nil {
			l.fail(c, fmt.Errorf("dial: %w", err))
		}
	}
}

// dial opens the socket; the event of its first writability tells the outcome.
func (l *Loop) dial(c *connection) (err error) {
	c.stage = stageDialing
	c.browser.Dial(l.options.Clock.Now())
	c.fd, err = unix.Socket(l.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		c.fd = -1
		return err
	}
	if err := unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if err := l.shrink(c.fd); err != nil {
		return err
	}
	if err := unix.Connect(c.fd, l.address); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return err
	}
	return l.watch(c, unix.EPOLL_CTL_ADD, watchWrite)
}

// networkSegment is what an Ethernet carries. Loopback's segments are larger than a
// small receive buffer, so that TCP would wait for its timers to fill it.
const networkSegment = 1460

// shrink gives a socket the receive buffer that the options ask for. That bounds
// the window of a connection, so it comes before it.
func (l *Loop) shrink(fd int) error {
	if l.options.ReceiveBufferBytes == 0 {
		return nil
	}
	return errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, l.options.ReceiveBufferBytes),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG, networkSegment),
	)
}

func (l *Loop) watch(c *connection, operation int, events uint32) error {
	return unix.EpollCtl(l.poller, operation, c.fd, &unix.EpollEvent{Events: events, Fd: int32(c.index)})
}

// handle serves one event. A connection that an earlier event of the same wait
// closed has none any more.
func (l *Loop) handle(c *connection, events uint32) {
	if c.stage == stageDialing {
		if err := l.dialed(c); err != nil {
			l.fail(c, fmt.Errorf("dial: %w", err))
		}
		return
	}
	if c.fd >= 0 && events&readable != 0 {
		l.read(c)
	}
	if c.fd >= 0 && events&unix.EPOLLOUT != 0 {
		l.flush(c)
	}
}

// dialed begins the handshake on a socket that is connected.
func (l *Loop) dialed(c *connection) error {
	code, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err != nil {
		return err
	}
	c.stage = stageHandshake
	if err := l.watch(c, unix.EPOLL_CTL_MOD, watchRead); err != nil {
		return err
	}
	l.send(c, c.browser.Start(nil))
	return nil
}

// read takes what the socket has, in one read, and gives it to the browser
// behind what the last read left over.
func (l *Loop) read(c *connection) {
	held := copy(l.buffer, c.rest)
	n, err := unix.Read(c.fd, l.buffer[held:held+readBytes])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return
	case err != nil:
		l.fail(c, c.browser.Ended(err))
		return
	case n == 0:
		l.fail(c, c.browser.Ended(nil))
		return
	}
	l.turn.Now, l.turn.Out = l.options.Clock.Now(), l.turn.Out[:0]
	l.received.Add(int64(n))
	arrived := l.buffer[:held+n]
	consumed, err := c.browser.Read(arrived, &l.turn)
	if len(l.turn.Out) > 0 {
		l.send(c, l.turn.Out)
	}
	if err != nil {
		l.fail(c, err)
	}
	if c.fd < 0 {
		return
	}
	l.keep(c, arrived[consumed:])
	if c.stage != stageReady {
		l.advance(c)
	}
}

// keep holds on to a part of a frame until the rest arrives. The memory goes
// round, as at any time only a few connections need it.
func (l *Loop) keep(c *connection, part []byte) {
	if len(part) == 0 {
		if c.rest != nil {
			l.spare = append(l.spare, c.rest[:0])
			c.rest = nil
		}
		return
	}
	if c.rest == nil && len(l.spare) > 0 {
		c.rest = l.spare[len(l.spare)-1]
		l.spare = l.spare[:len(l.spare)-1]
	}
	c.rest = append(c.rest[:0], part...)
}

// advance notes what the browser has reached.
func (l *Loop) advance(c *connection) {
	if c.stage == stageHandshake && c.browser.Connected != 0 {
		c.stage = stageConnected
		l.handshaking--
		l.connected.Add(1)
	}
	if c.stage == stageConnected && c.browser.Ready() {
		c.stage = stageReady
		l.ready.Add(1)
		l.underway--
		l.checkSettled()
	}
}

// send writes without waiting; what the kernel does not take follows when it can.
func (l *Loop) send(c *connection, p []byte) {
	if len(p) == 0 || c.fd < 0 {
		return
	}
	c.unsent = append(c.unsent, p...)
	l.flush(c)
}

func (l *Loop) flush(c *connection) {
	n, err := unix.Write(c.fd, c.unsent)
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
		// The read that follows tells why, in words of the protocol if there are any.
		c.unsent = nil
		return
	}
	c.unsent = c.unsent[max(n, 0):]
	if blocked := len(c.unsent) > 0; blocked != c.blocked {
		c.blocked = blocked
		events := uint32(watchRead)
		if blocked {
			events = watchWrite
		}
		if err := l.watch(c, unix.EPOLL_CTL_MOD, events); err != nil {
			l.fail(c, fmt.Errorf("watch: %w", err))
			return
		}
	}
	if !c.blocked {
		c.unsent = nil
	}
}

// fail closes a connection and counts why.
func (l *Loop) fail(c *connection, err error) {
	causes := l.failures.Connect
	switch c.stage {
	case stageFailed:
		return
	case stageReady:
		causes = l.failures.Lost
	case stageDialing, stageHandshake:
		l.handshaking--
		l.underway--
	default:
		l.underway--
	}
	count(causes, browser.Cause(err), 1)
	c.stage = stageFailed
	l.failed.Add(1)
	l.close(c)
	l.checkSettled()
}

func (l *Loop) close(c *connection) {
	if c.fd >= 0 {
		// The socket is gone either way, and what it still held is of no interest.
		_ = unix.Close(c.fd)
	}
	c.fd, c.rest, c.unsent = -1, nil, nil
}
