package feed

import (
	"slices"
	"sync/atomic"

	"outcry/actors/market"
)

// ReasonOther stands for every refusal whose reason is none of market's.
const ReasonOther = "other"

// reasons are the refusals that are counted apart, the last for all others. A
// fixed list keeps counting free of locks, and a source's memory bounded.
var reasons = [...]string{
	market.ReasonSymbol,
	market.ReasonPrice,
	market.ReasonSize,
	market.ReasonQuote,
	market.ReasonStats,
	market.ReasonTime,
	market.ReasonFuture,
	market.ReasonSyntax,
	market.ReasonSymbols,
	ReasonOther,
}

// Reasons are all that Counts.Refused may hold.
func Reasons() []string { return reasons[:] }

// counts is what became of a source's ticks.
type counts struct {
	// atomic: written by the feed's goroutine, read by anyone
	accepted atomic.Uint64
	refused  [len(reasons)]atomic.Uint64
}

func (c *counts) refuse(reason string) {
	i := slices.Index(reasons[:], reason)
	if i < 0 {
		i = len(reasons) - 1
	}
	c.refused[i].Add(1)
}

func (c *counts) read() Counts {
	out := Counts{Accepted: c.accepted.Load()}
	for i := range c.refused {
		if n := c.refused[i].Load(); n > 0 {
			out.refuse(reasons[i], n)
		}
	}
	return out
}

// Counts are ticks that were accepted and those that were refused, by reason.
type Counts struct {
	Accepted uint64
	// Refused holds only reasons that occurred.
	Refused map[string]uint64
}

// Rejected returns how many ticks were refused, for whatever reason.
func (c Counts) Rejected() uint64 {
	var sum uint64
	for _, n := range c.Refused {
		sum += n
	}
	return sum
}

func (c *Counts) refuse(reason string, n uint64) {
	if c.Refused == nil {
		c.Refused = make(map[string]uint64)
	}
	c.Refused[reason] += n
}

func (c *Counts) add(other Counts) {
	c.Accepted += other.Accepted
	for reason, n := range other.Refused {
		c.refuse(reason, n)
	}
}
