package config

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// rooms is what a test's process applied and was told.
type rooms struct {
	applied Settings
	refuse  error
	changed []Change
}

// start loads the settings of a file and runs with them.
func start(t *testing.T, content string, environ ...string) (r *Running, file string, told *rooms) {
	t.Helper()
	file = writeFile(t, content)
	loaded, err := Load(Source{File: file, Environ: append([]string{secret}, environ...)})
	if err != nil {
		t.Fatal(err)
	}
	told = &rooms{applied: loaded.Settings}
	return NewRunning(loaded, Hooks{
		Apply: func(_, is Settings) error {
			if told.refuse == nil {
				told.applied = is
			}
			return told.refuse
		},
		Changed: func(c []Change) { told.changed = append(told.changed, c...) },
	}), file, told
}

func rewrite(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func settingOf(t *testing.T, r *Running, key string) Setting {
	t.Helper()
	all := r.Describe()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		t.Fatalf("no %s", key)
	}
	return all[i]
}

func TestWhatAnOperatorSetHoldsUntilTheFileSaysOtherwise(t *testing.T) {
	r, file, told := start(t, "mailbox: {budget: 180ms}\n", "OUTCRY_SESSION_SLOW_TIMEOUT=20s")
	change := func(key, value string) {
		t.Helper()
		if _, err := r.Change("ann", map[string]string{key: value}); err != nil {
			t.Fatal(err)
		}
	}
	reload := func(content string) {
		t.Helper()
		rewrite(t, file, content)
		if _, restart, err := r.Reload(); err != nil || len(restart) > 0 {
			t.Fatal(restart, err)
		}
	}
	want := func(budget time.Duration, origin string) {
		t.Helper()
		if s := settingOf(t, r, "mailbox.budget"); told.applied.Mailbox.Budget != budget || r.Settings().Mailbox.Budget != budget || s.Origin != origin {
			t.Errorf("%s of %s, the rooms have %s; want %s of %s", s.Value, s.Origin, told.applied.Mailbox.Budget, budget, origin)
		}
	}
	ofFile := "file " + file
	want(180*time.Millisecond, ofFile)
	change("mailbox.budget", "150ms")
	want(150*time.Millisecond, "operator ann")
	reload("mailbox: {budget: 180ms, capacity: 2000}\n") // another key
	want(150*time.Millisecond, "operator ann")
	if told.applied.Mailbox.Capacity != 2000 {
		t.Errorf("the other key was not applied: %d", told.applied.Mailbox.Capacity)
	}
	reload("mailbox: {budget: 170ms, capacity: 2000}\n") // the same key
	want(170*time.Millisecond, ofFile)
	change("mailbox.budget", "160ms")
	reload("mailbox: {capacity: 2000}\n") // no longer says it
	want(200*time.Millisecond, "default")
	change("mailbox.budget", "140ms")
	reload("mailbox: {budget: 200ms}\n") // says what the default was: it says so now
	want(200*time.Millisecond, ofFile)

	// The environment is stronger than the file, and an operator is stronger than both.
	reload("session: {slow_timeout: 40s}\n")
	if s := settingOf(t, r, "session.slow_timeout"); s.Value != "20s" {
		t.Errorf("%+v", s)
	}
	change("session.slow_timeout", "50s")
	reload("session: {slow_timeout: 45s}\n")
	if s := settingOf(t, r, "session.slow_timeout"); s.Value != "50s" || s.Origin != "operator ann" {
		t.Errorf("%+v", s)
	}
}

func TestEachChangeNamesWhoMadeIt(t *testing.T) {
	r, file, told := start(t, "")
	if _, err := r.Change("ann", map[string]string{"limit.event_burst": "7", "mailbox.budget": "100ms", "log.level": "info"}); err != nil {
		t.Fatal(err)
	}
	rewrite(t, file, "log: {level: debug}\ndiscord: {operators: [\"7\"]}\n")
	made, restart, err := r.Reload()
	if err != nil || !slices.Equal(restart, []string{"discord.operators"}) || len(made) != 1 {
		t.Fatal(made, restart, err)
	}
	want := []Change{
		{"limit.event_burst", "100", "7", "ann"}, {"mailbox.budget", "200ms", "100ms", "ann"}, {"log.level", "info", "debug", "file " + file},
	}
	if !slices.Equal(told.changed, want) {
		t.Errorf("%+v", told.changed)
	}
	if r.Settings().Discord.Operators != nil {
		t.Error("what needs a restart changed")
	}
}

