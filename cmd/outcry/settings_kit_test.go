package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"outcry/config"
	"outcry/config/audit"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
)

// operatorAnswer is what an operator's request was answered.
type operatorAnswer struct {
	Status   int
	Settings []config.Setting       `json:"settings"`
	Changed  []config.Change        `json:"changed"`
	Errors   []httpapi.SettingError `json:"errors"`
	Changes  []audit.Entry          `json:"changes"`
	Detail   string                 `json:"detail"`
}

// ask sends a request with a token of a user of role and returns the answer.
func ask(t *testing.T, e *Engine, role auth.Role, method, path string, body any) (a operatorAnswer) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, e.URL()+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenOf(t, "op", role))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, answer)
	}
	if bytes.Contains(answer, []byte(":null")) {
		t.Errorf("%s %s: a list that is empty must be [] and not null: %s", method, path, answer)
	}
	if got := response.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s %s: Cache-Control %q", method, path, got)
	}
	a.Status = response.StatusCode
	return a
}

// patch changes settings as an operator.
func patch(t *testing.T, e *Engine, changes map[string]string) operatorAnswer {
	t.Helper()
	return ask(t, e, auth.Operator, http.MethodPatch, "/api/operator/settings", map[string]any{"changes": changes})
}

// settingOf returns a setting as the engine lists it.
func settingOf(t *testing.T, e *Engine, key string) config.Setting {
	t.Helper()
	for _, s := range ask(t, e, auth.Operator, http.MethodGet, "/api/operator/settings", nil).Settings {
		if s.Key == key {
			return s
		}
	}
	t.Fatalf("%s is not listed", key)
	return config.Setting{}
}
