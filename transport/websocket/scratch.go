package websocket

import "sync"

// maxScratchBytes keeps one huge message from staying in memory for ever.
const maxScratchBytes = 64 << 10

// scratch is memory for one write.
type scratch struct{ b []byte }

var scratches = sync.Pool{New: func() any { return &scratch{b: make([]byte, 0, 1024)} }}

func takeScratch() *scratch { return scratches.Get().(*scratch) }

func (s *scratch) release() {
	if cap(s.b) <= maxScratchBytes {
		s.b = s.b[:0]
		scratches.Put(s)
	}
}
