package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"outcry/transport/auth"
)

// SettingsDeps are what the requests about settings work with.
type SettingsDeps struct {
	Verifier *auth.Verifier
	// List returns the settings in force, secrets left out.
	List func() any
	// Change changes settings for an operator, all or none, and returns those that
	// are other than before. The error is a *SettingsRefusal, or a failure of ours.
	Change func(ctx context.Context, userID string, changes map[string]string) (changed any, err error)
	// Audit returns the newest changes.
	Audit func(limit int) any
}

// SettingsRefusal is why settings were not changed.
type SettingsRefusal struct{ Errors []SettingError }

// SettingError is why one setting was not.
type SettingError struct {
	Key     string `json:"key"`
	Message string `json:"message"`
}

func (r *SettingsRefusal) Error() string { return "nothing was changed: see errors" }

// Settings answers the requests of operators about settings.
type Settings struct {
	// immutable after construction
	deps    SettingsDeps
	options *LiveOptions
}

// NewSettings returns the handlers.
func NewSettings(o *LiveOptions, deps SettingsDeps) *Settings {
	return &Settings{deps: deps, options: o}
}

// List answers GET /api/operator/settings: {settings: [...]}.
func (s *Settings) List(w http.ResponseWriter, r *http.Request) {
	if _, ok := requireRole(w, r, s.deps.Verifier, auth.Operator); ok {
		WriteJSON(w, http.StatusOK, map[string]any{"settings": s.deps.List()})
	}
}

// maxSettingsBytes bounds a request that changes settings.
const maxSettingsBytes = 64 << 10

// Change answers PATCH /api/operator/settings {changes: {key: value}}: 200
// {changed: [{key, from, to}]}, or 422 with a reason for each key that is not
// allowed; nothing has changed then.
func (s *Settings) Change(w http.ResponseWriter, r *http.Request) {
	operator, ok := requireRole(w, r, s.deps.Verifier, auth.Operator)
	if !ok {
		return
	}
	if _, ok := requireType(w, r, typeJSON); !ok {
		return
	}
	var body bytes.Buffer
	if err := readBody(w, r, &body, maxSettingsBytes, s.options.Options().RequestTimeout); err != nil {
		writeBodyError(w, err)
		return
	}
	changes, err := parseChanges(body.Bytes())
	if err != nil {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "changes", Detail: err.Error()})
		return
	}
	changed, err := s.deps.Change(r.Context(), operator.UserID, changes)
	var refusal *SettingsRefusal
	switch {
	case errors.As(err, &refusal):
		writeRefusal(w, refusal)
	case err != nil:
		WriteProblem(w, http.StatusInternalServerError, "SETTINGS_FAILED", "the settings could not be applied: the engine's log says why")
	default:
		WriteJSON(w, http.StatusOK, map[string]any{"changed": changed})
	}
}

// parseChanges reads {changes: {key: value}}. A number or a truth value may come
// as such; every other value is a text, as in the environment.
func parseChanges(body []byte) (map[string]string, error) {
	var request struct {
		Changes map[string]json.RawMessage `json:"changes"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return nil, fmt.Errorf(`the request must be {"changes": {"mailbox.budget": "150ms"}}: %w`, err)
	}
	if decoder.More() || request.Changes == nil {
		return nil, errors.New(`the request must be one object, {"changes": {"mailbox.budget": "150ms"}}`)
	}
	changes := make(map[string]string, len(request.Changes))
	for key, raw := range request.Changes {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		switch v := value.(type) {
		case string:
			changes[key] = v
		case float64, bool:
			changes[key] = string(raw)
		default:
			return nil, fmt.Errorf("%s: must be a text, as in the environment: lists are separated by commas", key)
		}
	}
	return changes, nil
}

// writeRefusal answers with what is wrong, key by key.
func writeRefusal(w http.ResponseWriter, refusal *SettingsRefusal) {
	w.Header().Set("Content-Type", "application/problem+json")
	WriteJSON(w, http.StatusUnprocessableEntity, struct {
		Problem
		Errors []SettingError `json:"errors"`
	}{
		Problem{Title: http.StatusText(http.StatusUnprocessableEntity), Status: http.StatusUnprocessableEntity, Code: "SETTINGS_REFUSED", Detail: refusal.Error()},
		refusal.Errors,
	})
}

// Limits of GET /api/operator/audit.
const (
	auditDefault = 50
	auditMost    = 1000
)

// Audit answers GET /api/operator/audit?limit=50: {changes: [...]}, newest first.
func (s *Settings) Audit(w http.ResponseWriter, r *http.Request) {
	if _, ok := requireRole(w, r, s.deps.Verifier, auth.Operator); !ok {
		return
	}
	limit := auditDefault
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > auditMost {
			writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "limit", Detail: fmt.Sprintf("limit %q is not allowed: must be between 1 and %d", text, auditMost)})
			return
		}
		limit = n
	}
	WriteJSON(w, http.StatusOK, map[string]any{"changes": s.deps.Audit(limit)})
}
