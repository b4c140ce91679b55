package netpoll

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// socket is a connection of an event loop.
type socket struct {
	// immutable after construction
	loop       *loop
	remote     netip.AddrPort
	generation uint32

	// written by the loop under mu, read by the loop or under mu; -1 when closed
	fd int32

	// owned by the event loop
	handler    Handler
	inbox      inbox
	inputEnded bool // the peer sent its end of stream
	lingering  bool // the loop's lingering list has it
	finished   bool // Closed was called

	queued bool // guarded by loop.mu: the loop's queue has it

	// atomic: written under mu, read by the loop
	state atomic.Uint32

	// guarded by mu
	mu         sync.Mutex
	registered bool // the loop's epoll has it
	outputDone bool // our end of stream is sent
	pending    *buffer
	cause      error
}

const readEvents = unix.EPOLLIN | unix.EPOLLRDHUP

func (s *socket) RemoteAddr() netip.AddrPort { return s.remote }

func (s *socket) SetHandler(h Handler) { s.handler = h }

func (s *socket) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending.len()
}

func (s *socket) Unread() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fd >= 0 && peek(int(s.fd))
}

func (s *socket) Write(p []byte) (blocked bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != stateOpen {
		return false, net.ErrClosed
	}
	if len(p) == 0 {
		return s.pending != nil, nil
	}
	if s.pending != nil {
		return s.keep(p)
	}
	n, err := writeOnce(int(s.fd), p)
	switch {
	case n == len(p):
		return false, nil
	case err == nil || errors.Is(err, errWouldBlock):
		return s.keep(p[n:])
	default:
		s.shut(err)
		return false, err
	}
}

// keep queues p behind what is pending. Needs mu.
func (s *socket) keep(p []byte) (blocked bool, err error) {
	if s.pending.len()+len(p) > s.loop.e.o.MaxPendingBytes {
		s.shut(ErrBacklog)
		return false, ErrBacklog
	}
	first := s.pending == nil
	s.pending = s.pending.appended(p)
	if first {
		if err := s.watch(readEvents | unix.EPOLLOUT); err != nil {
			s.shut(err)
			return false, err
		}
	}
	return true, nil
}

func (s *socket) Close(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut(cause)
}

// shut marks s closed and leaves the rest to the loop. Needs mu.
func (s *socket) shut(cause error) {
	switch s.state.Load() {
	case stateOpen:
		s.cause = cause
	case stateDraining: // the cause that CloseAfterFlush was given stays
	default:
		return
	}
	s.state.Store(stateClosed)
	if s.registered {
		s.loop.post(s)
	}
}

func (s *socket) CloseAfterFlush(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != stateOpen {
		return
	}
	s.cause = cause
	s.state.Store(stateDraining)
	if s.pending == nil {
		s.endOutput()
	}
	if s.registered {
		s.loop.post(s)
	}
}

// endOutput sends our end of stream. Needs mu. That the peer is gone already
// shows at the next read.
func (s *socket) endOutput() {
	if !s.outputDone {
		s.outputDone = true
		_ = unix.Shutdown(int(s.fd), unix.SHUT_WR)
	}
}

// register makes the loop's epoll watch s. What happened to s before takes
// effect now.
func (s *socket) register() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.registered || s.fd < 0 {
		return nil
	}
	s.registered = true
	if s.state.Load() != stateOpen {
		s.loop.post(s)
	}
	events := uint32(readEvents)
	if s.pending != nil {
		events |= unix.EPOLLOUT
	}
	return s.control(unix.EPOLL_CTL_ADD, events)
}

// watch changes which events the loop gets. Needs mu.
func (s *socket) watch(events uint32) error {
	if !s.registered {
		return nil
	}
	return s.control(unix.EPOLL_CTL_MOD, events)
}

// control puts the generation beside the descriptor, see table.get.
func (s *socket) control(op int, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: s.fd, Pad: int32(s.generation)}
	return s.loop.poll.control(op, int(s.fd), &event)
}

func (s *socket) Detach(unread []byte) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != stateOpen {
		return nil, net.ErrClosed
	}
	if s.pending != nil {
		return nil, fmt.Errorf("detach: %d bytes are pending", s.pending.len())
	}
	fd, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("detach: duplicate descriptor: %w", err)
	}
	file := os.NewFile(uintptr(fd), "detached connection")
	nc, err := net.FileConn(file)
	if err := file.Close(); err != nil { // FileConn has a duplicate of its own
		s.loop.e.log.Warn().Err(err).Msg("closing a descriptor failed")
	}
	if err != nil {
		return nil, fmt.Errorf("detach: %w", err)
	}
	s.state.Store(stateDetached)
	s.finished = true
	s.release()
	return detach(nc, s.remote, unread), nil
}

// release gives the descriptor and all memory back. Needs mu, on the loop.
func (s *socket) release() {
	s.loop.e.table.remove(s.fd)
	if s.registered {
		// close alone would not do it while a forked child still has the descriptor
		if err := s.control(unix.EPOLL_CTL_DEL, 0); err != nil {
			s.loop.e.log.Warn().Err(err).Msg("a connection cannot leave its loop")
		}
	}
	closeDescriptor(int(s.fd), s.loop.e.log)
	s.fd = -1
	s.pending.release()
	s.pending = nil
	s.loop.sockets.Add(-1)
}

// discard closes a socket that never joined a loop, and returns the cause.
func (s *socket) discard() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut(net.ErrClosed)
	closeDescriptor(int(s.fd), s.loop.e.log)
	s.fd = -1
	s.pending.release()
	s.pending = nil
	return s.cause
}
