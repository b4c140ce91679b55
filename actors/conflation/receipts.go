package conflation

import "sync/atomic"

// remembered is of how many ticks a slot knows the receipt: those that a quote
// merges even where ticks come every few milliseconds and flushes every 140. It is
// a power of two.
const remembered = 64

// receipts remember when the newest ticks of a symbol were received, since a quote
// stands for ticks that came before the one that it shows.
type receipts struct {
	// atomic: written by the symbol actor, read by the workers. Microseconds, of
	// which 32 bits turn over in 71 minutes: nobody is owed a tick that long.
	micros [remembered]atomic.Uint32
}

// Received notes that the tick with this number, as Frame.Ticks counts them, was
// received at a time in Unix nanoseconds. Only the symbol's actor calls it, before
// it publishes a frame that has the tick.
func (s *Slot) Received(tick uint64, at int64) {
	s.receipts.micros[tick%remembered].Store(uint32(at / 1000))
}

// ReceivedBefore returns when the tick was received that came so many before the
// newest of f, in Unix nanoseconds. Ticks that are too far back to be remembered
// count as received with the oldest that is.
func (s *Slot) ReceivedBefore(f *Frame, ticks uint32) int64 {
	tick := f.Ticks - uint64(min(ticks, remembered-1))
	newest := f.Received / 1000
	ago := int32(uint32(newest) - s.receipts.micros[tick%remembered].Load())
	// A later tick may have taken the place meanwhile.
	return (newest - int64(max(ago, 0))) * 1000
}
