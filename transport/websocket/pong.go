package websocket

// pongs are the answers to the pings of one read, sent in one write. They are
// never longer than the pings they answer.
type pongs struct {
	frames []byte
	newest int // where the last one starts
}

func (ps *pongs) add(payload []byte) {
	ps.newest = len(ps.frames)
	ps.frames = append(appendHeader(ps.frames, finPong, len(payload)), payload...)
}

// answer sends pongs. Of a peer that does not read only the newest ping is
// remembered, which RFC 6455 section 5.5.3 allows: a flood costs it one answer.
// Event loop only.
func (c *Conn) answer(ps *pongs) {
	if len(ps.frames) == 0 {
		return
	}
	if c.nc.Pending() > 0 {
		newest := append([]byte{}, ps.frames[ps.newest+2:]...)
		c.owed = &newest
	} else {
		_, _ = c.WriteFrames(ps.frames) // that it fails shows in Closed
	}
	ps.frames = ps.frames[:0]
}
