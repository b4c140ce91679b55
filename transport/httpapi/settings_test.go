package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"outcry/transport/auth"
)

// changeSettings sends a body to a handler whose settings change as change says.
func changeSettings(t *testing.T, role auth.Role, kind, body string, change func(string, map[string]string) (any, error)) *httptest.ResponseRecorder {
	t.Helper()
	s := NewSettings(NewLiveOptions(DefaultOptions()), SettingsDeps{
		Verifier: verifier(t),
		Change: func(_ context.Context, user string, changes map[string]string) (any, error) {
			return change(user, changes)
		},
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPatch, "/api/operator/settings", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+tokenOf(t, "op", role))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	s.Change(w, r)
	return w
}

func TestChangesOfSettingsAreTextsAsInTheEnvironment(t *testing.T) {
	var got map[string]string
	w := changeSettings(t, auth.Operator, "application/json", `{"changes":{"a.b":"150ms","n":0.50,"i":12,"t":true,"e":"","u":"ä\u0000"}}`, func(user string, changes map[string]string) (any, error) {
		if user != "op" {
			t.Errorf("changed by %q", user)
		}
		got = changes
		return []string{"done"}, nil
	})
	if want := map[string]string{"a.b": "150ms", "n": "0.50", "i": "12", "t": "true", "e": "", "u": "ä\x00"}; !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"changed":["done"]}` || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWhatIsNoChangeOfSettingsIsRefusedBeforeAnythingChanges(t *testing.T) {
	for name, c := range map[string]struct {
		role       auth.Role
		kind, body string
		status     int
		says       string
	}{
		"a trader":           {auth.Trader, "application/json", `{"changes":{}}`, http.StatusForbidden, "lacks the role operator"},
		"another type":       {auth.Operator, "text/plain", `{"changes":{}}`, http.StatusUnsupportedMediaType, "send application/json"},
		"no JSON":            {auth.Operator, "application/json", `mailbox.budget=1s`, http.StatusBadRequest, `the request must be {\"changes\"`},
		"nothing":            {auth.Operator, "application/json", ``, http.StatusBadRequest, `the request must be {\"changes\"`},
		"no changes":         {auth.Operator, "application/json", `{}`, http.StatusBadRequest, "one object"},
		"null":               {auth.Operator, "application/json", `null`, http.StatusBadRequest, "one object"},
		"changes of another": {auth.Operator, "application/json", `{"changes":[]}`, http.StatusBadRequest, "changes"},
		"more than changes":  {auth.Operator, "application/json", `{"changes":{},"reason":"x"}`, http.StatusBadRequest, "reason"},
		"two objects":        {auth.Operator, "application/json", `{"changes":{}} {"changes":{}}`, http.StatusBadRequest, "one object"},
		"a list":             {auth.Operator, "application/json", `{"changes":{"a":["x"]}}`, http.StatusBadRequest, "a: must be a text"},
		"an object":          {auth.Operator, "application/json", `{"changes":{"a":{}}}`, http.StatusBadRequest, "a: must be a text"},
		"null as a value":    {auth.Operator, "application/json", `{"changes":{"a":null}}`, http.StatusBadRequest, "a: must be a text"},
		"too much":           {auth.Operator, "application/json", `{"changes":{"a":"` + strings.Repeat("x", maxSettingsBytes) + `"}}`, http.StatusRequestEntityTooLarge, "longer than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			w := changeSettings(t, c.role, c.kind, c.body, func(string, map[string]string) (any, error) {
				t.Error("settings were changed")
				return nil, nil
			})
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestARefusalNamesEveryKeyAndAFailureTellsNothing(t *testing.T) {
	w := changeSettings(t, auth.Operator, "application/json", `{"changes":{"a":"1"}}`, func(string, map[string]string) (any, error) {
		return nil, &SettingsRefusal{Errors: []SettingError{{"a", "no"}, {"b", "neither"}}}
	})
	var problem struct {
		Problem
		Errors []SettingError `json:"errors"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusUnprocessableEntity || w.Header().Get("Content-Type") != "application/problem+json" || problem.Status != w.Code ||
		problem.Code != "SETTINGS_REFUSED" || len(problem.Errors) != 2 || problem.Errors[1] != (SettingError{"b", "neither"}) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = changeSettings(t, auth.Operator, "application/json", `{"changes":{"a":"1"}}`, func(string, map[string]string) (any, error) {
		return nil, errors.New("inside")
	})
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "inside") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestARequestGoesByTheOptionsInForceWhenItBegan(t *testing.T) {
	live := NewLiveOptions(DefaultOptions())
	trades := NewTrades(live, AccountDeps{})
	reader := trades.reader()
	o := live.Options()
	o.MaxTradeLineBytes, o.RequestTimeout = 300, time.Second
	if err := live.Configure(o); err != nil {
		t.Fatal(err)
	}
	if reader.options.MaxTradeLineBytes != DefaultOptions().MaxTradeLineBytes {
		t.Error("a request that had begun goes by other options now")
	}
	trades.readers.Put(reader)
	if again := trades.reader(); again == reader || again.options != o || again.lines.max != 300 {
		t.Errorf("the next request goes by %+v", again.options)
	}
	o.MaxTradeLineBytes = 1
	if err := live.Configure(o); err == nil || live.Options().MaxTradeLineBytes != 300 {
		t.Errorf("%v, and %+v", err, live.Options())
	}
}

func FuzzParseChanges(f *testing.F) {
	for _, seed := range []string{`{"changes":{"mailbox.budget":"150ms"}}`, `{"changes":{"a":1e3,"b":true,"c":null}}`, `{"changes":{"a":"1","a":"2"}}`, `{"changes":null}`, `[]`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		changes, err := parseChanges(body)
		if err != nil {
			return
		}
		encoded, err := json.Marshal(map[string]any{"changes": changes})
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseChanges(encoded)
		if err != nil || !maps.Equal(again, changes) {
			t.Errorf("%q became %q: %v", changes, again, err)
		}
	})
}
