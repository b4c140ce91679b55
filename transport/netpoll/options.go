package netpoll

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// The values of Options.Mode.
const (
	ModeAuto      = "auto"      // epoll where there is one, else goroutines
	ModeEpoll     = "epoll"     // Linux only
	ModeGoroutine = "goroutine" // one goroutine a connection, everywhere
)

// Options are the settings of a Poller.
type Options struct {
	// Mode is how sockets are waited for: epoll (Linux only), goroutine (one for
	// each connection), or auto: epoll where there is one. TLS connections always
	// use goroutines.
	Mode string `koanf:"mode" choices:"auto,epoll,goroutine"`
	// Loops is the number of event loops; 0 takes half of the processors. Not used
	// in goroutine mode.
	Loops int `koanf:"loops"`
	// ReadBufferBytes is the size of the one read buffer that all connections of
	// a loop share; more is read in several turns.
	ReadBufferBytes int `koanf:"read_buffer_bytes"`
	// SendBufferBytes is the kernel's send buffer per connection (SO_SNDBUF), which
	// it doubles for its own needs. With the kernel's own default one stalled reader
	// holds 3.8 MB, with this 53 KB.
	SendBufferBytes int `koanf:"send_buffer_bytes"`
	// MaxPendingBytes bounds what is kept for a peer that does not read, beyond
	// the kernel's buffer. A connection that needs more is closed.
	MaxPendingBytes int `koanf:"max_pending_bytes"`
	// LingerTimeout is how long a connection that was closed behind its last bytes
	// waits for the peer to close, too.
	LingerTimeout time.Duration `koanf:"linger_timeout"`
}

// DefaultOptions are the settings that suit a server of thousands of dashboards.
func DefaultOptions() Options {
	return Options{
		Mode:            ModeAuto,
		ReadBufferBytes: 64 << 10,
		SendBufferBytes: 24 << 10,
		MaxPendingBytes: 1 << 20,
		LingerTimeout:   2 * time.Second,
	}
}

// loops returns how many event loops to start.
func (o Options) loops() int {
	if o.Loops > 0 {
		return o.Loops
	}
	return max(1, runtime.GOMAXPROCS(0)/2)
}

// Validate reports every setting that is not allowed, by its key.
func (o Options) Validate() error {
	var problems []error
	switch o.Mode {
	case ModeAuto, ModeEpoll, ModeGoroutine:
	default:
		problems = append(problems, fmt.Errorf("mode: %q is not allowed: must be %s, %s or %s",
			o.Mode, ModeAuto, ModeEpoll, ModeGoroutine))
	}
	check := func(key string, value, low, high int) {
		if value < low || value > high {
			problems = append(problems, fmt.Errorf("%s: %d is not allowed: must be between %d and %d", key, value, low, high))
		}
	}
	check("loops", o.Loops, 0, 256)
	check("read_buffer_bytes", o.ReadBufferBytes, 4<<10, 1<<20)
	check("send_buffer_bytes", o.SendBufferBytes, 4<<10, 16<<20)
	check("max_pending_bytes", o.MaxPendingBytes, 4<<10, 64<<20)
	if o.LingerTimeout < 10*time.Millisecond || o.LingerTimeout > time.Minute {
		problems = append(problems, fmt.Errorf("linger_timeout: %v is not allowed: must be between 10ms and 1m", o.LingerTimeout))
	}
	return errors.Join(problems...)
}
