package conflation

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A slot knows when each of the newest ticks came, to the microsecond, and takes
// those further back for as old as the oldest it knows.
func TestReceiptsOfMergedTicksAreRemembered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSlot("A")
		at := rapid.Int64Range(1_700_000_000_000_000_000, 1_900_000_000_000_000_000).Draw(t, "start")
		var receipts []int64
		for tick := range rapid.IntRange(1, 3*remembered).Draw(t, "ticks") {
			at += rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "gap")
			s.Received(uint64(tick+1), at)
			receipts = append(receipts, at)
		}
		f := &Frame{Ticks: uint64(len(receipts)), Received: at}
		back := rapid.IntRange(0, len(receipts)-1).Draw(t, "back")
		want := receipts[len(receipts)-1-min(back, remembered-1)]
		if got := s.ReceivedBefore(f, uint32(back)); got/1000 != want/1000 {
			t.Fatalf("%d ticks before the newest of %d: %d, want %d", back, len(receipts), got, want)
		}
	})
}

// A later tick may be there before the frame that has it: nothing is counted as
// received after the newest tick of the frame.
func TestReceiptsNeverLieBehindTheFrame(t *testing.T) {
	s := NewSlot("A")
	for tick := range uint64(2 * remembered) {
		s.Received(tick, int64(tick)*1_000_000)
	}
	f := &Frame{Ticks: 10, Received: 10_000_000}
	for back := range uint32(remembered) {
		if got := s.ReceivedBefore(f, back); got > f.Received {
			t.Errorf("%d ticks before: %d", back, got)
		}
	}
}
