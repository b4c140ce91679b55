package portfolio

import (
	"math/rand/v2"
	"testing"
)

func TestPausesGrowAndDiffer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, setbacks := range []int{0, 1} {
		if p := pauseAfter(setbacks, random.Int64N); p != 0 {
			t.Errorf("%s after %d setbacks", p, setbacks)
		}
	}
	for setbacks := 2; setbacks < 100; setbacks++ {
		longest := maxPause
		if setbacks < 9 {
			longest = min(firstPause<<(setbacks-2), maxPause)
		}
		seen := map[int64]bool{}
		for range 20 {
			p := pauseAfter(setbacks, random.Int64N)
			if p < longest/2 || p > longest {
				t.Errorf("%s after %d setbacks, want %s to %s", p, setbacks, longest/2, longest)
			}
			seen[int64(p)] = true
		}
		if len(seen) < 15 {
			t.Errorf("after %d setbacks only %d of 20 pauses differ", setbacks, len(seen))
		}
	}
}
