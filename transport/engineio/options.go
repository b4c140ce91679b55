package engineio

import (
	"errors"
	"fmt"
	"time"
)

// Options of the Engine.IO server. Clients learn the intervals in the handshake.
type Options struct {
	// PingInterval is how often the server pings a client. Clients are told when
	// they connect, so those that are there keep theirs.
	PingInterval time.Duration `koanf:"ping_interval" live:"true"`
	// PingTimeout is how long a client may take to answer a ping. A client
	// that hears no ping for the sum of both closes from its side. Clients that are
	// there keep theirs.
	PingTimeout time.Duration `koanf:"ping_timeout" live:"true"`
	// UpgradeTimeout is how long a WebSocket may take to take over from polling.
	UpgradeTimeout time.Duration `koanf:"upgrade_timeout"`
	// MaxConnections is how many sockets may be open, 0 for as many as the descriptors
	// of the process allow (its hard RLIMIT_NOFILE); no setting allows more than those.
	// Further clients get 503 and try again. Sockets that are open stay.
	MaxConnections int `koanf:"max_connections" live:"true"`
}

// DefaultOptions are those of the wire contract.
func DefaultOptions() Options {
	return Options{PingInterval: 25 * time.Second, PingTimeout: 60 * time.Second, UpgradeTimeout: 10 * time.Second}
}

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	const shortest, longest = 50 * time.Millisecond, 10 * time.Minute
	check(o.PingInterval >= shortest && o.PingInterval <= longest, "ping_interval: %s is not allowed: must be between %s and %s", o.PingInterval, shortest, longest)
	check(o.PingTimeout >= shortest && o.PingTimeout <= longest, "ping_timeout: %s is not allowed: must be between %s and %s", o.PingTimeout, shortest, longest)
	check(o.UpgradeTimeout >= shortest && o.UpgradeTimeout <= longest, "upgrade_timeout: %s is not allowed: must be between %s and %s", o.UpgradeTimeout, shortest, longest)
	check(o.MaxConnections >= 0, "max_connections: %d is not allowed: must be 0 (as many as descriptors allow) or more", o.MaxConnections)
	return errors.Join(errs...)
}
