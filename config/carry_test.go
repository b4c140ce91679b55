package config

import (
	"errors"
	"testing"
	"time"
)

// inherited is what a process has that carries overrides over.
func inherited(t *testing.T, overrides []Override, environ ...string) (*Running, *rooms, error) {
	t.Helper()
	r, _, told := start(t, "", environ...)
	return r, told, r.Carry(overrides)
}

func TestWhatAnOperatorSetHoldsInTheNextProcess(t *testing.T) {
	before, _, _ := start(t, "mailbox: {budget: 180ms}\n")
	if _, err := before.Change("ann", map[string]string{"mailbox.budget": "900ms", "mailbox.pace_ceiling": "600ms", "limit.events_per_second": "2.5"}); err != nil {
		t.Fatal(err)
	}
	if _, err := before.Change("bob", map[string]string{"log.level": "warn"}); err != nil {
		t.Fatal(err)
	}
	next, told, err := inherited(t, before.Overrides())
	if err != nil {
		t.Fatal(err)
	}
	for key, origin := range map[string]string{"mailbox.budget": "operator ann", "mailbox.pace_ceiling": "operator ann", "limit.events_per_second": "operator ann", "log.level": "operator bob"} {
		if is, was := settingOf(t, next, key), settingOf(t, before, key); is.Value != was.Value || is.Origin != origin {
			t.Errorf("%s is %s of %s, was %s", key, is.Value, is.Origin, was.Value)
		}
	}
	if told.applied.Mailbox.Budget != 900*time.Millisecond || len(told.changed) != 0 {
		t.Errorf("the rooms have %s and were told of %v", told.applied.Mailbox.Budget, told.changed)
	}
	again, _, err := inherited(t, next.Overrides())
	if err != nil || settingOf(t, again, "mailbox.budget").Value != "900ms" {
		t.Errorf("in the process after that: %v", err)
	}
}

func TestWhatTheNextProcessDoesNotTakeLeavesTheRest(t *testing.T) {
	next, told, err := inherited(t, []Override{
		{"log.level", "warn", "ann"}, {"mailbox.bugdet", "1s", "ann"}, {"server.listen", ":1", "ann"}, {"mailbox.budget", "-1s", "ann"},
	})
	var refusal *Refusal
	if !errors.As(err, &refusal) || len(refusal.Problems) != 3 {
		t.Fatalf("%v", err)
	}
	if settingOf(t, next, "log.level").Value != "warn" || told.applied.Log.Level != "warn" || told.applied.Mailbox.Budget != Defaults().Mailbox.Budget {
		t.Errorf("%+v", told.applied)
	}
}

// Every live setting is written as it is read.
func TestAnyLiveSettingCanBeCarriedOver(t *testing.T) {
	r, _, _ := start(t, "")
	for _, s := range r.Describe() {
		if !s.Live {
			continue
		}
		if err := r.Carry([]Override{{s.Key, s.Value, "ann"}}); err != nil {
			t.Errorf("%s %s: %v", s.Key, s.Value, err)
		}
	}
}

func TestDevelopmentKeepsTheSecretOfTheProcessBefore(t *testing.T) {
	madeUp, err := Load(Source{Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	madeUp.KeepSecret("of the process before")
	if got := madeUp.Settings.Auth.Secrets; len(got) != 1 || got[0] != "of the process before" {
		t.Errorf("%q", got)
	}
	given, err := Load(Source{Dev: true, Environ: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	want := given.Settings.Auth.Secrets[0]
	given.KeepSecret("of the process before")
	if got := given.Settings.Auth.Secrets; len(got) != 1 || got[0] != want {
		t.Error("a secret that was given was replaced")
	}
}

func TestABasisHasWhatTheSourcesSayButForWhatNeedsARestart(t *testing.T) {
	r, file, _ := start(t, "mailbox: {budget: 180ms, workers: 2}\n")
	if _, err := r.Change("ann", map[string]string{"log.level": "warn"}); err != nil {
		t.Fatal(err)
	}
	rewrite(t, file, "mailbox: {budget: 170ms, workers: 3}\n")
	if _, _, err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	basis := r.Basis()
	if s := basis.Settings; s.Mailbox.Budget != 170*time.Millisecond || s.Mailbox.Workers != 2 || s.Log.Level != Defaults().Log.Level {
		t.Errorf("budget %s, %d workers, level %s", s.Mailbox.Budget, s.Mailbox.Workers, s.Log.Level)
	}
	if err := basis.Settings.Validate(); err != nil {
		t.Error(err)
	}
}
