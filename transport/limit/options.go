package limit

import (
	"errors"
	"fmt"
	"net/netip"
)

// Options of the limits; 0 switches one off.
type Options struct {
	// DialsPerSecond is how many new connections one address may open a second; 0
	// is without limit. An IPv6 address counts as its /64.
	DialsPerSecond float64 `koanf:"dials_per_second" live:"true"`
	// DialBurst is how many new connections one address may open at once.
	DialBurst int `koanf:"dial_burst" live:"true"`
	// SocketsPerUser is how many sockets one user may have; 0 is without limit.
	// Sockets that are open stay.
	SocketsPerUser int `koanf:"sockets_per_user" live:"true"`
	// EventsPerSecond is how many events one socket may send a second; 0 is without
	// limit.
	EventsPerSecond float64 `koanf:"events_per_second" live:"true"`
	// EventBurst is how many events one socket may send at once.
	EventBurst int `koanf:"event_burst" live:"true"`
	// TrustedProxies are the networks (CIDR) of proxies whose X-Forwarded-For says
	// where a connection comes from.
	TrustedProxies []string `koanf:"trusted_proxies" live:"true"`
}

// DefaultOptions are those of the wire contract.
func DefaultOptions() Options {
	return Options{DialsPerSecond: 100, DialBurst: 1000, SocketsPerUser: 20, EventsPerSecond: 50, EventBurst: 100}
}

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(o.DialsPerSecond >= 0, "dials_per_second: %g is not allowed: must be 0 (no limit) or more", o.DialsPerSecond)
	check(o.DialsPerSecond == 0 || o.DialBurst >= 1, "dial_burst: %d is not allowed: must be at least 1", o.DialBurst)
	check(o.SocketsPerUser >= 0, "sockets_per_user: %d is not allowed: must be 0 (no limit) or more", o.SocketsPerUser)
	check(o.EventsPerSecond >= 0, "events_per_second: %g is not allowed: must be 0 (no limit) or more", o.EventsPerSecond)
	check(o.EventsPerSecond == 0 || o.EventBurst >= 1, "event_burst: %d is not allowed: must be at least 1", o.EventBurst)
	for _, text := range o.TrustedProxies {
		_, err := netip.ParsePrefix(text)
		check(err == nil, "trusted_proxies: %q is not a network: must be like 10.0.0.0/8 or 192.0.2.1/32", text)
	}
	return errors.Join(errs...)
}
