package feed

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	// tradingYear is how many seconds the volatilities of a year are spread over.
	tradingYear = 252 * 6.5 * 3600
	// homing is how long a walk needs to forget 63 % of a deviation. Real prices
	// do not come home; a demo that runs for weeks has to.
	homing = 24 * time.Hour
)

// walk is a mean-reverting random walk of a log price, known at any instant by
// asking in order of time (Ornstein-Uhlenbeck, in steps short against homing).
type walk struct {
	deviation float64       // from home, in log price
	at        time.Duration // of the market's clock
	volatility
}

// volatility is a standard deviation per square root of a second, in log price.
type volatility float64

// perYear turns a volatility of a year, 0.2 for 20 %, into that of a second.
func perYear(v float64) volatility { return volatility(v / math.Sqrt(tradingYear)) }

// to advances the walk and returns its deviation at t.
func (w *walk) to(t time.Duration, rng *rand.Rand) float64 {
	step := (t - w.at).Seconds()
	if step <= 0 {
		return w.deviation
	}
	w.at = t
	w.deviation = w.deviation*math.Exp(-step/homing.Seconds()) + float64(w.volatility)*math.Sqrt(step)*rng.NormFloat64()
	return w.deviation
}
