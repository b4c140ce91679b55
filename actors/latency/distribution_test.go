package latency

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A bound holds what is within it but for its last thirty-second, and nothing else.
func TestDistributionNeverFlatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		took := durations(t)
		bounds := durations(t)
		slices.Sort(bounds)
		var r Recorder
		var sum float64
		for _, d := range took {
			r.Add(d, 3)
			sum += 3 * d.Seconds()
		}
		var c Counts
		c.Read(&r)
		got := c.Distribution(bounds)
		if got.Count != uint64(3*len(took)) {
			t.Fatalf("%d of %d", got.Count, 3*len(took))
		}
		if few := 3 * float64(len(took)) * time.Microsecond.Seconds(); got.Seconds < sum*63/64-few || got.Seconds > sum*65/64+few {
			t.Fatalf("the sum is %v, not about %v", got.Seconds, sum)
		}
		for i, bound := range bounds {
			within, surely := uint64(0), uint64(0)
			for _, d := range took {
				if d <= bound {
					within += 3
				}
				if d <= bound-bound/32-1024 {
					surely += 3
				}
			}
			if got.Within[i] > within || got.Within[i] < surely {
				t.Fatalf("within %s are %d, not %d to %d of %v", bound, got.Within[i], surely, within, took)
			}
		}
	})
}
