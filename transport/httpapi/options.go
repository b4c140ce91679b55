package httpapi

import (
	"errors"
	"fmt"
	"time"
)

// Options of the HTTP API.
type Options struct {
	// MaxTickLineBytes is how long one tick's line may be.
	MaxTickLineBytes int `koanf:"max_tick_line_bytes"`
	// FeedIdleTimeout ends a feed's request that says nothing for so long, not
	// even a blank line; 0 never does.
	FeedIdleTimeout time.Duration `koanf:"feed_idle_timeout"`
}

// DefaultOptions let a feed stay connected as long as it likes.
func DefaultOptions() Options { return Options{MaxTickLineBytes: 64 << 10} }

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	if o.MaxTickLineBytes < 256 || o.MaxTickLineBytes > 16<<20 {
		errs = append(errs, fmt.Errorf("max_tick_line_bytes: %d is not allowed: must be between 256 and 16777216", o.MaxTickLineBytes))
	}
	if o.FeedIdleTimeout != 0 && o.FeedIdleTimeout < time.Second {
		errs = append(errs, fmt.Errorf("feed_idle_timeout: %s is not allowed: must be 0 (never) or at least 1s", o.FeedIdleTimeout))
	}
	return errors.Join(errs...)
}
