package netpoll

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// epoll is the engine of event loops.
type epoll struct {
	// immutable after construction
	o     Options
	log   zerolog.Logger
	loops []*loop

	table       table
	generations atomic.Uint32

	// guarded by mu; held for reading while a connection joins
	mu     sync.RWMutex
	closed bool
}

func newEpoll(o Options, log zerolog.Logger) (engine, error) {
	e := &epoll{o: o, log: log}
	for range o.loops() {
		l, err := newLoop(e)
		if err != nil {
			e.close()
			return nil, err
		}
		e.loops = append(e.loops, l)
		go l.run()
	}
	return e, nil
}

// newSocket wraps the descriptor fd, which it owns from then on, for the loop
// that has the fewest connections.
func (e *epoll) newSocket(fd int, remote unix.Sockaddr) *socket {
	l := e.loops[0]
	for _, other := range e.loops[1:] {
		if other.sockets.Load() < l.sockets.Load() {
			l = other
		}
	}
	return &socket{loop: l, fd: int32(fd), generation: e.generations.Add(1), remote: addrPort(remote)}
}

// join enters s where the loop finds it. It reports false when the engine is
// closed.
func (e *epoll) join(s *socket) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return false
	}
	s.loop.sockets.Add(1)
	e.table.put(s)
	return true
}

func (e *epoll) adopt(nc net.Conn, unread []byte, h Handler) (Conn, error) {
	fd, remote, err := takeOver(nc.(*net.TCPConn))
	if err != nil {
		return nil, err
	}
	setOptions(fd, e.o.SendBufferBytes, e.log)
	s := e.newSocket(fd, remote)
	s.handler = h
	if len(unread) > 0 {
		s.inbox.kept = s.inbox.kept.appended(unread)
	}
	if !e.join(s) {
		s.inbox.clear()
		closeDescriptor(fd, e.log)
		return nil, net.ErrClosed
	}
	s.loop.post(s)
	return s, nil
}

func (e *epoll) received() (n uint64) {
	for _, l := range e.loops {
		n += l.bytes.Load()
	}
	return n
}

func (e *epoll) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	for _, l := range e.loops {
		l.stop()
	}
	for _, l := range e.loops {
		<-l.done
	}
}

// takeOver duplicates tcp's descriptor and closes tcp, which leaves the
// connection itself open and Go's poller without it.
func takeOver(tcp *net.TCPConn) (fd int, remote unix.Sockaddr, err error) {
	defer func() { _ = tcp.Close() }() // the duplicate decides what becomes of the connection
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1, nil, fmt.Errorf("reach descriptor: %w", err)
	}
	fd = -1
	var dupErr error
	err = raw.Control(func(original uintptr) {
		fd, dupErr = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
		// a peer that is gone already shows at the first read
		remote, _ = unix.Getpeername(int(original))
	})
	if err != nil {
		return -1, nil, fmt.Errorf("reach descriptor: %w", err)
	}
	if dupErr != nil {
		return -1, nil, fmt.Errorf("duplicate descriptor: %w", dupErr)
	}
	return fd, remote, nil
}
