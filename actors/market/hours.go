package market

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The hours that have names. Other hours are written as a week: see parseWeek.
const (
	// USEquities are NYSE and Nasdaq: 09:30 to 16:00 in New York on weekdays that are
	// no holiday, and to 13:00 on the eves of some.
	USEquities = "us_equities"
	// Always are the hours of a market that never closes.
	Always = "always"
)

// Hours say when a market trades.
//
// immutable after construction
type Hours struct {
	name     string
	location *time.Location     // nil for Always
	week     week               // zero for USEquities
	closed   map[time.Time]bool // dates without trading, beside those of the rules
}

// NewHours reads hours: us_equities, always, or a week such as "mon-fri
// 09:00-17:30" in the IANA zone. Closures are further dates (2006-01-02) on which no
// session begins; Always ignores them, and us_equities the zone.
func NewHours(text, zone string, closures []string) (Hours, error) {
	h := Hours{name: text}
	if text == Always {
		return h, nil
	}
	var err error
	if text == USEquities {
		zone = "America/New_York"
	} else if h.week, err = parseWeek(text); err != nil {
		return Hours{}, err
	}
	if h.location, err = ParseZone(zone); err != nil {
		return Hours{}, err
	}
	h.closed, err = ParseClosures(closures)
	return h, err
}

// Name is how the hours were written.
func (h Hours) Name() string { return h.name }

// ParseClosures reads dates as NewHours has them. The error names all that are none.
func ParseClosures(texts []string) (map[time.Time]bool, error) {
	dates := make(map[time.Time]bool, len(texts))
	var wrong []string
	for _, text := range texts {
		date, err := time.Parse(time.DateOnly, text)
		if err != nil {
			wrong = append(wrong, strconv.Quote(text))
		}
		dates[date] = true
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s is not allowed: must be a date such as 2025-01-09", strings.Join(wrong, ", "))
	}
	return dates, nil
}

// Phase is what the clock says of a market.
type Phase struct {
	Open bool
	// Opened is when the session under way began; zero where there is none, and for a
	// market that never closes.
	Opened time.Time
	// NextOpen and NextClose are the first after the instant asked for. Both are
	// zero for a market that never closes.
	NextOpen, NextClose time.Time
}

// session is one stretch of trading: open from the first instant, closed at the last.
type session struct{ opens, closes time.Time }

// At returns the phase of an instant. A market opens and closes with the instants
// of its hours: at 09:30 it is open, at 16:00 closed.
func (h Hours) At(t time.Time) Phase {
	if h.location == nil {
		return Phase{Open: true}
	}
	date := dateOf(t.In(h.location))
	if !h.week.isZero() {
		date = date.AddDate(0, 0, -daysOfWeek) // whole days that follow each other are one session
	}
	var now, next session
	for ; next.opens.IsZero(); date = date.AddDate(0, 0, 1) {
		for _, s := range h.sessionsOn(date) {
			switch {
			case !now.opens.IsZero() && !s.opens.After(now.closes):
				now.closes = s.closes
			case now.opens.IsZero() || !now.closes.After(t):
				now = s
			case next.opens.IsZero():
				next = s
			}
		}
	}
	if t.Before(now.opens) {
		return Phase{NextOpen: now.opens, NextClose: now.closes}
	}
	return Phase{Open: true, Opened: now.opens, NextOpen: next.opens, NextClose: now.closes}
}

// sessionsOn are the sessions that begin on a date, in their order.
func (h Hours) sessionsOn(date time.Time) []session {
	if h.closed[date] {
		return nil
	}
	if !h.week.isZero() {
		return h.week.sessionsOn(date, h.location)
	}
	if s, trades := usSession(date, h.location); trades {
		return []session{s}
	}
	return nil
}

// usSession returns the hours of a date, if there is trading on it by the rules.
func usSession(date time.Time, location *time.Location) (s session, trades bool) {
	if weekend(date) || usHoliday(date) {
		return session{}, false
	}
	closes := clock(16 * time.Hour)
	if usEarlyClose(date) {
		closes = clock(13 * time.Hour)
	}
	return session{clock(9*time.Hour+30*time.Minute).on(date, location), closes.on(date, location)}, true
}