func TestABadFileChangesNothingAndSaysWhy(t *testing.T) {
	r, file, told := start(t, "mailbox: {budget: 180ms}\n")
	if _, err := r.Change("ann", map[string]string{"mailbox.pace_ceiling": "150ms"}); err != nil {
		t.Fatal(err)
	}
	for content, why := range map[string]string{
		"mailbox: [":                                   "settings file " + file,
		"mailbox: {budget: fast, capacity: 7}\n":       `mailbox.budget: "fast" is not allowed`,
		"mailbox: {budgett: 1s, capacity: 7}\n":        "did you mean mailbox.budget?",
		"mailbox: {budget: 100ms, capacity: 7}\n":      "mailbox.pace_ceiling: 150ms is not allowed", // with what the operator set
		"mailbox: {capacity: 7}\nserver: {data: ''}\n": "server.data: must name a directory",
		"mailbox: {capacity: 7}\njournal: {max_group}": "journal.max_group",
	} {
		rewrite(t, file, content)
		if _, _, err := r.Reload(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got %v, want %q", content, err, why)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Reload(); err == nil {
		t.Error("a file that is not there was taken")
	}
	if s := told.applied.Mailbox; s.Budget != 180*time.Millisecond || s.Capacity != 1024 || s.PaceCeiling != 150*time.Millisecond {
		t.Errorf("%+v", s)
	}
	// Nothing of what was refused is remembered: the operator's value still holds.
	rewrite(t, file, "mailbox: {budget: 180ms}\n")
	if made, _, err := r.Reload(); err != nil || len(made) != 0 || settingOf(t, r, "mailbox.pace_ceiling").Origin != "operator ann" {
		t.Error(made, err)
	}
}

func TestASettingThatARoomRefusesIsNotInForce(t *testing.T) {
	r, _, told := start(t, "")
	told.refuse = errors.New("no")
	var refusal *Refusal
	if _, err := r.Change("ann", map[string]string{"mailbox.budget": "100ms"}); !errors.Is(err, told.refuse) || errors.As(err, &refusal) {
		t.Error(err)
	}
	if r.Settings().Mailbox.Budget != 200*time.Millisecond || len(told.changed) != 0 {
		t.Errorf("%+v", told.changed)
	}
}

func TestDevelopmentKeepsItsSecretWhenSettingsAreReadAgain(t *testing.T) {
	loaded, err := Load(Source{Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRunning(loaded, Hooks{})
	made, restart, err := r.Reload()
	if err != nil || len(made) != 0 || len(restart) != 0 || r.Settings().Auth.Secrets[0] != loaded.Settings.Auth.Secrets[0] {
		t.Error(made, restart, err)
	}
}

func TestSettingsThatArePublicAreTheOnlyOnesThatAreLive(t *testing.T) {
	for key, f := range newSchema(Settings{}) {
		if f.live && f.secret {
			t.Errorf("%s is secret and live: the audit log would have it", key)
		}
	}
}

func TestChoicesAreWhatIsAllowed(t *testing.T) {
	for key, f := range newSchema(Settings{}) {
		for _, choice := range f.choices {
			if _, err := Load(Source{Environ: []string{secret, environmentName(key) + "=" + choice}}); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
		if f.choices != nil {
			if _, err := Load(Source{Environ: []string{secret, environmentName(key) + "=none-of-these"}}); err == nil {
				t.Errorf("%s takes what is not among its choices", key)
			}
		}
	}
}

func TestChangesOfManyAreMadeOneByOne(t *testing.T) {
	r, _, told := start(t, "")
	var changing sync.WaitGroup
	const operators, each = 8, 50
	for i := range operators {
		changing.Go(func() {
			for range each {
				ceiling, budget := "80ms", "100ms"
				if i%2 == 0 {
					ceiling, budget = "0", "50ms" // so that one half of each would be refused with the other's
				}
				if _, err := r.Change("ann", map[string]string{"mailbox.pace_ceiling": ceiling, "mailbox.budget": budget}); err != nil {
					t.Error(err)
				}
				if err := r.Settings().Validate(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	changing.Wait()
	// Each change goes on from the one before it.
	last := map[string]string{"mailbox.budget": "200ms", "mailbox.pace_ceiling": "0s"}
	for _, c := range told.changed {
		if c.From != last[c.Key] {
			t.Fatalf("%+v behind a change to %s", c, last[c.Key])
		}
		last[c.Key] = c.To
	}
	if got := settingOf(t, r, "mailbox.budget").Value; got != last["mailbox.budget"] {
		t.Errorf("%s in force, the last change was to %s", got, last["mailbox.budget"])
	}
}

func TestDurationsAreWrittenWithoutUnitsThatAreZero(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 2 * time.Minute: "2m", 90 * time.Second: "1m30s", 168 * time.Hour: "168h", time.Hour + 30*time.Minute: "1h30m",
		time.Hour + time.Second: "1h0m1s", 200 * time.Millisecond: "200ms", 10 * time.Second: "10s", 10 * time.Minute: "10m",
	} {
		got := formatDuration(d)
		if back, err := time.ParseDuration(got); got != want || err != nil || back != d {
			t.Errorf("%s is written as %s, want %s (%v)", d, got, want, err)
		}
	}
}
