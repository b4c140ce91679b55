package market

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Market is a group of symbols with the same hours and trading day.
//
// immutable after construction
type Market struct {
	Name string
	// Symbols are the patterns of the names that belong to it; "*" is any text and "?"
	// any one character. The main market has whatever no other market has.
	Symbols []string
	// Timezone is the IANA zone of its days.
	Timezone string
	Hours    Hours
	Days     Calendar
}

// Markets are the markets of an engine: a main one, and others side by side with it.
//
// immutable after construction
type Markets struct{ all []Market } // the main market first

// Spec describes a market, as settings do.
type Spec struct {
	Name string
	// Hours are as NewHours takes them, in Timezone.
	Hours, Timezone string
	// DayRollover is the local time at which its trading days begin.
	DayRollover string
	// Closures are dates on which it does not open.
	Closures []string
	// Symbols are the patterns of what belongs to it.
	Symbols []string
}

// ParseSpec reads a market as settings write it in one line:
//
//	name=crypto; hours=always; timezone=UTC; day_rollover=00:00; symbols=*-USD|*-USDT
//
// Lists have a bar between their items. A market without a zone is in UTC, or in New
// York where its hours are us_equities; days begin at midnight unless it is said. A
// market of us_equities that names no closures has those given.
func ParseSpec(text string, usClosures []string) (Spec, error) {
	s := Spec{DayRollover: "00:00"}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, value, found := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !found || seen[key] || !s.set(key, value) {
			return Spec{}, fmt.Errorf("%q is not allowed: must be name, hours, timezone, day_rollover, closures and symbols,"+
				" each once, such as name=crypto; hours=always; symbols=*-USD", strings.TrimSpace(part))
		}
		seen[key] = true
	}
	if !seen["timezone"] {
		s.Timezone = "UTC"
		if s.Hours == USEquities {
			s.Timezone = "America/New_York"
		}
	}
	if !seen["closures"] && s.Hours == USEquities {
		s.Closures = usClosures
	}
	return s, nil
}

// set sets one field and reports whether there is one of that name.
func (s *Spec) set(key, value string) bool {
	switch key {
	case "name":
		s.Name = value
	case "hours":
		s.Hours = value
	case "timezone":
		s.Timezone = value
	case "day_rollover":
		s.DayRollover = value
	case "closures":
		s.Closures = items(value)
	case "symbols":
		s.Symbols = items(value)
	default:
		return false
	}
	return true
}

func items(value string) (list []string) {
	for item := range strings.SplitSeq(value, "|") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// New returns the market of s, or all that is wrong with it, each error with the name of
// its field first.
func (s Spec) New() (m Market, errs []error) {
	note := func(field string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", field, err))
		}
	}
	_, err := ParseZone(s.Timezone)
	note("timezone", err)
	_, err = ParseRollover(s.DayRollover)
	note("day_rollover", err)
	_, err = ParseClosures(s.Closures)
	note("closures", err)
	_, err = NewHours(s.Hours, "UTC", nil)
	note("hours", err)
	if len(errs) > 0 {
		return Market{}, errs
	}
	m = Market{Name: s.Name, Symbols: upper(s.Symbols), Timezone: s.Timezone}
	m.Hours, err = NewHours(s.Hours, s.Timezone, s.Closures)
	note("hours", err)
	m.Days, err = NewCalendar(s.DayRollover, s.Timezone)
	note("day_rollover", err)
	return m, errs
}

// upper has the letters of patterns as symbols have them.
func upper(patterns []string) []string {
	list := slices.Clone(patterns)
	for i := range list {
		list[i] = strings.ToUpper(list[i])
	}
	return list
}

// NewMarkets returns the main market and the others, of which a symbol belongs to the
// first that has a pattern for it; or all that is wrong with them.
func NewMarkets(main Market, others ...Market) (*Markets, []error) {
	m := &Markets{all: []Market{main}}
	var errs []error
	for _, other := range others {
		switch {
		case other.Name == "":
			errs = append(errs, errors.New("a market has no name: each needs one, such as name=crypto"))
		case slices.ContainsFunc(m.all, func(before Market) bool { return before.Name == other.Name }):
			errs = append(errs, fmt.Errorf("two markets are named %s: each needs a name of its own", other.Name))
		case len(other.Symbols) == 0:
			errs = append(errs, fmt.Errorf("market %s has no symbols: name or describe them, such as symbols=*-USD|BTC*", other.Name))
		}
		m.all = append(m.all, other)
	}
	return m, errs
}

// All are the markets, the main one first. The caller must not change them.
func (m *Markets) All() []Market { return m.all }

// Main is the market of what no other market has.
func (m *Markets) Main() *Market { return &m.all[0] }

// Of returns the market of a symbol.
func (m *Markets) Of(symbol string) *Market {
	for i := range m.all[1:] {
		if other := &m.all[i+1]; other.has(symbol) {
			return other
		}
	}
	return m.Main()
}

// DayOf returns the main market's trading day of t.
func (m *Markets) DayOf(t time.Time) Day { return m.Main().Days.DayOf(t) }

// OtherDays returns the trading days of a symbol where its market has other ones than the
// main market.
func (m *Markets) OtherDays(symbol string) (days Calendar, other bool) {
	days = m.Of(symbol).Days
	return days, len(m.all) > 1 && !days.same(m.Main().Days)
}

func (m *Market) has(symbol string) bool {
	return slices.ContainsFunc(m.Symbols, func(pattern string) bool { return matches(pattern, symbol) })
}

// matches reports whether all of a name is as a pattern says: "*" is any text, "?" any
// one character, and everything else itself.
func matches(pattern, name string) bool {
	retry, from := -1, 0 // after the last "*", and where the text that it stands for ends
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			p++
			retry, from = p, n
		case p < len(pattern) && pattern[p] == '?':
			p++
			n += runeBytes(name[n:])
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case retry >= 0:
			from += runeBytes(name[from:])
			p, n = retry, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// runeBytes is how many bytes the first character of a text has.
func runeBytes(text string) int {
	_, n := utf8.DecodeRuneInString(text)
	return n
}
