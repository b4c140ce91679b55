package market

import "time"

// State says how far a quote can be trusted right now.
type State uint8

// The states of a quote, as their names appear on the wire.
const (
	// Live: ticks are coming.
	Live State = iota
	// Quiet: no tick for a while, and the feed is alive: the market is quiet.
	Quiet
	// Stale: no tick for a while, and the feed is gone or silent.
	Stale
	// Halted: the feed says that trading is suspended.
	Halted
)

var stateNames = [...]string{"live", "quiet", "stale", "halted"}

func (s State) String() string { return stateNames[s] }

// FreshnessPolicy is after how long a silence means something.
type FreshnessPolicy struct {
	// QuietAfter is the age from which a quote is no longer live.
	QuietAfter time.Duration
	// FeedSilence is how long a connected feed may say nothing at all, no
	// tick of any symbol and no heartbeat, before it counts as dead.
	FeedSilence time.Duration
	// FeedGrace is how old a quote whose feed is gone must be to be stale: a
	// feed may come back, or post a tick at a time.
	FeedGrace time.Duration
}

// State of a quote whose newest tick is age old. feedLive reports whether the
// feed that sent it is connected and was heard within FeedSilence.
func (p FreshnessPolicy) State(age time.Duration, feedLive, halted bool) State {
	switch {
	case !feedLive && age > p.FeedGrace:
		return Stale
	case halted:
		return Halted
	case age > p.QuietAfter:
		return Quiet
	}
	return Live
}
