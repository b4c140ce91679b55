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
	// Hours are when the market is open: us_equities (NYSE and Nasdaq, regular hours),
	// always, or days and times in Timezone, such as "mon-fri 09:00-17:30". A
	// simulated market always is.
	Hours string `koanf:"hours"`
	// Timezone is the IANA zone of DayRollover, and of Hours that are days and times.
	Timezone string `koanf:"timezone"`
	// Closures are dates on which the market does not open though Hours say so, such as
	// 2025-01-09. They also hold for further markets of us_equities that have none of
	// their own.
	Closures []string `koanf:"closures" live:"true"`
	// Markets are further markets, with hours and trading days of their own. Each has a
	// name, symbols (patterns in which * is any text and ? any one character), hours, and
	// optionally timezone, day_rollover and closures; in one line it is name=crypto;
	// hours=always; symbols=*-USD|*-USDT. What no pattern matches belongs to the main market.
	Markets []string `koanf:"markets"`
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
		// Unscheduled: hurricane Sandy, and days of mourning for two presidents.
		Closures:      []string{"2012-10-29", "2012-10-30", "2018-12-05", "2025-01-09"},
		QuietAfter:    15 * time.Second,
		FeedSilence:   30 * time.Second,
		FeedGrace:     3 * time.Second,
		SweepInterval: time.Second,
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
	_, faults := o.markets()
	errs = append(errs, faults...)
	check(o.QuietAfter >= 100*time.Millisecond, "quiet_after: %s is not allowed: must be at least 100ms", o.QuietAfter)
	check(o.FeedSilence >= 100*time.Millisecond, "feed_silence: %s is not allowed: must be at least 100ms", o.FeedSilence)
	check(o.FeedGrace >= 0, "feed_grace: %s is not allowed: must not be negative", o.FeedGrace)
	check(o.SweepInterval >= 10*time.Millisecond && o.SweepInterval <= time.Minute, "sweep_interval: %s is not allowed: must be between 10ms and 1m", o.SweepInterval)
	return errors.Join(errs...)
}

// MainMarket names the market of the symbols that no other market has, where its hours
// have no name.
const MainMarket = "main"

// NewMarkets returns the markets.
func (o Options) NewMarkets() (*market.Markets, error) {
	markets, errs := o.markets()
	return markets, errors.Join(errs...)
}

// markets are the markets, or all that is wrong with them, each error with its setting first.
func (o Options) markets() (*market.Markets, []error) {
	spec := market.Spec{Name: MainMarket, Hours: o.Hours, Timezone: o.Timezone, DayRollover: o.DayRollover, Closures: o.Closures}
	if o.Hours == market.USEquities || o.Hours == market.Always {
		spec.Name = o.Hours
	}
	main, errs := spec.New()
	var others []market.Market
	for i, text := range o.Markets {
		other, faults := newMarket(text, o.Closures)
		for _, fault := range faults {
			errs = append(errs, fmt.Errorf("markets: market %d: %w", i+1, fault))
		}
		others = append(others, other)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	markets, faults := market.NewMarkets(main, others...)
	for _, fault := range faults {
		errs = append(errs, fmt.Errorf("markets: %w", fault))
	}
	return markets, errs
}

func newMarket(text string, usClosures []string) (market.Market, []error) {
	spec, err := market.ParseSpec(text, usClosures)
	if err != nil {
		return market.Market{}, []error{err}
	}
	return spec.New()
}

func (o Options) freshness() market.FreshnessPolicy {
	return market.FreshnessPolicy{QuietAfter: o.QuietAfter, FeedSilence: o.FeedSilence, FeedGrace: o.FeedGrace}
}
