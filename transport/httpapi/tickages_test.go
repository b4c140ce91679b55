package httpapi

import (
	"strings"
	"testing"
	"time"
)

func TestTicksThatWereCollectedOnTheWayAreNoticed(t *testing.T) {
	now := time.UnixMilli(1_790_000_000_000)
	for what, c := range map[string]struct {
		made, read []time.Duration // before and after now
		noticed    bool
	}{
		"six seconds at once":        {[]time.Duration{6 * time.Second, 3 * time.Second, 0}, []time.Duration{0, 0, 3 * time.Millisecond}, true},
		"out of order":               {[]time.Duration{0, 6 * time.Second}, []time.Duration{0, 0}, true},
		"as they are made":           {[]time.Duration{6 * time.Second, 3 * time.Second, 0}, []time.Duration{-6 * time.Second, -3 * time.Second, 0}, false},
		"a batch of the same moment": {[]time.Duration{time.Millisecond, 0}, []time.Duration{0, 0}, false},
		"one":                        {[]time.Duration{time.Hour}, []time.Duration{0}, false},
		"none":                       {nil, nil, false},
		"what a feed made up for":    {[]time.Duration{2 * time.Hour, time.Hour}, []time.Duration{0, 0}, false},
	} {
		var a ages
		a.see(time.Time{}, now)
		for i := range c.made {
			a.see(now.Add(-c.made[i]), now.Add(c.read[i]))
		}
		if notice := a.notice(); (notice != "") != c.noticed {
			t.Errorf("%s: %q", what, notice)
		} else if c.noticed && !strings.HasPrefix(notice, "ticks of 6s came within ") {
			t.Error(notice)
		}
	}
}
