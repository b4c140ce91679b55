package websocket

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Options are the settings of an Acceptor and its connections.
type Options struct {
	// MaxHeaderBytes is how long a request head may be; a longer one is answered
	// with 431. 0 is without bound.
	MaxHeaderBytes int `koanf:"max_header_bytes"`
	// HeaderTimeout is how long a fresh connection may take to send its request
	// head; then it is answered with 408. 0 is for ever.
	HeaderTimeout time.Duration `koanf:"header_timeout"`
	// MaxMessageBytes is how long a client's message may be, whole or fragmented; a
	// longer one closes its connection with 1009. 0 is without bound.
	MaxMessageBytes int `koanf:"max_message_bytes"`
	// LingerTimeout is how long the peer may take to answer a close frame.
	LingerTimeout time.Duration `koanf:"linger_timeout"`
	// HandoverQueue is how many connections may wait for net/http to take them;
	// further ones are closed.
	HandoverQueue int `koanf:"handover_queue"`
}

// DefaultOptions are the limits of the wire contract.
func DefaultOptions() Options {
	return Options{
		MaxHeaderBytes:  16 << 10,
		HeaderTimeout:   5 * time.Second,
		MaxMessageBytes: 1_000_000,
		LingerTimeout:   2 * time.Second,
		HandoverQueue:   1024,
	}
}

// unbounded stands for a limit that is switched off. Frames of more bytes cannot be
// counted with their headers.
const unbounded = math.MaxInt - 64

// forever stands for a time limit that is switched off: longer than any process lives.
const forever = 100 * 365 * 24 * time.Hour

// Validate reports every setting that is not allowed, by its key.
func (o Options) Validate() error {
	var problems []error
	number := func(key string, value, low, high int) {
		if value < low || value > high {
			problems = append(problems, fmt.Errorf("%s: %d is not allowed: must be between %d and %d", key, value, low, high))
		}
	}
	duration := func(key string, value, low, high time.Duration) {
		if value < low || value > high {
			problems = append(problems, fmt.Errorf("%s: %v is not allowed: must be between %v and %v", key, value, low, high))
		}
	}
	limit := func(key string, value, low, high int) {
		if value != 0 && (value < low || value > high) {
			problems = append(problems, fmt.Errorf("%s: %d is not allowed: must be 0 (no limit) or between %d and %d", key, value, low, high))
		}
	}
	limit("max_header_bytes", o.MaxHeaderBytes, 1<<10, 1<<20)
	if o.HeaderTimeout != 0 && (o.HeaderTimeout < 10*time.Millisecond || o.HeaderTimeout > time.Minute) {
		problems = append(problems, fmt.Errorf("header_timeout: %v is not allowed: must be 0 (no limit) or between 10ms and 1m", o.HeaderTimeout))
	}
	limit("max_message_bytes", o.MaxMessageBytes, 125, 64<<20)
	duration("linger_timeout", o.LingerTimeout, 10*time.Millisecond, time.Minute)
	number("handover_queue", o.HandoverQueue, 1, 1<<16)
	return errors.Join(problems...)
}
