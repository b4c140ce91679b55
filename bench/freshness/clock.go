package freshness

import "time"

// Clock gives the one time base that the driver and the loops share.
//
// Immutable after construction.
type Clock struct{ start time.Time }

// NewClock starts a clock at 1, so that 0 can mean "never".
func NewClock() *Clock { return &Clock{start: time.Now().Add(-1)} }

// Now returns monotonic nanoseconds since the clock was made, never 0.
func (c *Clock) Now() int64 { return int64(time.Since(c.start)) }
