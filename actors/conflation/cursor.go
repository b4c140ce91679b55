package conflation

// Cursor remembers what one subscriber was last given of one slot. Start makes
// it ready.
type Cursor struct {
	version uint32 // 0: nothing since Start
	ticks   uint32 // low 32 bits of Frame.Ticks: differences survive the wrap
}

// Start begins a subscription to s, or begins it again: the newest frame, if
// there is one, counts as not given and stands for itself.
func (c *Cursor) Start(s *Slot) {
	*c = Cursor{}
	if f := s.frame.Load(); f != nil {
		c.ticks = uint32(f.Ticks) - 1
	}
}

// Behind reports whether the slot has a frame that the subscriber was not given.
func (c *Cursor) Behind(s *Slot) bool { return s.version.Load() != c.version }

// Given reports whether the subscriber was given anything since Start.
func (c *Cursor) Given() bool { return c.version != 0 }

// Next returns the newest frame of s and how many ticks it stands for since
// the one given before, or nil when there is nothing new. The first frame
// stands for the snapshot's tick and those that came since Start. A frame
// without a new tick, which says that the quote went quiet or stale, stands
// for 0.
func (c *Cursor) Next(s *Slot) (f *Frame, merged uint32) {
	if !c.Behind(s) {
		return nil, 0
	}
	f = s.frame.Load()
	if f.version == c.version {
		return nil, 0
	}
	merged = uint32(f.Ticks) - c.ticks
	c.version, c.ticks = f.version, uint32(f.Ticks)
	return f, merged
}
