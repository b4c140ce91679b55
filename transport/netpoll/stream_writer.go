package netpoll

import "fmt"

// startWriter sees to it that a goroutine sends what is pending. Needs mu.
func (s *stream) startWriter() {
	if s.writing {
		return
	}
	s.writing = true
	s.writer.Add(1)
	go s.write()
}

// write is the writing goroutine. It ends when nothing is pending.
func (s *stream) write() {
	defer s.writer.Done()
	for {
		b, end := s.take()
		switch {
		case end:
			s.endOutput()
			return
		case b == nil || !s.send(b):
			return
		}
		if s.Pending() == 0 {
			s.tellWritable()
		}
	}
}

// take removes what is pending to send it. Without any it gives the writing
// goroutine up, and end says whether our end of stream is due.
func (s *stream) take() (b *buffer, end bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state.Load()
	if state == stateClosed || s.pending == nil {
		s.writing = false
		return nil, state == stateDraining
	}
	b = s.pending
	s.pending = nil
	s.sending = b.len()
	return b, false
}

// send reports whether b was sent. If not, the connection is closed.
func (s *stream) send(b *buffer) bool {
	_, err := s.nc.Write(b.bytes())
	b.release()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sending = 0
	if err != nil {
		s.shut(fmt.Errorf("write: %w", err))
	}
	return err == nil
}

func (s *stream) tellWritable() {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.state.Load() == stateOpen {
		s.handler.Writable(s)
	}
}

// endOutput sends our end of stream. What cannot do that closes.
func (s *stream) endOutput() {
	cw, ok := s.nc.(interface{ CloseWrite() error })
	if !ok || cw.CloseWrite() != nil {
		s.Close(nil) // the cause that CloseAfterFlush was given stays
	}
}
