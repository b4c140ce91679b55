package market

import "time"

// The holidays of NYSE (Rule 7.2) and Nasdaq, which are the same. Dates are
// midnights in UTC, so that they can be compared and counted on.

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func dateOf(t time.Time) time.Time { return date(t.Date()) }

func weekend(date time.Time) bool {
	return date.Weekday() == time.Saturday || date.Weekday() == time.Sunday
}

// usHoliday reports whether there is no trading on a weekday.
func usHoliday(d time.Time) bool {
	year := d.Year()
	for _, holiday := range []time.Time{
		newYear(year),
		nth(year, time.January, time.Monday, 3),  // Martin Luther King Jr. Day
		nth(year, time.February, time.Monday, 3), // Washington's Birthday
		easter(year).AddDate(0, 0, -2),           // Good Friday
		last(year, time.May, time.Monday),        // Memorial Day
		nth(year, time.September, time.Monday, 1),
		nth(year, time.November, time.Thursday, 4),
		observed(date(year, time.July, 4)),
		observed(date(year, time.December, 25)),
	} {
		if d.Equal(holiday) {
			return true
		}
	}
	const juneteenthSince = 2022
	return year >= juneteenthSince && d.Equal(observed(date(year, time.June, 19)))
}

// newYear is when New Year's Day is kept. On a Saturday it is not: the Friday
// before is the last day of the year, on which books are closed (Rule 7.2).
func newYear(year int) time.Time {
	first := date(year, time.January, 1)
	if first.Weekday() == time.Saturday {
		return first
	}
	return observed(first)
}

// observed is the weekday on which a holiday of a fixed date is kept: the Friday
// before a Saturday, the Monday after a Sunday.
func observed(d time.Time) time.Time {
	switch d.Weekday() {
	case time.Saturday:
		return d.AddDate(0, 0, -1)
	case time.Sunday:
		return d.AddDate(0, 0, 1)
	}
	return d
}

// usEarlyClose reports whether trading ends at 13:00: on the day after
// Thanksgiving, on Christmas Eve and on the 3rd of July, as far as they are days of
// trading. The eve of a day on which a holiday is merely kept has full hours.
func usEarlyClose(d time.Time) bool {
	year, month, day := d.Date()
	switch month {
	case time.July:
		return day == 3
	case time.November:
		return d.Equal(nth(year, time.November, time.Thursday, 4).AddDate(0, 0, 1))
	case time.December:
		return day == 24
	}
	return false
}

// nth is the n-th such weekday of a month, from 1.
func nth(year int, month time.Month, weekday time.Weekday, n int) time.Time {
	first := date(year, month, 1)
	return first.AddDate(0, 0, (int(weekday-first.Weekday())+7)%7+7*(n-1))
}

// last is the last such weekday of a month.
func last(year int, month time.Month, weekday time.Weekday) time.Time {
	end := date(year, month+1, 0)
	return end.AddDate(0, 0, -(int(end.Weekday()-weekday)+7)%7)
}

// easter is Easter Sunday of the Gregorian calendar, by the method of the Anonymous
// Gregorian computus (Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) time.Time {
	golden, century := year%19, year/100
	ofCentury := year % 100
	leaps := (century + 8) / 25
	moon := (19*golden + century - century/4 - (century-leaps+1)/3 + 15) % 30
	sunday := (32 + 2*(century%4) + 2*(ofCentury/4) - moon - ofCentury%4) % 7
	late := (golden + 11*moon + 22*sunday) / 451
	month, day := (moon+sunday-7*late+114)/31, (moon+sunday-7*late+114)%31+1
	return date(year, time.Month(month), day)
}
