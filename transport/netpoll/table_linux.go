package netpoll

import (
	"sync"
	"sync/atomic"
)

const tableChunk = 1024

// table finds a socket by its descriptor. Chunks are made when a descriptor of
// theirs first appears, 8 bytes a descriptor, and stay.
//
// A descriptor's entry is written by the goroutine that opened it and removed by
// its loop before it is closed, so each entry has one writer at a time.
type table struct {
	// atomic: written under mu, read by the loops
	chunks atomic.Pointer[[]*[tableChunk]atomic.Pointer[socket]]
	mu     sync.Mutex
}

func (t *table) put(s *socket) {
	t.entry(int(s.fd)).Store(s)
}

func (t *table) remove(fd int32) {
	t.entry(int(fd)).Store(nil)
}

// get returns the socket that has fd and is of this generation, else nil: the
// kernel gives a closed descriptor's number to the next connection, so an event
// may be meant for an earlier one.
func (t *table) get(fd int32, generation uint32) *socket {
	s := t.entry(int(fd)).Load()
	if s == nil || s.generation != generation {
		return nil
	}
	return s
}

// each calls f for every socket that is in the table throughout.
func (t *table) each(f func(s *socket)) {
	chunks := t.chunks.Load()
	if chunks == nil {
		return
	}
	for _, chunk := range *chunks {
		for i := range chunk {
			if s := chunk[i].Load(); s != nil {
				f(s)
			}
		}
	}
}

func (t *table) entry(fd int) *atomic.Pointer[socket] {
	if chunks := t.chunks.Load(); chunks != nil && fd/tableChunk < len(*chunks) {
		return &(*chunks)[fd/tableChunk][fd%tableChunk]
	}
	return &t.grow(fd)[fd%tableChunk]
}

// grow makes the chunk of fd and those before it.
func (t *table) grow(fd int) *[tableChunk]atomic.Pointer[socket] {
	t.mu.Lock()
	defer t.mu.Unlock()
	var chunks []*[tableChunk]atomic.Pointer[socket]
	if old := t.chunks.Load(); old != nil {
		chunks = append(chunks, *old...)
	}
	for fd/tableChunk >= len(chunks) {
		chunks = append(chunks, new([tableChunk]atomic.Pointer[socket]))
	}
	t.chunks.Store(&chunks)
	return chunks[fd/tableChunk]
}
