package jsonline

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Unit is the unit of a Unix time.
type Unit uint8

// The units in which feeds and brokers write times.
const (
	Seconds Unit = iota
	Milliseconds
	Microseconds
	Nanoseconds
)

// units has what is known of each Unit: what to do with a time in it that should be
// milliseconds, and the power of ten that makes nanoseconds of it.
var units = [...]struct {
	name, remedy string
	exponent     int
}{
	Seconds:      {"seconds", "multiply by 1,000", 9},
	Milliseconds: {"milliseconds", "", 6},
	Microseconds: {"microseconds", "divide by 1,000", 3},
	Nanoseconds:  {"nanoseconds", "divide by 1,000,000", 0},
}

func (u Unit) String() string { return units[u].name }

// least of each unit is the beginning of 1971. A time from 1971 to 2969 in one unit is none
// in another, because 1971 in one is 2970 in the next coarser one.
var least = [...]decimal.Decimal{
	Seconds:      decimal.MustNew(firstYear, 0),
	Milliseconds: decimal.MustNew(firstYear*1e3, 0),
	Microseconds: decimal.MustNew(firstYear*1e6, 0),
	Nanoseconds:  decimal.MustNew(firstYear*1e9, 0),
}

// firstYear is the beginning of 1971 in seconds.
const firstYear = 365 * 24 * 3600

// UnitOf returns the unit in which n is a Unix time from 1971 to 2969; false where it is
// one in none.
func UnitOf(n decimal.Decimal) (Unit, bool) {
	for u := Nanoseconds; u > Seconds; u-- {
		if !n.Less(least[u]) {
			return u, true
		}
	}
	return Seconds, !n.Less(least[Seconds])
}

// Time returns the time that n is in the unit, to the nanosecond; false where a time
// cannot say it.
func (u Unit) Time(n decimal.Decimal) (time.Time, bool) {
	whole, nanoseconds, ok := n.Int64(units[u].exponent)
	if !ok {
		return time.Time{}, false
	}
	switch u {
	case Seconds:
		return time.Unix(whole, nanoseconds), true
	case Milliseconds:
		return time.UnixMilli(whole).Add(time.Duration(nanoseconds)), true
	case Microseconds:
		return time.UnixMicro(whole).Add(time.Duration(nanoseconds)), true
	}
	return time.Unix(0, whole), true
}

// Instant reads Unix milliseconds from 1971 on, which may have a fraction. A time in
// another unit is refused by the name of the unit.
func (v Value) Instant() (time.Time, error) {
	d, err := v.Decimal()
	if err != nil {
		return time.Time{}, err
	}
	unit, known := UnitOf(d)
	switch {
	case !known:
		return time.Time{}, fmt.Errorf("%s is not allowed: must be Unix milliseconds, from 1971 on", Excerpt(v.Raw))
	case unit != Milliseconds:
		return time.Time{}, fmt.Errorf("%s looks like %s: %s, as Unix milliseconds are expected", Excerpt(v.Raw), unit, units[unit].remedy)
	}
	at, _ := unit.Time(d) // what UnitOf knows, a time can say
	return at, nil
}

// RecordedInstant reads Unix milliseconds that Outcry itself wrote, of any year.
func (v Value) RecordedInstant() (time.Time, error) {
	d, err := v.Decimal()
	if err != nil {
		return time.Time{}, err
	}
	at, ok := Milliseconds.Time(d)
	if !ok || !d.IsPos() {
		return time.Time{}, fmt.Errorf("%s is not allowed: must be Unix milliseconds", Excerpt(v.Raw))
	}
	return at, nil
}
