package validation

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// looks are samples at equal distances: 'x' is critical.
func looks(every time.Duration, states string) (samples []sample) {
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, state := range states {
		samples = append(samples, sample{at, state == 'x'})
		at = at.Add(every)
	}
	return samples
}

func TestRollbackIsForWhatLasts(t *testing.T) {
	well := strings.Repeat(".", 40)
	for name, test := range map[string]struct {
		every  time.Duration
		states string
		want   string
	}{
		"nothing seen":                  {30 * time.Second, "", ""},
		"all well":                      {30 * time.Second, well, ""},
		"one bad minute":                {30 * time.Second, well + "xxx", ""},
		"a start of a minute and more":  {30 * time.Second, "xxxx", ""},
		"two minutes":                   {30 * time.Second, "xxxxx", "critical at each of the last 5 looks, for 2m0s"},
		"two minutes, then well":        {30 * time.Second, "....xxxx.", ""},
		"two looks far apart":           {10 * time.Minute, "xx", ""},
		"three looks far apart":         {10 * time.Minute, "xxx", "critical at each of the last 3 looks, for 20m0s"},
		"close looks":                   {time.Second, strings.Repeat("x", 120), ""},
		"close looks for long":          {time.Second, strings.Repeat("x", 121), "critical at each of the last 121 looks, for 2m0s"},
		"a slow start":                  {30 * time.Second, "xxxx" + strings.Repeat(".", 60), ""},
		"it dies again and again":       {30 * time.Second, strings.Repeat("..x", 7), "critical at 7 of the 21 looks of the last 10m0s"},
		"the same, too early":           {30 * time.Second, strings.Repeat("..x", 6), ""},
		"a fifth is not over a fifth":   {30 * time.Second, strings.Repeat("....x", 12), ""},
		"over a fifth, in half an hour": {30 * time.Second, strings.Repeat("....x", 12) + "x", "critical at 13 of the 61 looks of the last 30m0s"},
		"what is long ago":              {30 * time.Second, strings.Repeat("....x", 4) + strings.Repeat(".", 61) + "xx", ""},
		"shares of few looks":           {10 * time.Minute, ".x.x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rollback(looks(test.every, test.states)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestRollbackNeedsMoreThanTwoCriticalLooksAndAtLastACriticalOneOrAShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 900).Draw(t, "seconds")) * time.Second
		states := rapid.StringMatching(`[.x]{0,200}`).Draw(t, "states")
		samples := looks(every, states)
		reason := rollback(samples)
		switch tail := len(states) - len(strings.TrimRight(states, "x")); {
		case strings.Count(states, "x") < leastCriticals && reason != "":
			t.Fatalf("%q for too few", reason)
		case tail >= leastCriticals && time.Duration(tail-1)*every >= sustained && reason == "":
			t.Fatalf("no rollback of %d critical looks", tail)
		case !strings.Contains(states, ".") && len(states) >= leastCriticals && time.Duration(len(states)-1)*every >= sustained && reason == "":
			t.Fatal("no rollback of a server that never was well")
		}
	})
}
