package freshness

// Recorder settles ticks and counts what one event loop saw of a load step.
//
// Owned by the event loop. Whoever wants the figures asks the loop for them.
type Recorder struct {
	Settled   int64 // measured ticks that reached a subscriber, or a newer one did
	Delivered int64 // quotes that carried a measured tick
	Repeated  int64 // quotes of the tick that the subscriber held already
	Late      int64 // quotes of an earlier step, after that step was closed

	// What an honest server never sends.
	Backwards   int64 // quotes older than what the subscriber held
	NeverFed    int64 // quotes of a tick that was not fed
	Unrequested int64 // quotes of a symbol that was not subscribed
	Unreadable  int64 // quotes without a symbol or a price

	latency *Histogram
}

// NewRecorder returns a recorder with nothing counted.
func NewRecorder() *Recorder { return &Recorder{latency: NewHistogram()} }

// Settle notes that a subscriber that held one sequence of a symbol got another
// at a time of the run's clock. All ticks in between settle now. It returns what
// the subscriber holds from now on.
func (r *Recorder) Settle(t *Tape, symbol int, held, seq Sequence, now int64) Sequence {
	if seq <= held {
		if seq == held {
			r.Repeated++
		} else {
			r.Backwards++
		}
		return held
	}
	if seq <= t.base {
		r.Late++
		return seq
	}
	if !t.wasFed(symbol, seq) {
		r.NeverFed++
		return held
	}
	if seq > t.warm {
		r.Delivered++
		for s := max(held, t.warm) + 1; s <= seq; s++ {
			r.Settled++
			r.latency.Record(now - t.fedTime(symbol, s))
		}
	}
	return seq
}

// Faults returns how many quotes arrived that an honest server never sends.
func (r *Recorder) Faults() int64 {
	return r.Backwards + r.NeverFed + r.Unrequested + r.Unreadable
}

// Merge adds what another loop's recorder saw.
func (r *Recorder) Merge(other *Recorder) {
	r.Settled += other.Settled
	r.Delivered += other.Delivered
	r.Repeated += other.Repeated
	r.Late += other.Late
	r.Backwards += other.Backwards
	r.NeverFed += other.NeverFed
	r.Unrequested += other.Unrequested
	r.Unreadable += other.Unreadable
	r.latency.Merge(other.latency)
}

// Latency returns the freshness of what has settled.
func (r *Recorder) Latency() Percentiles { return r.latency.Percentiles() }
