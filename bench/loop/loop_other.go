//go:build !linux

package loop

import (
	"errors"

	"outcry/bench/browser"
	"outcry/bench/freshness"
)

// Loop exists on Linux only: it needs epoll.
type Loop struct{}

// New fails, as there is no epoll here.
func New(Options, []*browser.Browser, *freshness.Tape) (*Loop, error) {
	return nil, errors.New("the load generator needs Linux (epoll): run it there with --to and the address of this server")
}

// Connect does nothing.
func (*Loop) Connect() {}

// Drop does nothing.
func (*Loop) Drop() {}

// Stall does nothing.
func (*Loop) Stall() {}

// Resume does nothing.
func (*Loop) Resume() {}

// Settled returns nil.
func (*Loop) Settled() <-chan struct{} { return nil }

// Failures returns none.
func (*Loop) Failures() Failures { return NewFailures() }

// Received returns 0.
func (*Loop) Received() int64 { return 0 }

// Counts returns none.
func (*Loop) Counts() Counts { return Counts{} }

// Do does nothing.
func (*Loop) Do(func(*browser.Turn)) {}

// Close does nothing.
func (*Loop) Close() error { return nil }
