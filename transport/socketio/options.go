package socketio

import (
	"fmt"
	"time"
)

// Options of the Socket.IO server.
type Options struct {
	// ConnectTimeout is how long a connection may stay without an accepted
	// CONNECT before it is closed; 0 is for ever.
	ConnectTimeout time.Duration `koanf:"connect_timeout"`
}

// DefaultOptions are those of the wire contract.
func DefaultOptions() Options { return Options{ConnectTimeout: 10 * time.Second} }

// Validate reports a setting that is not allowed.
func (o Options) Validate() error {
	if o.ConnectTimeout != 0 && (o.ConnectTimeout < 100*time.Millisecond || o.ConnectTimeout > time.Hour) {
		return fmt.Errorf("connect_timeout: %s is not allowed: must be 0 (off) or between 100ms and 1h", o.ConnectTimeout)
	}
	return nil
}
