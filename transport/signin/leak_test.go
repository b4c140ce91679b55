package signin

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/transport/auth"
)

// Of what goes wrong the log has the cause, and strangers have none.
func TestWhatFailedIsToldInTheLogAlone(t *testing.T) {
	s := newStage(t, true)
	s.journal.Fail(errors.New("write /var/lib/outcry/000001.vlog: no space left on device"))
	status, answer := s.post(s.browser, "/auth/demo", `{"user":"demo-alice"}`, "")
	if detail := fmt.Sprint(answer["detail"]); status != http.StatusServiceUnavailable || strings.Contains(detail, "vlog") || !strings.Contains(detail, "try again") {
		t.Errorf("%d %v", status, answer)
	}
}

// An authority that answers with what it was asked must not bring our secret, or a
// code that is still good, into the log.
func TestTheLogHasNoSecretThatAnAuthorityEchoes(t *testing.T) {
	authority := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // what cannot be read is not echoed
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":"invalid_grant","error_description":%q}`, r.Form.Encode()+" "+r.Header.Get("Authorization"))
	}))
	defer authority.Close()
	o := auth.DefaultOptions()
	o.Secrets = []string{"0123456789abcdef"}
	verifier, err := auth.NewVerifier(o, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	h := New(Options{ClientID: "client", ClientSecret: "hush-hush", TokenURL: authority.URL, UserURL: authority.URL}, Deps{Verifier: verifier, Log: zerolog.New(&log), Now: time.Now})
	_, err = h.ask(t.Context(), "the-code", "the-verifier")
	if err == nil {
		t.Fatal("taken for somebody")
	}
	w := httptest.NewRecorder()
	h.failed(w, httptest.NewRequest(http.MethodGet, "/auth/discord/callback", nil), errAnswer, err)
	said := log.String()
	for _, secret := range []string{"hush-hush", "the-code", "the-verifier", "Basic "} {
		if strings.Contains(said, secret) || strings.Contains(w.Header().Get("Location"), secret) {
			t.Errorf("%q is in %s", secret, said)
		}
	}
	if !strings.Contains(said, "400 Bad Request") || !strings.Contains(said, "invalid_grant") {
		t.Errorf("the log does not say why: %s", said)
	}
	authority.Client().CloseIdleConnections()
	h.client.CloseIdleConnections()
}
