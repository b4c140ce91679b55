package market

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func usHours(t testing.TB) Hours {
	t.Helper()
	h, err := NewHours(USEquities, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func inNewYork(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, usHours(t).location)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// The calendars that NYSE published.
func TestUSMarketsCloseOnTheHolidaysThatWerePublished(t *testing.T) {
	published := map[int]struct{ closed, early string }{
		2020: {"01-01 01-20 02-17 04-10 05-25 07-03 09-07 11-26 12-25", "11-27 12-24"},
		2021: {"01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24", "11-26"},
		2022: {"01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26", "11-25"},
		2023: {"01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25", "07-03 11-24"},
		2024: {"01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25", "07-03 11-29 12-24"},
		2025: {"01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25", "07-03 11-28 12-24"}, // and 01-09, unscheduled
		2026: {"01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25", "11-27 12-24"},
		2027: {"01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24", "11-26"},
		2028: {"01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25", "07-03 11-24"},
	}
	location := usHours(t).location
	for year, want := range published {
		var closed, early []string
		for day := date(year, 1, 1); day.Year() == year; day = day.AddDate(0, 0, 1) {
			s, trades := usSession(day, location)
			switch {
			case !trades && !weekend(day):
				closed = append(closed, day.Format("01-02"))
			case trades && s.closes.Sub(s.opens) < 6*time.Hour:
				early = append(early, day.Format("01-02"))
			}
		}
		if got := strings.Join(closed, " "); got != want.closed {
			t.Errorf("%d is closed on\n%s, published were\n%s", year, got, want.closed)
		}
		if got := strings.Join(early, " "); got != want.early {
			t.Errorf("%d closes early on %s, published were %s", year, got, want.early)
		}
	}
}

func TestPhaseSaysWhenTheMarketOpensAndClosesNext(t *testing.T) {
	for _, test := range []struct {
		at         string
		open       bool
		next, ends string
	}{
		{"2026-03-04 09:29", false, "2026-03-04 09:30", "2026-03-04 16:00"},
		{"2026-03-04 09:30", true, "2026-03-05 09:30", "2026-03-04 16:00"},
		{"2026-03-04 15:59", true, "2026-03-05 09:30", "2026-03-04 16:00"},
		{"2026-03-04 16:00", false, "2026-03-05 09:30", "2026-03-05 16:00"},
		{"2026-03-06 17:00", false, "2026-03-09 09:30", "2026-03-09 16:00"}, // over the change to summer time
		{"2026-11-25 12:00", true, "2026-11-27 09:30", "2026-11-25 16:00"},  // the day before Thanksgiving
		{"2026-11-27 12:59", true, "2026-11-30 09:30", "2026-11-27 13:00"},
		{"2026-11-27 13:00", false, "2026-11-30 09:30", "2026-11-30 16:00"},
		{"2026-04-02 16:30", false, "2026-04-06 09:30", "2026-04-06 16:00"}, // Easter
		{"2021-12-31 12:00", true, "2022-01-03 09:30", "2021-12-31 16:00"},  // New Year's Day on a Saturday
	} {
		got := usHours(t).At(inNewYork(t, test.at).UTC())
		if got.Open != test.open || !got.NextOpen.Equal(inNewYork(t, test.next)) || !got.NextClose.Equal(inNewYork(t, test.ends)) {
			t.Errorf("%s: %+v, want open %t, next %s to %s", test.at, got, test.open, test.next, test.ends)
		}
	}
}

// What a phase promises holds: at NextOpen the market opens, at NextClose it
// closes, and in between nothing changes.
func TestPhasesFollowEachOther(t *testing.T) {
	hours := usHours(t)
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(946_684_800, 4_102_444_800).Draw(t, "at"), 0)
		phase := hours.At(at)
		change := phase.NextOpen
		if phase.Open {
			change = phase.NextClose
		}
		if !change.After(at) || change.Sub(at) > 5*24*time.Hour {
			t.Fatalf("%+v at %s", phase, at)
		}
		between := at.Add(time.Duration(rapid.Int64Range(0, int64(change.Sub(at))-1).Draw(t, "later")))
		if hours.At(between).Open != phase.Open || hours.At(change).Open == phase.Open {
			t.Fatalf("%+v at %s: %+v at %s, %+v at its end", phase, at, hours.At(between), between, hours.At(change))
		}
		if phase.Open == phase.NextOpen.Before(phase.NextClose) {
			t.Fatalf("%+v at %s", phase, at)
		}
	})
}

func TestAMarketMayNeverClose(t *testing.T) {
	h, err := NewHours(Always, "", []string{"2026-12-25"})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.At(inNewYork(t, "2026-12-25 03:00")); !got.Open || !got.NextOpen.IsZero() || !got.NextClose.IsZero() {
		t.Errorf("%+v", got)
	}
	if _, err := NewHours("tokyo", "UTC", nil); err == nil || !strings.Contains(err.Error(), "us_equities") {
		t.Errorf("an unknown market: %v", err)
	}
}
