package conflation

import (
	"sync"
	"sync/atomic"
)

// Frame is one encoded quote. It is immutable once published, so that every
// subscriber copies the same bytes.
type Frame struct {
	// Bytes hold the quote as the encoder wrote it.
	Bytes []byte
	// Marks are offsets into Bytes; only the encoder knows their meaning.
	Marks [8]uint16
	// Ticks counts the ticks of the symbol up to and including this quote.
	Ticks uint64
	// Received is when the newest tick in it was received, in Unix nanoseconds.
	Received int64
	// Published is when it became the newest, in Unix nanoseconds.
	Published int64
	// Value is what the bytes show, for readers in this process. It is immutable.
	Value any

	version uint32 // set by Publish
}

// Listener is told that a slot has a newer frame.
type Listener interface {
	// Published is called by the publisher's goroutine after each Publish. It
	// must not block and must not call back into the slot.
	Published()
}

// Slot keeps the newest frame of one symbol.
type Slot struct {
	// immutable after construction
	symbol string

	// atomic: written by the symbol actor, read by the workers
	version atomic.Uint32
	frame   atomic.Pointer[Frame]

	// written by the symbol actor, read by the workers
	receipts receipts

	// atomic: replaced whole under mu, read by the symbol actor
	listeners atomic.Pointer[[]Listener]
	mu        sync.Mutex // serialises Listen and Unlisten
}

// NewSlot returns the empty slot of a symbol.
func NewSlot(symbol string) *Slot { return &Slot{symbol: symbol} }

// Symbol is the name of the instrument.
func (s *Slot) Symbol() string { return s.symbol }

// Newest returns the newest frame, nil before the first.
func (s *Slot) Newest() *Frame { return s.frame.Load() }

// Publish makes f the newest frame and tells the listeners. Only the symbol's
// actor calls it, or who restores the slot before there is one; f must not change
// afterwards.
func (s *Slot) Publish(f *Frame) {
	f.version = s.version.Load() + 1
	if f.version == 0 { // 0 is a cursor's "never given"
		f.version = 1
	}
	// The frame first: who sees the new version must find the frame of it, or a newer one.
	s.frame.Store(f)
	s.version.Store(f.version)
	if listeners := s.listeners.Load(); listeners != nil {
		for _, l := range *listeners {
			l.Published()
		}
	}
}

// Listen adds l to those told of each Publish.
func (s *Slot) Listen(l Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var next []Listener
	if old := s.listeners.Load(); old != nil {
		next = append(next, *old...)
	}
	next = append(next, l)
	s.listeners.Store(&next)
}

// Unlisten removes l. It may be told once more by a Publish under way.
func (s *Slot) Unlisten(l Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.listeners.Load()
	if old == nil {
		return
	}
	next := make([]Listener, 0, len(*old))
	for _, other := range *old {
		if other != l {
			next = append(next, other)
		}
	}
	if len(next) == 0 {
		s.listeners.Store(nil)
		return
	}
	s.listeners.Store(&next)
}

// Watched reports whether anybody listens.
func (s *Slot) Watched() bool { return s.listeners.Load() != nil }
