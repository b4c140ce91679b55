package mailbox

import (
	"fmt"
	"testing"
	"time"

	"outcry/actors/conflation"
	"outcry/actors/latency"
)

// BenchmarkMeasuring is what a flush of 20 quotes costs more because it is
// measured; BenchmarkFlush of transport is the whole of it, but for the kernel.
func BenchmarkMeasuring(b *testing.B) {
	for _, merged := range []uint32{1, 3, 100} {
		b.Run(fmt.Sprintf("merged=%d", merged), func(b *testing.B) {
			f := &Flush{tally: tally{stages: &latency.Stages{}}}
			slot := conflation.NewSlot("A")
			frame := &conflation.Frame{Ticks: 1000}
			b.ReportAllocs()
			for b.Loop() {
				f.Now = time.Now()
				frame.Received = f.Now.UnixNano() - 3_000_000
				frame.Published = frame.Received + 20_000
				for range 20 {
					f.Take(slot, frame, merged)
				}
				f.Wrote(time.Now(), 4096)
			}
		})
	}
}
