package feed

import (
	"errors"
	"fmt"
)

// Options of the simulated feed.
type Options struct {
	// Enabled says whether the simulated feed runs at all.
	Enabled bool `koanf:"enabled"`
	// Symbols is how many instruments the simulated feed trades, the busiest first.
	Symbols int `koanf:"symbols"`
	// TicksPerSecond is the simulated feed's long-run rate over all symbols. They
	// share it unequally, and it comes in bursts.
	TicksPerSecond float64 `koanf:"ticks_per_second"`
	// Seed is what the simulated market is made from: the same makes the same
	// market again, 0 takes another one each time.
	Seed uint64 `koanf:"seed"`
}

// DefaultOptions are a market that is pleasant to look at: the busiest symbol
// ticks several times a second, the last one every ten to twenty seconds.
func DefaultOptions() Options {
	return Options{Enabled: false, Symbols: 300, TicksPerSecond: 150, Seed: 0}
}

// Bounds of Options.
const (
	maxSymbols        = 10_000
	minTicksPerSecond = 0.1
	maxTicksPerSecond = 200_000
)

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	if o.Symbols < 1 || o.Symbols > maxSymbols {
		errs = append(errs, fmt.Errorf("symbols: %d is not allowed: must be between 1 and %d", o.Symbols, maxSymbols))
	}
	if !(o.TicksPerSecond >= minTicksPerSecond && o.TicksPerSecond <= maxTicksPerSecond) { // NaN is neither
		errs = append(errs, fmt.Errorf("ticks_per_second: %v is not allowed: must be between %v and %d", o.TicksPerSecond, minTicksPerSecond, maxTicksPerSecond))
	}
	return errors.Join(errs...)
}
