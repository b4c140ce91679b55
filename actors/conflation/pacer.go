package conflation

import "time"

// Pace is what an operator sets of the pacing.
type Pace struct {
	// Budget is the age that a quote must not exceed on its way out, at P95.
	Budget time.Duration
	// Floor is the shortest rest after a round; 0 flushes at once while there is room.
	Floor time.Duration
	// Ceiling is the longest time from one flush of a session to its next.
	Ceiling time.Duration
	// BusyShare is the share of its time that a worker may spend flushing
	// before it rests, between 0 and 1.
	BusyShare float64
}

const (
	// burstCredit is how much flushing an idle worker may do at once before
	// its share counts: enough for a tick that a thousand sessions watch.
	burstCredit = 5 * time.Millisecond
	// tightLimit is the part of the budget above which ages squeeze the ceiling.
	tightLimit = 0.8
	// squeezeBy and relaxBy move the ceiling: fast down, slowly up.
	squeezeBy, relaxBy, minSqueeze = 0.85, 1.02, 0.2
)

// Pacer decides how long one worker rests after a round. It grants flushing
// time at the rate of BusyShare: a worker with little to do never runs out and
// never rests; one with much to do rests just long enough to stay within its
// share, so the rest grows with the work and more ticks conflate in it. The
// ceiling, squeezed while the measured ages come near the budget, bounds the rest.
//
// owned by one worker; the zero Pacer is ready
type Pacer struct {
	credit time.Duration // unspent flushing time; negative is owed
	at     time.Time     // end of the last round
	rested time.Duration // the rest granted then
	eased  float64       // 1 - squeeze, so that the zero value is relaxed
}

// Rest is called at now, the end of a round that flushed for busy and whose
// oldest quote was age old when it was written. It returns how long to rest
// before quotes are flushed again.
func (p *Pacer) Rest(o Pace, now time.Time, busy, age time.Duration) time.Duration {
	if p.at.IsZero() {
		p.credit = burstCredit
	} else {
		p.credit += time.Duration(o.BusyShare * float64(now.Sub(p.at)))
	}
	p.credit = min(p.credit-busy, burstCredit)
	p.at = now

	ceiling := p.ceiling(o, max(age, busy+p.rested))
	rest := max(time.Duration(float64(-p.credit)/o.BusyShare), o.Floor)
	if longest := max(ceiling-busy, o.Floor); rest > longest {
		rest = longest
		// What the ceiling does not let us rest is forgiven: debt must not
		// outlive the load that made it.
		p.credit = -time.Duration(o.BusyShare * float64(rest))
	}
	rest = max(rest, 0)
	p.rested = rest
	return rest
}

// ceiling squeezes the operator's ceiling while the worst age is near the budget.
func (p *Pacer) ceiling(o Pace, worst time.Duration) time.Duration {
	squeeze := 1 - p.eased
	if float64(worst) > tightLimit*float64(o.Budget) {
		squeeze = max(squeeze*squeezeBy, minSqueeze)
	} else {
		squeeze = min(squeeze*relaxBy, 1)
	}
	p.eased = 1 - squeeze
	return time.Duration(squeeze * float64(o.Ceiling))
}
