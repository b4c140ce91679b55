package mailbox

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"outcry/actors/conflation"
)

// Overflow policies: what happens to a user message that finds its mailbox full.
const (
	// OverflowClose tells the actor Overflowed, once; a session then closes its
	// browser's connection with a reason, and the browser comes back to snapshots.
	OverflowClose = "close"
	// OverflowDropNewest drops the message that found no room.
	OverflowDropNewest = "drop_newest"
	// OverflowDropOldest drops the message that waits longest.
	OverflowDropOldest = "drop_oldest"
)

// Options of the paced dispatcher and its mailboxes. All but Workers take
// effect in a running engine (Dispatcher.Configure).
type Options struct {
	// Budget is the age of a quote, from its receipt to its write, that the
	// engine holds at P95.
	Budget time.Duration `koanf:"budget" live:"true"`
	// PaceFloor is the shortest rest between flushes; 0 flushes at once while
	// there is room.
	PaceFloor time.Duration `koanf:"pace_floor" live:"true"`
	// PaceCeiling is the longest time between two flushes of one session; 0
	// derives it from the budget (70 %).
	PaceCeiling time.Duration `koanf:"pace_ceiling" live:"true"`
	// BusyShare is the share of its time that a worker flushes before it rests.
	BusyShare float64 `koanf:"busy_share" live:"true"`
	// Workers is how many goroutines run symbols and sessions; 0 takes half of
	// the processors.
	Workers int `koanf:"workers"`
	// Capacity is how many user messages wait in one session's mailbox at most.
	Capacity int `koanf:"capacity" live:"true"`
	// Overflow is what happens to a message beyond Capacity: close, drop_newest
	// or drop_oldest.
	Overflow string `koanf:"overflow" live:"true" choices:"close,drop_newest,drop_oldest"`
}

// DefaultOptions hold the P95 of 200 ms that the engine promises.
func DefaultOptions() Options {
	return Options{
		Budget:    200 * time.Millisecond,
		BusyShare: 0.85,
		Capacity:  1024,
		Overflow:  OverflowClose,
	}
}

// ceilingShare is the part of the budget that a session may wait for its next
// flush where the operator sets no ceiling; the rest is for ingest, the
// kernel, the network and the browser.
const ceilingShare = 0.7

const (
	minBudget, maxBudget = time.Millisecond, time.Minute
	maxWorkers           = 256
	maxCapacity          = 1 << 20
)

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(o.Budget >= minBudget && o.Budget <= maxBudget, "budget: %s is not allowed: must be between %s and %s", o.Budget, minBudget, maxBudget)
	check(o.PaceFloor >= 0 && o.PaceFloor <= o.Budget, "pace_floor: %s is not allowed: must be between 0 and the budget (%s)", o.PaceFloor, o.Budget)
	check(o.PaceCeiling == 0 || (o.PaceCeiling >= o.PaceFloor && o.PaceCeiling <= o.Budget), "pace_ceiling: %s is not allowed: must be 0 (derived) or between pace_floor (%s) and the budget (%s)", o.PaceCeiling, o.PaceFloor, o.Budget)
	check(o.BusyShare >= 0.05 && o.BusyShare <= 1, "busy_share: %v is not allowed: must be between 0.05 and 1", o.BusyShare)
	check(o.Workers >= 0 && o.Workers <= maxWorkers, "workers: %d is not allowed: must be between 0 (half of the processors) and %d", o.Workers, maxWorkers)
	check(o.Capacity >= 1 && o.Capacity <= maxCapacity, "capacity: %d is not allowed: must be between 1 and %d messages", o.Capacity, maxCapacity)
	policies := []string{OverflowClose, OverflowDropNewest, OverflowDropOldest}
	known := false
	for _, p := range policies {
		known = known || o.Overflow == p
	}
	check(known, "overflow: %q is not allowed: must be one of %s", o.Overflow, strings.Join(policies, ", "))
	return errors.Join(errs...)
}

// pace returns the pacer's view of the options.
func (o Options) pace() conflation.Pace {
	ceiling := o.PaceCeiling
	if ceiling == 0 {
		ceiling = time.Duration(ceilingShare * float64(o.Budget))
	}
	return conflation.Pace{Budget: o.Budget, Floor: o.PaceFloor, Ceiling: ceiling, BusyShare: o.BusyShare}
}

// workers returns how many workers to start.
func (o Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return max(1, runtime.GOMAXPROCS(0)/2)
}
