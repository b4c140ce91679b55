package netpoll

// inbox is what a Handler did not consume yet. It holds memory only while a
// message is incomplete.
type inbox struct {
	kept *buffer
}

// joined returns p preceded by what is kept.
func (in *inbox) joined(p []byte) []byte {
	if in.kept == nil {
		return p
	}
	in.kept = in.kept.appended(p)
	return in.kept.bytes()
}

// consumed keeps what remains of joined after its first n bytes.
func (in *inbox) consumed(joined []byte, n int) {
	if n < 0 || n > len(joined) {
		panic("netpoll: Handler.Data consumed more than it was given")
	}
	switch {
	case n == len(joined):
		in.clear()
	case in.kept != nil:
		in.kept.drop(n)
	default:
		in.kept = in.kept.appended(joined[n:])
	}
}

// clear drops what is kept.
func (in *inbox) clear() {
	in.kept.release()
	in.kept = nil
}
