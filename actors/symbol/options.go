package symbol

import (
	"errors"
	"fmt"
	"time"

	"outcry/actors/market"
)

// Options of the market: its symbols, their trading day and their freshness.
type Options struct {
	// MaxSymbols is how many symbols may exist; ticks of further ones are refused.
	// Symbols that are there stay.
	MaxSymbols int `koanf:"max_symbols" live:"true"`
	// MaxPendingTicks is how many ticks may wait to be folded into quotes
	// before feeds are made to wait.
	MaxPendingTicks int `koanf:"max_pending_ticks" live:"true"`
	// DayRollover is the local time at which a new trading day begins.
	DayRollover string `koanf:"day_rollover"`
	// Hours are when the market is shown as open: us_equities (NYSE and Nasdaq,
	// regular hours) or always. A simulated market always is.
	Hours string `koanf:"hours" choices:"us_equities,always"`
	// Timezone is the IANA zone of DayRollover.
	Timezone string `koanf:"timezone"`
	// QuietAfter is the age from which a quote is quiet rather than live.
	QuietAfter time.Duration `koanf:"quiet_after" live:"true"`
	// FeedSilence is after how long without any tick or heartbeat a connected
	// feed counts as dead and its quotes turn stale.
	FeedSilence time.Duration `koanf:"feed_silence" live:"true"`
	// FeedGrace is how old a quote whose feed went away must be to turn stale.
	FeedGrace time.Duration `koanf:"feed_grace" live:"true"`
	// SweepInterval is how often quotes are examined for staleness.
	SweepInterval time.Duration `koanf:"sweep_interval" live:"true"`
}

// DefaultOptions suit US equities.
func DefaultOptions() Options {
	return Options{
		MaxSymbols:      100_000,
		MaxPendingTicks: 16_384,
		DayRollover:     "00:00",
		Hours:           market.USEquities,
		Timezone:        "America/New_York",
		QuietAfter:      15 * time.Second,
		FeedSilence:     30 * time.Second,
		FeedGrace:       3 * time.Second,
		SweepInterval:   time.Second,
	}
}

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(o.MaxSymbols >= 1 && o.MaxSymbols <= 10_000_000, "max_symbols: %d is not allowed: must be between 1 and 10000000", o.MaxSymbols)
	check(o.MaxPendingTicks >= 64 && o.MaxPendingTicks <= 10_000_000, "max_pending_ticks: %d is not allowed: must be between 64 and 10000000", o.MaxPendingTicks)
	if _, err := market.NewCalendar(o.DayRollover, o.Timezone); err != nil {
		errs = append(errs, fmt.Errorf("day_rollover, timezone: %w", err))
	}
	if _, err := market.NewHours(o.Hours); err != nil {
		errs = append(errs, fmt.Errorf("hours: %w", err))
	}
	check(o.QuietAfter >= 100*time.Millisecond, "quiet_after: %s is not allowed: must be at least 100ms", o.QuietAfter)
	check(o.FeedSilence >= 100*time.Millisecond, "feed_silence: %s is not allowed: must be at least 100ms", o.FeedSilence)
	check(o.FeedGrace >= 0, "feed_grace: %s is not allowed: must not be negative", o.FeedGrace)
	check(o.SweepInterval >= 10*time.Millisecond && o.SweepInterval <= time.Minute, "sweep_interval: %s is not allowed: must be between 10ms and 1m", o.SweepInterval)
	return errors.Join(errs...)
}

func (o Options) freshness() market.FreshnessPolicy {
	return market.FreshnessPolicy{QuietAfter: o.QuietAfter, FeedSilence: o.FeedSilence, FeedGrace: o.FeedGrace}
}
