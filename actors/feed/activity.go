package feed

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Trading comes in bursts: one trade triggers others (a Hawkes process), and the
// whole market breathes.
const (
	// aftershocks is how many further trades of the same symbol a trade triggers
	// on average; 0.6 makes clusters of 2.5 trades.
	aftershocks = 0.6
	// aftershockDelay is the mean time until one follows.
	aftershockDelay = 400 * time.Millisecond
	// breath is how long the market's activity stays similar, and breathDepth
	// its spread: 0.5 moves it between a half and twice the mean, mostly.
	breath      = 30 * time.Second
	breathDepth = 0.5
	// rankOffset and rankPower shape how activity falls from the busiest symbol
	// to the last: as 1/(rank+offset)^power.
	rankOffset, rankPower = 8, 1.25
)

// arrival is the instant of a trade.
type arrival struct {
	at     time.Duration // of the market's clock
	symbol int
}

// arrivals are future trades, the soonest first. heap.Interface.
type arrivals []arrival

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, j int) bool { return a[i].at < a[j].at }
func (a arrivals) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }

// Push appends an arrival.
func (a *arrivals) Push(x any) { *a = append(*a, x.(arrival)) }

// Pop removes the last.
func (a *arrivals) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// activity decides when which symbol trades. Owned by its Generator.
type activity struct {
	rng      *rand.Rand
	rate     float64   // trades per second that no other trade triggered
	shares   []float64 // of the symbols, cumulated: ends in 1
	next     arrival   // untriggered
	triggers arrivals  // triggered and still to come

	mood   float64       // of the market; standard normal in the long run
	moodAt time.Duration // when it was last looked at
}

func newActivity(symbols int, ticksPerSecond float64, rng *rand.Rand) *activity {
	a := &activity{rng: rng, rate: ticksPerSecond * (1 - aftershocks), shares: make([]float64, symbols)}
	sum := 0.0
	for i := range a.shares {
		sum += math.Pow(float64(i+rankOffset), -rankPower)
		a.shares[i] = sum
	}
	for i := range a.shares {
		a.shares[i] /= sum
	}
	a.draw()
	return a
}

// pop returns the next trade before end, in order of time.
func (a *activity) pop(end time.Duration) (arrival, bool) {
	soonest := a.next
	triggered := len(a.triggers) > 0 && a.triggers[0].at < soonest.at
	if triggered {
		soonest = a.triggers[0]
	}
	if soonest.at >= end {
		return arrival{}, false
	}
	if triggered {
		heap.Pop(&a.triggers)
	} else {
		a.draw()
	}
	a.trigger(soonest)
	return soonest, true
}

// draw decides the next untriggered trade.
func (a *activity) draw() {
	gap := a.rng.ExpFloat64() / (a.rate * a.breathe())
	a.next.at += time.Duration(gap * float64(time.Second))
	i, _ := slices.BinarySearch(a.shares, a.rng.Float64())
	a.next.symbol = min(i, len(a.shares)-1)
}

// breathe returns how active the market is right now; 1 in the long run.
func (a *activity) breathe() float64 {
	keep := math.Exp(-(a.next.at - a.moodAt).Seconds() / breath.Seconds())
	a.mood = a.mood*keep + math.Sqrt(1-keep*keep)*a.rng.NormFloat64()
	a.moodAt = a.next.at
	return math.Exp(breathDepth*a.mood - breathDepth*breathDepth/2)
}

// trigger decides which trades follow from one: a Poisson number of them.
func (a *activity) trigger(cause arrival) {
	for chance := a.rng.Float64(); chance > math.Exp(-aftershocks); chance *= a.rng.Float64() {
		delay := a.rng.ExpFloat64() * float64(aftershockDelay)
		heap.Push(&a.triggers, arrival{at: cause.at + time.Duration(delay), symbol: cause.symbol})
	}
}
