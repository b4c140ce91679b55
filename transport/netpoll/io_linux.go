package netpoll

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// handle does what an event of s asks for. One event reads and writes once:
// epoll is level-triggered, so what is left comes again after everybody else.
func (l *loop) handle(s *socket, events uint32) {
	broken := events&(unix.EPOLLERR|unix.EPOLLHUP) != 0
	if events&unix.EPOLLOUT != 0 || (broken && s.inputEnded) {
		l.flush(s)
	}
	switch {
	case s.finished:
	case s.inputEnded:
		if broken { // both directions ended, or the peer reset it
			l.fail(s, io.EOF)
		}
	case broken || events&readEvents != 0:
		l.receive(s)
	}
}

// receive reads what is there, at most one buffer full.
func (l *loop) receive(s *socket) {
	n, err := readOnce(int(s.fd), l.read)
	switch {
	case errors.Is(err, errWouldBlock):
	case err != nil:
		l.fail(s, err)
	case n == 0:
		l.endInput(s)
	default:
		l.bytes.Add(uint64(n))
		l.deliver(s, l.read[:n])
	}
}

// deliver gives p, behind what was kept, to the Handler.
func (l *loop) deliver(s *socket, p []byte) {
	if s.state.Load() == stateOpen {
		joined := s.inbox.joined(p)
		n := s.handler.Data(s, joined)
		if s.state.Load() == stateOpen {
			s.inbox.consumed(joined, n)
			return
		}
	}
	s.inbox.clear()
	if s.state.Load() == stateClosed {
		l.finish(s)
	}
}

// endInput handles the peer's end of stream. A peer that only closed its half
// still gets what CloseAfterFlush is sending.
func (l *loop) endInput(s *socket) {
	s.mu.Lock()
	sending := s.state.Load() == stateDraining && s.pending != nil
	var err error
	if sending {
		s.inputEnded = true
		err = s.watch(unix.EPOLLOUT) // not for input: its end would be reported for ever
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		l.fail(s, err)
	case !sending:
		l.fail(s, io.EOF)
	}
}

// flush sends what is pending, as much as the kernel takes at once.
func (l *loop) flush(s *socket) {
	drained, err := s.flushOnce()
	switch {
	case err != nil:
		l.fail(s, err)
		return
	case !drained:
		return
	}
	switch s.state.Load() {
	case stateOpen:
		s.handler.Writable(s)
		if s.state.Load() == stateClosed {
			l.finish(s)
		}
	case stateDraining:
		if s.inputEnded {
			l.fail(s, io.EOF)
		}
	}
}

// flushOnce reports whether the last pending byte went out.
func (s *socket) flushOnce() (drained bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == nil || s.state.Load() == stateClosed {
		return false, nil
	}
	n, err := writeOnce(int(s.fd), s.pending.bytes())
	if errors.Is(err, errWouldBlock) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.pending.drop(n)
	if s.pending.len() > 0 {
		return false, nil
	}
	s.pending.release()
	s.pending = nil
	if s.state.Load() == stateDraining {
		s.endOutput()
	}
	if s.inputEnded {
		return true, nil
	}
	return true, s.watch(readEvents)
}
