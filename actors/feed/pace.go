package feed

import (
	"math"
	"time"
)

// Pace says when what was recorded is due again: at its recorded distance from
// the first tick, divided by the speed.
//
// immutable after construction
type Pace struct {
	speed           float64
	recorded, start time.Time
}

// NewPace returns the pace at which the tick recorded at recorded is due at
// start. Speed 2 is twice as fast as recorded; 0 is as fast as can be.
func NewPace(speed float64, recorded, start time.Time) Pace {
	return Pace{speed: speed, recorded: recorded, start: start}
}

// Due returns when the tick recorded at recorded is due. One that was recorded
// before the first is due with it.
func (p Pace) Due(recorded time.Time) time.Time {
	distance := recorded.Sub(p.recorded)
	if p.speed <= 0 || distance <= 0 {
		return p.start
	}
	scaled := float64(distance) / p.speed
	if scaled >= math.MaxInt64 {
		return p.start.Add(math.MaxInt64)
	}
	return p.start.Add(time.Duration(scaled))
}
