package market

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The markets whose hours are known.
const (
	// USEquities are NYSE and Nasdaq: 09:30 to 16:00 in New York on weekdays that are
	// no holiday, and to 13:00 on the eves of some.
	USEquities = "us_equities"
	// Always is a market that never closes.
	Always = "always"
)

// Markets are all names that NewHours takes.
var Markets = []string{USEquities, Always}

// Hours say when a market trades. Unscheduled closures are not known to them.
//
// immutable after construction
type Hours struct {
	name     string
	location *time.Location // nil for Always
}

// NewHours returns the regular hours of a market of Markets.
func NewHours(name string) (Hours, error) {
	if !slices.Contains(Markets, name) {
		return Hours{}, fmt.Errorf("%q is not allowed: must be one of %s", name, strings.Join(Markets, ", "))
	}
	if name == Always {
		return Hours{name: name}, nil
	}
	location, err := time.LoadLocation("America/New_York")
	if err != nil {
		return Hours{}, fmt.Errorf("hours of %s: %w", name, err)
	}
	return Hours{name: name, location: location}, nil
}

// Market is the name of the market.
func (h Hours) Market() string { return h.name }

// Phase is what the clock says of a market.
type Phase struct {
	Open bool
	// NextOpen and NextClose are the first after the instant asked for. Both are
	// zero for a market that never closes.
	NextOpen, NextClose time.Time
}

// At returns the phase of an instant. A market opens and closes with the instants
// of its hours: at 09:30 it is open, at 16:00 closed.
func (h Hours) At(t time.Time) Phase {
	if h.location == nil {
		return Phase{Open: true}
	}
	phase := Phase{}
	for day := t.In(h.location); phase.NextOpen.IsZero(); day = day.AddDate(0, 0, 1) {
		opens, closes, trades := usSession(day)
		if !trades || !t.Before(closes) {
			continue
		}
		if phase.NextClose.IsZero() {
			phase.NextClose = closes
		}
		if t.Before(opens) {
			phase.NextOpen = opens
		} else {
			phase.Open = true
		}
	}
	return phase
}

// usSession returns the hours of the date that a local time has, if there is
// trading on it.
func usSession(day time.Time) (opens, closes time.Time, trades bool) {
	date := dateOf(day)
	if weekend(date) || usHoliday(date) {
		return time.Time{}, time.Time{}, false
	}
	year, month, d := date.Date()
	closeHour := 16
	if usEarlyClose(date) {
		closeHour = 13
	}
	at := func(hour, minute int) time.Time { return time.Date(year, month, d, hour, minute, 0, 0, day.Location()) }
	return at(9, 30), at(closeHour, 0), true
}
