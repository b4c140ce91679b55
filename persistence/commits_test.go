package persistence

import (
	"testing"
	"time"
)

func TestCommitTimesAreCumulative(t *testing.T) {
	var c CommitTimes
	for _, took := range []time.Duration{0, 250 * time.Microsecond, 251 * time.Microsecond, 3 * time.Millisecond, time.Minute} {
		c.add(took)
	}
	want := [len(CommitBounds)]uint64{2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4}
	if c.Within != want || c.Count != 5 || c.Sum != time.Minute+3*time.Millisecond+501*time.Microsecond {
		t.Errorf("%+v", c)
	}
}
