package badgerjournal

import "time"

// CommitBounds are what commit times are held against: from a fast disk's to one
// that makes people wait.
var CommitBounds = [...]time.Duration{
	250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
}

// CommitTimes count commits by how long they took. They only ever grow, as
// monitoring systems want it; percentiles of the last minutes are in Stats.
type CommitTimes struct {
	// Within has the commits that took no longer than each of CommitBounds.
	Within [len(CommitBounds)]uint64
	Count  uint64
	Sum    time.Duration
}

func (c *CommitTimes) add(took time.Duration) {
	c.Count++
	c.Sum += took
	for i := len(CommitBounds) - 1; i >= 0 && took <= CommitBounds[i]; i-- {
		c.Within[i]++
	}
}
