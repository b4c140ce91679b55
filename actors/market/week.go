package market

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const daysOfWeek = 7

// clock is a time of the day: how long after midnight the wall clock shows it.
type clock time.Duration

// on returns the instant at which the wall clock of a location shows c on a date.
func (c clock) on(date time.Time, location *time.Location) time.Time {
	year, month, day := date.Date()
	return time.Date(year, month, day, 0, int(time.Duration(c)/time.Minute), 0, 0, location)
}

// week are the sessions that begin on each day of the week, from Sunday on.
type week [daysOfWeek][]stretch

// stretch is one session of a day. It ends on the next day where it does not end
// later than it begins.
type stretch struct{ from, to clock }

func (w week) isZero() bool {
	return !slices.ContainsFunc(w[:], func(begin []stretch) bool { return len(begin) > 0 })
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

var errWeek = errors.New(`must be us_equities, always, or days and times such as "mon-fri 09:00-17:30" or "sun-thu 18:00-17:00"`)

// parseWeek reads days, each followed by the sessions that begin on them: "mon-thu
// 09:00-11:30 12:30-15:00 fri 09:00-11:30". A session that ends no later than it
// begins ends on the next day.
func parseWeek(text string) (week, error) {
	var w week
	days, complete := []int(nil), false
	for _, word := range strings.Fields(strings.ToLower(text)) {
		if s, ok := parseStretch(word); ok && days != nil {
			for _, day := range days {
				w[day] = append(w[day], s)
			}
			complete = true
			continue
		}
		next, ok := parseDays(word)
		if !ok || (days != nil && !complete) {
			return week{}, fmt.Errorf("%q is not allowed: %w", text, errWeek)
		}
		days, complete = next, false
	}
	if !complete {
		return week{}, fmt.Errorf("%q is not allowed: %w", text, errWeek)
	}
	return w, w.check(text)
}

// parseDays reads a day of the week or a range of them, such as mon-fri or sat-mon.
func parseDays(word string) (days []int, ok bool) {
	first, last, isRange := strings.Cut(word, "-")
	if !isRange {
		last = first
	}
	from, to := slices.Index(dayNames, first), slices.Index(dayNames, last)
	if from < 0 || to < 0 {
		return nil, false
	}
	for day := from; ; day = (day + 1) % daysOfWeek {
		days = append(days, day)
		if day == to {
			return days, true
		}
	}
}

// parseStretch reads times such as 09:30-16:00. 24:00 is the end of a day.
func parseStretch(word string) (s stretch, ok bool) {
	from, to, _ := strings.Cut(word, "-")
	begins, err := time.Parse("15:04", from)
	if err != nil {
		return s, false
	}
	s.from = clockOf(begins)
	if to == "24:00" {
		to = "00:00"
	}
	ends, err := time.Parse("15:04", to)
	if err != nil {
		return s, false
	}
	if s.to = clockOf(ends); s.to <= s.from {
		s.to += clock(24 * time.Hour)
	}
	return s, true
}

func clockOf(t time.Time) clock {
	return clock(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}

// check refuses sessions that overlap, and a week without a pause, in which a market
// would never open or close.
func (w week) check(text string) error {
	const wholeWeek = clock(daysOfWeek * 24 * time.Hour)
	var all []stretch
	for day, begin := range w {
		midnight := clock(day) * clock(24*time.Hour)
		for _, s := range begin {
			all = append(all, stretch{midnight + s.from, midnight + s.to})
		}
	}
	trades := clock(0)
	for i, s := range all {
		next := all[(i+1)%len(all)].from
		if i == len(all)-1 {
			next += wholeWeek
		}
		if next < s.to {
			return fmt.Errorf("%q is not allowed: sessions must not overlap, and stand in their order", text)
		}
		trades += s.to - s.from
	}
	if trades >= wholeWeek {
		return fmt.Errorf("%q is not allowed: a market without a pause is written as always", text)
	}
	return nil
}

// sessionsOn are the sessions that begin on a date.
func (w week) sessionsOn(date time.Time, location *time.Location) []session {
	begin := w[date.Weekday()]
	sessions := make([]session, 0, len(begin))
	for _, s := range begin {
		sessions = append(sessions, session{s.from.on(date, location), s.to.on(date, location)})
	}
	return sessions
}
