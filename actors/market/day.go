package market

import (
	"fmt"
	"time"
)

// Calendar says to which trading day an instant belongs.
//
// immutable after construction; one pointer, so that it costs nothing as an interface
type Calendar struct{ *rule }

// rule is where and when days begin.
type rule struct {
	location *time.Location
	rollover time.Duration // since local midnight
}

// NewCalendar returns a calendar whose days begin at rollover ("15:04", local
// time) in the IANA zone, for example "00:00" in "America/New_York".
func NewCalendar(rollover, zone string) (Calendar, error) {
	location, err := ParseZone(zone)
	if err != nil {
		return Calendar{}, err
	}
	at, err := ParseRollover(rollover)
	return Calendar{&rule{location: location, rollover: at}}, err
}

// ParseZone returns the location of an IANA time zone.
func ParseZone(zone string) (*time.Location, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("%q is not allowed: must be an IANA time zone such as America/New_York", zone)
	}
	return location, nil
}

// ParseRollover reads a time of day as the time since midnight.
func ParseRollover(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is not allowed: must be a time of day such as 00:00 or 17:00", text)
	}
	return time.Duration(clockOf(at)), nil
}

// Day is one trading day: Start is part of it, End is the next one's start.
type Day struct {
	Start, End time.Time
}

// Contains reports whether t lies in the day.
func (d Day) Contains(t time.Time) bool { return !t.Before(d.Start) && t.Before(d.End) }

// DayOf returns the trading day of t. Days have 23 to 25 hours where the zone
// changes its offset.
func (c Calendar) DayOf(t time.Time) Day {
	local := t.In(c.location)
	start := c.startOn(local)
	if local.Before(start) {
		return Day{Start: c.startOn(local.AddDate(0, 0, -1)), End: start}
	}
	return Day{Start: start, End: c.startOn(local.AddDate(0, 0, 1))}
}

// startOn returns the rollover on the calendar date of local. The wall clock
// decides, so a day that begins at 17:00 does so on both sides of a change of offset.
func (c Calendar) startOn(local time.Time) time.Time {
	year, month, date := local.Date()
	hour, minute := int(c.rollover/time.Hour), int(c.rollover%time.Hour/time.Minute)
	return time.Date(year, month, date, hour, minute, 0, 0, c.location)
}

// OtherDays returns that no symbol has other days: a calendar is that of one market.
func (c Calendar) OtherDays(string) (Calendar, bool) { return Calendar{}, false }

// same reports whether two calendars have the same days.
func (c Calendar) same(other Calendar) bool {
	return c.rollover == other.rollover && c.location.String() == other.location.String()
}
