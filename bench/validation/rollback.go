package validation

import (
	"fmt"
	"time"
)

// When a deployment is to be taken back.
//
// One critical look is none: the rates of a server are those of its last minute,
// so that one burst of failures shows in two or three looks, and a server that is
// restarted on purpose is away for seconds. Twice that minute without a break is
// neither. A server that dies again and again is up in between, so the share of the
// last half hour counts as well, once there are ten minutes of it, or the start
// itself would weigh too much.
const (
	sustained      = 2 * time.Minute
	shareWindow    = 30 * time.Minute
	shareFrom      = 10 * time.Minute
	criticalShare  = 0.2
	leastCriticals = 3 // however far apart the looks are
)

// RollbackRule is the rule in words.
const RollbackRule = "critical at every look for 2 minutes, or at over a fifth of the looks of the last 30 minutes (counted from 10 minutes on); 3 looks at least"

// sample is what the rule needs of a look.
type sample struct {
	at       time.Time
	critical bool
}

// rollback says why a deployment is to be taken back, empty while it is not.
// Samples are in the order of time.
func rollback(samples []sample) (reason string) {
	if len(samples) == 0 {
		return ""
	}
	last := samples[len(samples)-1].at
	unbroken, since := 0, last
	for i := len(samples) - 1; i >= 0 && samples[i].critical; i-- {
		unbroken, since = unbroken+1, samples[i].at
	}
	if unbroken >= leastCriticals && last.Sub(since) >= sustained {
		return fmt.Sprintf("critical at each of the last %d looks, for %v", unbroken, last.Sub(since).Round(time.Second))
	}
	looks, criticals, from := 0, 0, last
	for i := len(samples) - 1; i >= 0 && last.Sub(samples[i].at) <= shareWindow; i-- {
		looks, from = looks+1, samples[i].at
		if samples[i].critical {
			criticals++
		}
	}
	if criticals >= leastCriticals && last.Sub(from) >= shareFrom && float64(criticals) > criticalShare*float64(looks) {
		return fmt.Sprintf("critical at %d of the %d looks of the last %v", criticals, looks, last.Sub(from).Round(time.Minute))
	}
	return ""
}
