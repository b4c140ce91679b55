package httpapi

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Options of the HTTP API.
type Options struct {
	// MaxTickLineBytes is how long one tick's line may be, for feeds that begin from
	// then on.
	MaxTickLineBytes int `koanf:"max_tick_line_bytes" live:"true"`
	// FeedIdleTimeout is after how long a feed's request is ended that says
	// nothing, not even a blank line; 0 never ends it.
	FeedIdleTimeout time.Duration `koanf:"feed_idle_timeout" live:"true"`
	// MaxTradeLineBytes is how long one trade may be.
	MaxTradeLineBytes int `koanf:"max_trade_line_bytes" live:"true"`
	// MaxTradesPerRequest is how many trades may come in one request, which is
	// checked as a whole before any of it is recorded.
	MaxTradesPerRequest int `koanf:"max_trades_per_request" live:"true"`
	// MaxTradesBytes is how long a request of many trades may be.
	MaxTradesBytes int `koanf:"max_trades_bytes" live:"true"`
	// RequestTimeout is how long a request other than a feed's may take to
	// arrive, and then to be answered by an account.
	RequestTimeout time.Duration `koanf:"request_timeout" live:"true"`
	// BackupTimeout is how long a backup of the journal may take to be sent. The
	// engine keeps what is replaced meanwhile.
	BackupTimeout time.Duration `koanf:"backup_timeout" live:"true"`
}

// LiveOptions are Options that can be changed while requests are served. A request
// goes by those in force when it began, but for the patience with a silent feed.
type LiveOptions struct{ options atomic.Pointer[Options] }

// NewLiveOptions returns valid options that are in force.
func NewLiveOptions(o Options) *LiveOptions {
	l := &LiveOptions{}
	l.options.Store(&o)
	return l
}

// Options returns those in force.
func (l *LiveOptions) Options() Options { return *l.options.Load() }

// Configure changes them.
func (l *LiveOptions) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("HTTP API: %w", err)
	}
	l.options.Store(&o)
	return nil
}

// DefaultOptions let a feed stay connected as long as it likes.
func DefaultOptions() Options {
	return Options{
		MaxTickLineBytes:    64 << 10,
		MaxTradeLineBytes:   16 << 10,
		MaxTradesPerRequest: 10_000,
		MaxTradesBytes:      8 << 20,
		RequestTimeout:      10 * time.Second,
		BackupTimeout:       time.Hour,
	}
}

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	between := func(key string, value, low, high int) {
		if value < low || value > high {
			errs = append(errs, fmt.Errorf("%s: %d is not allowed: must be between %d and %d", key, value, low, high))
		}
	}
	between("max_tick_line_bytes", o.MaxTickLineBytes, 256, 16<<20)
	if o.FeedIdleTimeout != 0 && o.FeedIdleTimeout < time.Second {
		errs = append(errs, fmt.Errorf("feed_idle_timeout: %s is not allowed: must be 0 (never) or at least 1s", o.FeedIdleTimeout))
	}
	between("max_trade_line_bytes", o.MaxTradeLineBytes, 256, 1<<20)
	between("max_trades_per_request", o.MaxTradesPerRequest, 1, 1_000_000)
	if o.MaxTradesBytes < o.MaxTradeLineBytes || o.MaxTradesBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("max_trades_bytes: %d is not allowed: must be between max_trade_line_bytes (%d) and %d", o.MaxTradesBytes, o.MaxTradeLineBytes, 1<<30))
	}
	if o.RequestTimeout < 100*time.Millisecond || o.RequestTimeout > 5*time.Minute {
		errs = append(errs, fmt.Errorf("request_timeout: %s is not allowed: must be between 100ms and 5m", o.RequestTimeout))
	}
	if o.BackupTimeout < time.Second || o.BackupTimeout > 24*time.Hour {
		errs = append(errs, fmt.Errorf("backup_timeout: %s is not allowed: must be between 1s and 24h", o.BackupTimeout))
	}
	return errors.Join(errs...)
}
