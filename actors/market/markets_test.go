package market

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func marketOf(t testing.TB, text string) Market {
	t.Helper()
	spec, err := ParseSpec(text, []string{"2025-01-09"})
	if err != nil {
		t.Fatal(err)
	}
	m, errs := spec.New()
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return m
}

func instantIn(t testing.TB, zone, text string) time.Time {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	instant, err := time.ParseInLocation("2006-01-02 15:04", text, location)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func TestMarketsStandSideBySide(t *testing.T) {
	markets, errs := NewMarkets(
		marketOf(t, "name=us_equities; hours=us_equities"),
		marketOf(t, "name=perpetuals;hours=always;symbols=*-PERP"),
		marketOf(t, "name=crypto; hours=always; symbols=BTC*| eth-usd |*/USD|X?Z"),
		marketOf(t, "name=xetra; hours=mon-fri 09:00-17:30; timezone=Europe/Berlin; day_rollover=08:00; symbols=*.DE"),
	)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for symbol, want := range map[string]string{
		"AAPL": "us_equities", "BTC-USD": "crypto", "BTC-PERP": "perpetuals", "ETH-USD": "crypto", "ETH-USDT": "us_equities",
		"LTC/USD": "crypto", "SAP.DE": "xetra", "DE": "us_equities", "XYZ": "crypto", "XYYZ": "us_equities", "XZ": "us_equities", "X€Z": "crypto",
	} {
		if got := markets.Of(symbol).Name; got != want {
			t.Errorf("%s belongs to %s, want %s", symbol, got, want)
		}
	}
	saturday := instantIn(t, "UTC", "2026-03-07 15:00")
	for symbol, want := range map[string]struct {
		open bool
		day  string // when its trading day began
	}{
		"AAPL": {false, "2026-03-07T05:00:00Z"}, "BTC-USD": {true, "2026-03-07T00:00:00Z"}, "SAP.DE": {false, "2026-03-07T07:00:00Z"},
	} {
		m := markets.Of(symbol)
		if open := m.Hours.At(saturday).Open; open != want.open {
			t.Errorf("%s is open: %t", symbol, open)
		}
		if day := m.Days.DayOf(saturday).Start.UTC().Format(time.RFC3339); day != want.day {
			t.Errorf("the day of %s began at %s, want %s", symbol, day, want.day)
		}
	}
}

func TestMarketsThatCannotBeAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"crypto":                 `"crypto" is not allowed: must be name, hours`,
		"name=a; hour=always":    `"hour=always" is not allowed`,
		"name=a; name=b":         `"name=b" is not allowed`,
		"name=a; hours=whenever": `hours: "whenever" is not allowed`,
		"name=a; hours=always; timezone=Mars/Base":        `timezone: "Mars/Base" is not allowed`,
		"name=a; hours=always; day_rollover=5pm":          `day_rollover: "5pm" is not allowed`,
		"name=a; hours=always; closures=01-09|2025-01-09": `closures: "01-09" is not allowed`,
	} {
		spec, err := ParseSpec(text, nil)
		if err == nil {
			_, errs := spec.New()
			err = errors.Join(errs...)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	main := marketOf(t, "name=us_equities; hours=us_equities")
	for text, want := range map[string]string{
		"hours=always; symbols=B": "has no name", "name=us_equities; hours=always; symbols=B": "two markets", "name=b; hours=always": "no symbols",
	} {
		if _, errs := NewMarkets(main, marketOf(t, text)); len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%s: %v", text, errs)
		}
	}
}

// On these days the exchanges were closed though their rules had not said so.
func TestUnscheduledClosuresAreNoSessions(t *testing.T) {
	m := marketOf(t, "name=a; hours=us_equities; closures=2018-12-05|2025-01-09|2012-10-29|2012-10-30")
	for day, reopens := range map[string]string{
		"2018-12-05": "2018-12-06 09:30", "2025-01-09": "2025-01-10 09:30", "2012-10-29": "2012-10-31 09:30", "2012-10-30": "2012-10-31 09:30",
	} {
		if phase := m.Hours.At(inNewYork(t, day+" 11:00")); phase.Open || !phase.NextOpen.Equal(inNewYork(t, reopens)) {
			t.Errorf("%s: %+v", day, phase)
		}
	}
	if phase := m.Hours.At(inNewYork(t, "2025-01-08 15:00")); !phase.NextOpen.Equal(inNewYork(t, "2025-01-10 09:30")) {
		t.Errorf("the day before: %+v", phase)
	}
	inherits := marketOf(t, "name=a; hours=us_equities")
	if inherits.Hours.At(inNewYork(t, "2025-01-09 11:00")).Open {
		t.Error("a market of us_equities has not the closures of all")
	}
	none := marketOf(t, "name=a; hours=us_equities; closures=")
	if !none.Hours.At(inNewYork(t, "2025-01-09 11:00")).Open {
		t.Error("a market that names no closures has some")
	}
}

