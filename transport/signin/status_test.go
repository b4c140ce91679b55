package signin

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatusSaysHowToSignIn(t *testing.T) {
	for demo, want := range map[bool]ways{
		false: {Discord: true, Demo: []string{}},
		true:  {Discord: true, Demo: []string{"demo-alice", "demo-bob", "demo-operator"}},
	} {
		s := newStage(t, demo)
		response, err := s.browser.Get(s.server.URL + "/auth/status")
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			SignIn ways `json:"signIn"`
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, answer.SignIn); diff != "" {
			t.Errorf("demo users %t: %s", demo, diff)
		}
	}
}

// bearing sends a token with every request of a browser.
type bearing struct {
	http.RoundTripper
	token string
}

func (b bearing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.RoundTripper.RoundTrip(r)
}

// As for every other request, a token counts before the cookie, also one that is no good.
func TestStatusBelievesTheTokenBeforeTheCookie(t *testing.T) {
	s := newStage(t, true)
	_, alice := s.post(s.browser, "/auth/demo", `{"user":"demo-alice"}`, "")
	_, bob := s.post(s.newBrowser(), "/auth/demo", `{"user":"demo-bob"}`, "")
	plain := s.browser.Transport
	for token, want := range map[string]any{"garbage": nil, bob["token"].(string): "demo-bob", alice["token"].(string): "demo-alice"} {
		s.browser.Transport = bearing{plain, token}
		if user := s.status(s.browser); user["id"] != want {
			t.Errorf("with alice's cookie and the token %s: %v, want %v", token, user, want)
		}
	}
	s.browser.Transport = plain
	if user := s.status(s.browser); user["id"] != "demo-alice" {
		t.Errorf("with alice's cookie: %v", user)
	}
}
