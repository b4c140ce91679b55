package session

import (
	"errors"
	"fmt"
	"time"
)

// Options of sessions.
type Options struct {
	// SymbolsPerRequest is how many symbols one subscribe request may name; 0 is
	// without bound.
	SymbolsPerRequest int `koanf:"symbols_per_request" live:"true"`
	// SymbolsPerSocket is how many symbols one socket may watch; 0 is without bound.
	SymbolsPerSocket int `koanf:"symbols_per_socket" live:"true"`
	// SlowTimeout is after how long a browser that reads nothing of what it was sent
	// is disconnected; 0 leaves that to the heartbeat.
	SlowTimeout time.Duration `koanf:"slow_timeout" live:"true"`
	// OutboxBytes is how much may wait of answers and notices for a browser that
	// does not read. Notices beyond half of it are read back from the journal when it
	// reads again; a browser whose answers need more is disconnected.
	OutboxBytes int `koanf:"outbox_bytes" live:"true"`
	// RecoveryWindow is how long after its connection ended a browser can come
	// back to its session; 0 makes every connection a new session.
	RecoveryWindow time.Duration `koanf:"recovery_window" live:"true"`
}

// DefaultOptions are the limits of the wire contract.
func DefaultOptions() Options {
	return Options{
		SymbolsPerRequest: 100,
		SymbolsPerSocket:  200,
		SlowTimeout:       30 * time.Second,
		OutboxBytes:       256 << 10,
		RecoveryWindow:    2 * time.Minute,
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
	check(o.SymbolsPerRequest >= 0, "symbols_per_request: %d is not allowed: must be 0 (no limit) or more", o.SymbolsPerRequest)
	check(o.SymbolsPerSocket >= 0, "symbols_per_socket: %d is not allowed: must be 0 (no limit) or more", o.SymbolsPerSocket)
	check(o.SlowTimeout == 0 || o.SlowTimeout >= 100*time.Millisecond, "slow_timeout: %s is not allowed: must be 0 (off) or at least 100ms", o.SlowTimeout)
	check(o.OutboxBytes >= 4<<10 && o.OutboxBytes <= 64<<20, "outbox_bytes: %d is not allowed: must be between 4096 and 67108864", o.OutboxBytes)
	check(o.RecoveryWindow == 0 || o.RecoveryWindow >= time.Second, "recovery_window: %s is not allowed: must be 0 (off) or at least 1s", o.RecoveryWindow)
	return errors.Join(errs...)
}
