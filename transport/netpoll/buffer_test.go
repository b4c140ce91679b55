package netpoll

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// The inbox against the plainest model: one growing slice.
func TestInboxGivesEveryByteOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in inbox
		var model []byte
		next := byte(0)
		for range rapid.IntRange(1, 40).Draw(t, "reads") {
			p := make([]byte, rapid.IntRange(0, 5000).Draw(t, "bytes"))
			for i := range p {
				p[i] = next
				next++
			}
			model = append(model, p...)
			joined := in.joined(p)
			if !bytes.Equal(joined, model) {
				t.Fatalf("joined %d bytes, want %d", len(joined), len(model))
			}
			n := rapid.OneOf(rapid.Just(len(joined)), rapid.Just(0), rapid.IntRange(0, len(joined))).Draw(t, "consumed")
			in.consumed(joined, n)
			clear(p) // the loop's buffer is somebody else's afterwards
			model = model[n:]
			if len(model) == 0 && in.kept != nil {
				t.Fatal("memory is held though nothing is kept")
			}
		}
		in.clear()
	})
}

func TestBufferIsAQueueOfBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b *buffer
		var model []byte
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if b.len() > 0 && rapid.Bool().Draw(t, "drop") {
				n := rapid.IntRange(0, b.len()).Draw(t, "n")
				b.drop(n)
				model = model[n:]
			} else {
				p := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "p")
				b = b.appended(p)
				model = append(model, p...)
			}
			if b.len() != len(model) || (b != nil && !bytes.Equal(b.bytes(), model)) {
				t.Fatalf("%d bytes, want %d", b.len(), len(model))
			}
		}
		b.release()
	})
}

func TestSizeClassHoldsItsBytes(t *testing.T) {
	for _, n := range []int{0, 1, 1024, 1025, 4096, 1 << 20, 1<<20 + 1} {
		b := newBuffer(n)
		if cap(b.b) < n || len(b.b) != 0 {
			t.Errorf("newBuffer(%d) has room for %d", n, cap(b.b))
		}
		if n <= 1<<20 && cap(b.b)&(cap(b.b)-1) != 0 {
			t.Errorf("newBuffer(%d): %d is not a power of two", n, cap(b.b))
		}
		b.release()
	}
}

func TestConsumingMoreThanGivenIsCaught(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a handler consumed bytes that it was not given")
		}
	}()
	var in inbox
	in.consumed([]byte("ab"), 3)
}
