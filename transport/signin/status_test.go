package signin

import (
	"encoding/json"
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
