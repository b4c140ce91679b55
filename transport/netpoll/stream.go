package netpoll

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// streamReadBytes is the read buffer that a stream holds all its life.
const streamReadBytes = 4 << 10

// aLongTimeAgo as a deadline makes blocked reads and writes return at once.
var aLongTimeAgo = time.Unix(1, 0)

// stream is a connection served by goroutines: one reads and owns it, another
// writes while bytes are pending.
type stream struct {
	// immutable after construction
	g      *goroutines
	nc     net.Conn
	remote netip.AddrPort

	// guarded by turn, which whoever calls the Handler holds
	turn    sync.Mutex
	handler Handler
	inbox   inbox

	writer sync.WaitGroup // the writing goroutine, while there is one

	// atomic: written under mu
	state atomic.Uint32

	// guarded by mu
	mu      sync.Mutex
	writing bool // there is a writing goroutine
	sending int  // bytes it took from pending and did not send yet
	pending *buffer
	cause   error
}

func (s *stream) RemoteAddr() netip.AddrPort { return s.remote }

func (s *stream) SetHandler(h Handler) { s.handler = h }

func (s *stream) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sending + s.pending.len()
}

// Unread is false: the reading goroutine takes what comes at once.
func (s *stream) Unread() bool { return false }

// Write never writes itself: on a net.Conn that could block.
func (s *stream) Write(p []byte) (blocked bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != stateOpen {
		return false, net.ErrClosed
	}
	waiting := s.sending + s.pending.len()
	if len(p) == 0 {
		return waiting > 0, nil
	}
	if waiting+len(p) > s.g.o.MaxPendingBytes {
		s.shut(ErrBacklog)
		return false, ErrBacklog
	}
	s.pending = s.pending.appended(p)
	s.startWriter()
	return true, nil
}

func (s *stream) Close(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut(cause)
}

// shut marks s closed and makes its goroutines return from the net.Conn; the
// reading one does the rest. Needs mu.
func (s *stream) shut(cause error) {
	switch s.state.Load() {
	case stateOpen:
		s.cause = cause
	case stateDraining: // the cause that CloseAfterFlush was given stays
	default:
		return
	}
	s.state.Store(stateClosed)
	s.setDeadline(aLongTimeAgo)
}

func (s *stream) CloseAfterFlush(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != stateOpen {
		return
	}
	s.cause = cause
	s.state.Store(stateDraining)
	s.setDeadline(time.Now().Add(s.g.o.LingerTimeout))
	s.startWriter() // it also sends the end of stream, which may block under TLS
}

// setDeadline fails only on a connection that is closed, whose reads and writes
// return anyway.
func (s *stream) setDeadline(t time.Time) { _ = s.nc.SetDeadline(t) }

func (s *stream) Detach(unread []byte) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != stateOpen {
		return nil, net.ErrClosed
	}
	if n := s.sending + s.pending.len(); n > 0 {
		return nil, fmt.Errorf("detach: %d bytes are pending", n)
	}
	s.state.Store(stateDetached)
	return detach(s.nc, s.remote, unread), nil
}

// run is the reading goroutine. begin, if any, is called first.
func (s *stream) run(begin func() bool) {
	defer s.g.leave(s)
	if begin == nil || begin() {
		s.read()
	}
	if s.state.Load() != stateDetached {
		s.finish()
	}
}

// read delivers until the connection ends.
func (s *stream) read() {
	p := make([]byte, streamReadBytes)
	for {
		n, err := s.nc.Read(p)
		s.g.bytes.Add(uint64(max(n, 0)))
		if n > 0 && !s.deliver(p[:n]) {
			return
		}
		if err != nil {
			s.ended(err)
			return
		}
	}
}

// deliver gives p, behind what was kept, to the Handler. It reports whether to
// read on.
func (s *stream) deliver(p []byte) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.state.Load() == stateOpen {
		joined := s.inbox.joined(p)
		n := s.handler.Data(s, joined)
		if s.state.Load() == stateOpen {
			s.inbox.consumed(joined, n)
			return true
		}
	}
	s.inbox.clear()
	return s.state.Load() == stateDraining
}

// ended handles the end of input. A peer that only closed its half still gets
// what CloseAfterFlush is sending.
func (s *stream) ended(err error) {
	if errors.Is(err, io.EOF) {
		s.mu.Lock()
		draining := s.state.Load() == stateDraining
		s.mu.Unlock()
		if draining {
			s.writer.Wait() // the linger time bounds it
		}
	}
	s.Close(err)
}

// finish frees what s holds and tells its Handler. Reading goroutine only, when
// s is closed.
func (s *stream) finish() {
	// first the TCP connection: a *tls.Conn waits seconds for a stalled peer to
	// take its goodbye
	_ = bottom(s.nc).Close()
	_ = s.nc.Close() // there is nobody left to tell
	s.writer.Wait()
	s.mu.Lock()
	s.pending.release()
	s.pending = nil
	cause := s.cause
	s.mu.Unlock()
	s.turn.Lock()
	defer s.turn.Unlock()
	s.inbox.clear()
	s.handler.Closed(s, cause)
	s.handler = nil
}

// discard closes a stream that never joined its engine, and returns the cause.
func (s *stream) discard() error {
	s.Close(net.ErrClosed)
	_ = s.nc.Close() // nothing was promised to the peer
	s.writer.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending.release()
	s.pending = nil
	return s.cause
}
