package conflation

// Cursor remembers what one subscriber was last given of one slot. The zero
// Cursor was given nothing.
type Cursor struct {
	version uint32
	ticks   uint32 // low 32 bits of Frame.Ticks: differences survive the wrap
}

// Behind reports whether the slot has a frame that the subscriber was not given.
func (c *Cursor) Behind(s *Slot) bool { return s.version.Load() != c.version }

// Given reports whether the subscriber was given anything since the last Reset.
func (c *Cursor) Given() bool { return c.version != 0 }

// Next returns the newest frame of s and how many ticks it stands for since
// the one given before, or nil when there is nothing new. The first frame
// given is a snapshot and stands for itself: merged is 1. A frame without a
// new tick, which says that the quote went quiet or stale, has merged 0.
func (c *Cursor) Next(s *Slot) (f *Frame, merged uint32) {
	if !c.Behind(s) {
		return nil, 0
	}
	f = s.frame.Load()
	if f.version == c.version {
		return nil, 0
	}
	merged = uint32(f.Ticks) - c.ticks
	if c.version == 0 {
		merged = 1
	}
	c.version, c.ticks = f.version, uint32(f.Ticks)
	return f, merged
}

// Reset forgets what was given: the next flush sends a snapshot.
func (c *Cursor) Reset() { *c = Cursor{} }
