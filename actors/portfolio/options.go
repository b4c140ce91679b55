package portfolio

import (
	"errors"
	"fmt"
	"time"

	"outcry/actors/jsonline"
	"outcry/actors/ledger"
	"outcry/actors/market"
)

// Options of portfolios.
type Options struct {
	// UpdateInterval is the least time between two valuations of an account that
	// only prices changed. What changes the account itself is shown at once.
	UpdateInterval time.Duration `koanf:"update_interval" live:"true"`
	// UpdateByteRate is how many bytes a second of portfolio:update one socket is sent at
	// most, on average; 0 is without bound. The newest always comes, and is the last.
	UpdateByteRate int `koanf:"update_byte_rate" live:"true"`
	// OpeningDeposit is the cash that an account begins with that is opened from
	// then on.
	OpeningDeposit string `koanf:"opening_deposit" live:"true"`
	// IdleTimeout is after how long an account that nobody watches or uses
	// leaves memory.
	IdleTimeout time.Duration `koanf:"idle_timeout" live:"true"`
	// CheckpointEvery is how many events an account may take before its state is
	// saved, which bounds what is read when it is loaded.
	CheckpointEvery int `koanf:"checkpoint_every" live:"true"`
	// MaxPending is how many trades and orders may wait to be durable.
	MaxPending int `koanf:"max_pending" live:"true"`
	// MaxOpenOrders is how many orders of one account may be open; more are
	// rejected.
	MaxOpenOrders int `koanf:"max_open_orders" live:"true"`
	// RejectionsPerDay is how many refused orders of one account are recorded in a trading
	// day: its history shows them, and an order that is sent again under the same
	// clientOrderId gets the same answer. Others are refused without a record.
	RejectionsPerDay int `koanf:"rejections_per_day" live:"true"`
	// RecoverEvents is how many events a browser may have missed and still be
	// brought up to date notice by notice; beyond it gets a snapshot.
	RecoverEvents int `koanf:"recover_events" live:"true"`
	// SampleInterval is how often the value of a loaded account is saved for its
	// equity curve.
	SampleInterval time.Duration `koanf:"sample_interval" live:"true"`
}

// DefaultOptions suit paper accounts of people.
func DefaultOptions() Options {
	return Options{
		UpdateInterval:  250 * time.Millisecond,
		UpdateByteRate:  64 << 10,
		OpeningDeposit:  "100000",
		IdleTimeout:     5 * time.Minute,
		CheckpointEvery: 1000,
		MaxPending:      1 << 16,
		MaxOpenOrders:   500,
		RecoverEvents:   1000,
		SampleInterval:  time.Minute,

		RejectionsPerDay: 200,
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
	check(o.UpdateInterval >= 10*time.Millisecond && o.UpdateInterval <= time.Minute, "update_interval: %s is not allowed: must be between 10ms and 1m", o.UpdateInterval)
	check(o.UpdateByteRate == 0 || o.UpdateByteRate >= 1<<10, "update_byte_rate: %d is not allowed: must be 0 (no limit) or at least 1024", o.UpdateByteRate)
	check(validDeposit(o.OpeningDeposit), "opening_deposit: %q is not allowed: must be an amount such as 100000 or 0, below 100000000000 and with at most 8 decimals", o.OpeningDeposit)
	check(o.IdleTimeout >= time.Second, "idle_timeout: %s is not allowed: must be at least 1s", o.IdleTimeout)
	check(o.CheckpointEvery >= 1 && o.CheckpointEvery <= 1_000_000, "checkpoint_every: %d is not allowed: must be between 1 and 1000000", o.CheckpointEvery)
	check(o.MaxPending >= 64 && o.MaxPending <= 10_000_000, "max_pending: %d is not allowed: must be between 64 and 10000000", o.MaxPending)
	check(o.MaxOpenOrders >= 1 && o.MaxOpenOrders <= 10_000, "max_open_orders: %d is not allowed: must be between 1 and 10000", o.MaxOpenOrders)
	check(o.RejectionsPerDay >= 0 && o.RejectionsPerDay <= 100_000, "rejections_per_day: %d is not allowed: must be between 0 (none) and 100000", o.RejectionsPerDay)
	check(o.RecoverEvents >= 0 && o.RecoverEvents <= 100_000, "recover_events: %d is not allowed: must be between 0 and 100000", o.RecoverEvents)
	check(o.SampleInterval >= time.Second, "sample_interval: %s is not allowed: must be at least 1s", o.SampleInterval)
	return errors.Join(errs...)
}

// validDeposit reports whether an account can begin with an amount.
func validDeposit(text string) bool {
	amount, ok := jsonline.ParseDecimal([]byte(text))
	if !ok || amount.IsNeg() {
		return false
	}
	if amount.IsZero() {
		return true
	}
	days, err := market.NewCalendar("00:00", "UTC")
	if err != nil {
		panic("portfolio: " + err.Error()) // UTC is built in
	}
	deposit := ledger.Deposited{Amount: amount, Note: OpeningNote, Time: time.Unix(1<<30, 0)}
	return new(ledger.Account).Apply(deposit, days) == nil
}