func TestHoursMayBeAWeekOfTheirOwn(t *testing.T) {
	for _, test := range []struct {
		hours, zone, at       string
		open                  bool
		opened, opens, closes string
	}{
		{"mon-fri 09:00-17:30", "Europe/Berlin", "2026-03-27 17:29", true, "2026-03-27 09:00", "2026-03-30 09:00", "2026-03-27 17:30"}, // summer time begins
		{"mon-fri 09:00-17:30", "Europe/Berlin", "2026-03-27 17:30", false, "", "2026-03-30 09:00", "2026-03-30 17:30"},
		{"mon-fri 09:00-11:30 12:30-15:30", "Asia/Tokyo", "2026-03-03 12:00", false, "", "2026-03-03 12:30", "2026-03-03 15:30"},
		{"mon-thu 09:00-17:00 fri 09:00-13:00", "UTC", "2026-03-06 12:00", true, "2026-03-06 09:00", "2026-03-09 09:00", "2026-03-06 13:00"},
		{"sun-thu 18:00-17:00", "America/Chicago", "2026-03-04 03:00", true, "2026-03-03 18:00", "2026-03-04 18:00", "2026-03-04 17:00"},
		{"sun-thu 18:00-17:00", "America/Chicago", "2026-03-04 17:30", false, "", "2026-03-04 18:00", "2026-03-05 17:00"},
		{"sun-thu 17:00-17:00", "America/New_York", "2026-03-04 17:00", true, "2026-03-01 17:00", "2026-03-08 17:00", "2026-03-06 17:00"}, // foreign exchange
		{"MON-FRI 00:00-24:00", "UTC", "2026-03-05 00:00", true, "2026-03-02 00:00", "2026-03-09 00:00", "2026-03-07 00:00"},
		{"sat 10:00-12:00", "UTC", "2026-03-02 10:00", false, "", "2026-03-07 10:00", "2026-03-07 12:00"},
	} {
		h, err := NewHours(test.hours, test.zone, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := h.At(instantIn(t, test.zone, test.at))
		want := Phase{Open: test.open, NextOpen: instantIn(t, test.zone, test.opens), NextClose: instantIn(t, test.zone, test.closes)}
		if test.opened != "" {
			want.Opened = instantIn(t, test.zone, test.opened)
		}
		if got.Open != want.Open || !got.Opened.Equal(want.Opened) || !got.NextOpen.Equal(want.NextOpen) || !got.NextClose.Equal(want.NextClose) {
			t.Errorf("%s at %s: %+v\nwant %+v", test.hours, test.at, got, want)
		}
	}
	for _, text := range []string{"", "mon", "mon-fri", "09:00-17:00", "mon-fry 09:00-17:00", "mon-fri 9-17", "mon tue 09:00-17:00", "mon 09:00-12:00 11:00-13:00", "mon-tue 09:00-10:00 fri", "mon 12:00-13:00 09:00-10:00", "mon-sun 00:00-24:00", "mon 09:00-08:00 tue 07:00-09:00", "sat-mon 20:00-24:00 sun 23:00-23:30"} {
		if _, err := NewHours(text, "UTC", nil); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// Phases of weeks of any kind follow each other as those of stock exchanges do.
func TestPhasesOfWeeksFollowEachOther(t *testing.T) {
	weeks := []string{"mon-fri 09:00-17:30", "sun-thu 18:00-17:00", "sun-thu 17:00-17:00", "mon-fri 09:00-11:30 12:30-15:30", "tue 00:00-24:00", "fri-mon 23:30-01:00"}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"}).Draw(t, "zone")
		hours, err := NewHours(rapid.SampledFrom(weeks).Draw(t, "hours"), zone, []string{"2026-03-09", "2026-03-10"})
		if err != nil {
			t.Fatal(err)
		}
		instant := time.Unix(rapid.Int64Range(1_767_225_600, 1_798_761_600).Draw(t, "at"), 0)
		phase := hours.At(instant)
		change := phase.NextOpen
		if phase.Open {
			change = phase.NextClose
		}
		if !change.After(instant) || phase.Open && (phase.Opened.IsZero() || phase.Opened.After(instant)) {
			t.Fatalf("%+v at %s", phase, instant)
		}
		between := instant.Add(time.Duration(rapid.Int64Range(0, int64(change.Sub(instant))-1).Draw(t, "later")))
		if hours.At(between).Open != phase.Open || hours.At(change).Open == phase.Open {
			t.Fatalf("%+v at %s: %+v at %s, %+v at its end", phase, instant, hours.At(between), between, hours.At(change))
		}
	})
}
