package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"outcry/config"
	"outcry/transport/auth"
)

func TestOperatorChangesSettingsOfARunningEngine(t *testing.T) {
	e := serve(t, nil)
	answer := patch(t, e, map[string]string{"mailbox.budget": "150ms", "session.slow_timeout": "1m", "mailbox.capacity": "1024"})
	want := []config.Change{{Key: "mailbox.budget", From: "200ms", To: "150ms"}, {Key: "session.slow_timeout", From: "30s", To: "1m"}}
	if answer.Status != http.StatusOK || !slices.Equal(answer.Changed, want) {
		t.Fatalf("%+v", answer)
	}
	if got := e.dispatcher.Options().Budget; got != 150*time.Millisecond {
		t.Errorf("the dispatcher's budget is %s", got)
	}
	if h := health(t, e); h.Latency.Budget != 150 {
		t.Errorf("health says a budget of %d ms", h.Latency.Budget)
	}
	if s := settingOf(t, e, "mailbox.budget"); s.Value != "150ms" || s.Default != "200ms" || s.Origin != "operator op" || !s.Live || s.Kind != "duration" {
		t.Errorf("%+v", s)
	}
	if s := settingOf(t, e, "mailbox.capacity"); s.Origin != "default" {
		t.Errorf("a value as it was comes from %s", s.Origin)
	}
}

func TestOneBadSettingRefusesAll(t *testing.T) {
	e := serve(t, nil)
	answer := patch(t, e, map[string]string{
		"mailbox.budget": "100ms", "mailbox.budgett": "1s", "mailbox.workers": "3", "session.slow_timeout": "soon", "limit.event_burst": "many",
	})
	if answer.Status != http.StatusUnprocessableEntity || len(answer.Errors) != 4 || answer.Detail == "" {
		t.Fatalf("%+v", answer)
	}
	for i, want := range []struct{ key, message string }{
		{"limit.event_burst", `"many" is not allowed: must be a number`},
		{"mailbox.budgett", "no such setting: did you mean mailbox.budget?"},
		{"mailbox.workers", "takes effect at a restart only: set it in the settings file or as OUTCRY_MAILBOX_WORKERS, and restart"},
		{"session.slow_timeout", `"soon" is not allowed: must be a duration such as 200ms or 10s`},
	} {
		if got := answer.Errors[i]; got.Key != want.key || got.Message != want.message {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if got := e.dispatcher.Options().Budget; got != 200*time.Millisecond {
		t.Errorf("the budget is %s though the change was refused", got)
	}
	if changes := ask(t, e, auth.Operator, http.MethodGet, "/api/operator/audit", nil).Changes; len(changes) != 0 {
		t.Errorf("a refused change is remembered: %+v", changes)
	}
}

func TestRulesAcrossSettingsHoldForChangesToo(t *testing.T) {
	e := serve(t, nil)
	if answer := patch(t, e, map[string]string{"mailbox.pace_ceiling": "180ms"}); answer.Status != http.StatusOK {
		t.Fatalf("%+v", answer)
	}
	answer := patch(t, e, map[string]string{"mailbox.budget": "100ms"})
	if answer.Status != http.StatusUnprocessableEntity || len(answer.Errors) != 1 || answer.Errors[0].Key != "mailbox.pace_ceiling" ||
		!strings.Contains(answer.Errors[0].Message, "180ms is not allowed") || !strings.Contains(answer.Errors[0].Message, "(from operator op)") {
		t.Fatalf("%+v", answer)
	}
	if answer := patch(t, e, map[string]string{"mailbox.budget": "100ms", "mailbox.pace_ceiling": "80ms"}); answer.Status != http.StatusOK || len(answer.Changed) != 2 {
		t.Fatalf("both at once: %+v", answer)
	}
}

func TestSettingsAndTheirHistoryAreForOperators(t *testing.T) {
	e := serve(t, nil)
	for _, role := range []auth.Role{auth.Trader, auth.Feed, auth.Executor} {
		for _, r := range []struct{ method, path string }{
			{http.MethodGet, "/api/operator/settings"}, {http.MethodPatch, "/api/operator/settings"}, {http.MethodGet, "/api/operator/audit"},
		} {
			if answer := ask(t, e, role, r.method, r.path, map[string]any{"changes": map[string]string{"mailbox.budget": "1s"}}); answer.Status != http.StatusForbidden {
				t.Errorf("%s %s as %s: %+v", r.method, r.path, role, answer)
			}
		}
	}
	if got := e.dispatcher.Options().Budget; got != 200*time.Millisecond {
		t.Errorf("the budget is %s", got)
	}
}
