package jsonline

import (
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

var multiples = map[Unit]int64{Seconds: 1, Milliseconds: 1e3, Microseconds: 1e6, Nanoseconds: 1e9}

// TestATimeIsKnownByItsUnit draws times from 1971 up to what nanoseconds can say.
func TestATimeIsKnownByItsUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		second := rapid.Int64Range(firstYear, 9_000_000_000).Draw(t, "second")
		want := rapid.SampledFrom([]Unit{Seconds, Milliseconds, Microseconds, Nanoseconds}).Draw(t, "unit")
		n := decimal.MustNew(second*multiples[want], 0)
		got, known := UnitOf(n)
		at, ok := got.Time(n)
		if !known || got != want || !ok || at.Unix() != second {
			t.Fatalf("%s is %s (%t), %s", n, got, known, at)
		}
		v := Value{Kind: Number, Raw: []byte(n.String())}
		instant, err := v.Instant()
		switch {
		case want == Milliseconds && (err != nil || !instant.Equal(at)):
			t.Fatalf("%s: %s %v", n, instant, err)
		case want != Milliseconds && (err == nil || !strings.Contains(err.Error(), "looks like "+want.String()+": ")):
			t.Fatalf("%s: %v", n, err)
		}
	})
}

func TestFractionsOfATimeAreKept(t *testing.T) {
	want := time.Date(2026, 11, 23, 17, 5, 49, 542_123_456, time.UTC)
	for unit, n := range map[Unit]string{Seconds: "1795453549.542123456", Milliseconds: "1795453549542.123456", Microseconds: "1795453549542123.456", Nanoseconds: "1795453549542123456"} {
		d := decimal.MustParse(n)
		if got, known := UnitOf(d); !known || got != unit {
			t.Errorf("%s is %s", n, got)
		}
		if at, ok := unit.Time(d); !ok || !at.Equal(want) {
			t.Errorf("%s is %s", n, at.UTC())
		}
	}
}

func TestWhatIsNoTimeIsOneInNoUnit(t *testing.T) {
	for _, n := range []string{"-1", "0", "1000", "31535999.999"} {
		if unit, known := UnitOf(decimal.MustParse(n)); known {
			t.Errorf("%s is %s", n, unit)
		}
	}
}
