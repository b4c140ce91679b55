package netpoll

import (
	"math/bits"
	"sync"
)

// Kept bytes live in pooled slices whose capacity is a power of two, so that a
// burst leaves its memory to the next connection instead of the collector.
const (
	minClass = 10 // 1 KB
	maxClass = 20 // 1 MB; larger slices are not pooled
)

var pools [maxClass - minClass + 1]sync.Pool

// buffer is a queue of bytes: appended at the end, dropped from the front. It
// belongs to its connection under whatever lock guards the field that holds it.
type buffer struct {
	b   []byte
	off int // b[:off] is dropped
}

// newBuffer returns an empty buffer with room for n bytes.
func newBuffer(n int) *buffer {
	class := sizeClass(n)
	if class > maxClass {
		return &buffer{b: make([]byte, 0, n)}
	}
	if b, ok := pools[class-minClass].Get().(*buffer); ok {
		return b
	}
	return &buffer{b: make([]byte, 0, 1<<class)}
}

// sizeClass is the exponent of the smallest pooled capacity that holds n bytes.
func sizeClass(n int) int {
	return max(minClass, bits.Len(uint(max(n, 1)-1)))
}

// release gives b's memory back. b may be nil and must not be used afterwards.
func (b *buffer) release() {
	if b == nil || sizeClass(cap(b.b)) > maxClass {
		return
	}
	b.b, b.off = b.b[:0], 0
	pools[sizeClass(cap(b.b))-minClass].Put(b)
}

func (b *buffer) bytes() []byte { return b.b[b.off:] }

func (b *buffer) len() int {
	if b == nil {
		return 0
	}
	return len(b.b) - b.off
}

// drop removes n bytes from the front.
func (b *buffer) drop(n int) { b.off += n }

// appended returns a buffer that holds what b held, then p. b may be nil and
// must not be used afterwards.
func (b *buffer) appended(p []byte) *buffer {
	need := b.len() + len(p)
	if b == nil {
		b = newBuffer(need)
	}
	if len(b.b)+len(p) > cap(b.b) {
		b = b.withRoom(need)
	}
	b.b = append(b.b, p...)
	return b
}

// withRoom moves the bytes to the front of a slice that holds need bytes. It
// stays in its slice only when that leaves half of it free, so that the cost of
// moving is spread over as many appended bytes.
func (b *buffer) withRoom(need int) *buffer {
	if need <= cap(b.b)/2 {
		n := copy(b.b, b.bytes())
		b.b, b.off = b.b[:n], 0
		return b
	}
	larger := newBuffer(max(need, 2*b.len()))
	larger.b = append(larger.b, b.bytes()...)
	b.release()
	return larger
}
