// Package market holds the values of a market: the tick that comes in, the
// quote that goes out, the day they belong to and how fresh they are.
//
// It owns what makes a tick acceptable (Tick.Validate), how a tick changes a
// quote (Quote.Apply) and when a quote is live, quiet, stale or halted
// (FreshnessPolicy.State). Everything is a value: nothing here keeps time,
// locks, starts a goroutine or knows the wire. It imports nothing of Outcry.
package market
