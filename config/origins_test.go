package config

import (
	"fmt"
	"strings"
	"testing"
)

// problemsOf are the lines of what is wrong with an environment.
func problemsOf(environ ...string) []string {
	_, err := Load(Source{Environ: append([]string{secret}, environ...)})
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// Whatever is wrong with a setting is said in one line, which begins with its key and ends
// with where its value came from.
func TestEveryFaultOfASettingSaysItsKeyAndOrigin(t *testing.T) {
	known := newSchema(Settings{})
	for _, key := range known.keys() {
		name := environmentName(key)
		for _, value := range []string{"", "nonsense", "-1", "-1s", "0", "0s", "1e15", "9999999h", "NaN", "a,b", "0.00000000001", "http://", "/nowhere", "é", "name=x", "name=x; hours=nope; timezone=Mars; symbols=X, name=x"} {
			for _, line := range problemsOf(name + "=" + value) {
				if strings.HasPrefix(line, "auth.secrets: no secret is set") {
					continue
				}
				about, _, _ := strings.Cut(line, ": ")
				if _, ok := known[about]; !ok || !strings.HasSuffix(line, fmt.Sprintf("from environment %s)", name)) {
					t.Errorf("%s=%s: %s", name, value, line)
				}
			}
		}
	}
}

func TestAWrongZoneHidesNothing(t *testing.T) {
	for _, test := range []struct {
		environ []string
		want    []string
	}{
		{[]string{"OUTCRY_MARKET_TIMEZONE=Mars/Base", "OUTCRY_MARKET_DAY_ROLLOVER=noon", "OUTCRY_MARKET_HOURS=never", "OUTCRY_LOG_LEVEL=loud"}, []string{
			`log.level: "loud" is not allowed`, `market.timezone: "Mars/Base" is not allowed`, `market.day_rollover: "noon" is not allowed`, `market.hours: "never" is not allowed`,
		}},
		{[]string{"OUTCRY_MARKET_MARKETS=name=a; hours=never; timezone=Mars; symbols=A, name=b; day_rollover=noon; hours=always; symbols=B"}, []string{
			`market.markets: market 1: timezone: "Mars"`, `market.markets: market 1: hours: "never"`, `market.markets: market 2: day_rollover: "noon"`,
		}},
	} {
		problems := problemsOf(test.environ...)
		for _, want := range test.want {
			found := false
			for _, line := range problems {
				found = found || strings.HasPrefix(line, want) && strings.Contains(line, "(from environment OUTCRY_")
			}
			if !found {
				t.Errorf("no line %s\nin %s", want, strings.Join(problems, "\n   "))
			}
		}
		if len(problems) != len(test.want) {
			t.Errorf("%d lines, want %d:\n%s", len(problems), len(test.want), strings.Join(problems, "\n"))
		}
	}
}
