package signin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"outcry/transport/auth"
)

// A browser that was signed in before the cookie had a prefix gets one that has it,
// for no longer than its session lives.
func TestAskingWhoIsSignedInRenewsACookieFromBeforeThePrefix(t *testing.T) {
	s := newStage(t, true)
	s.verifier.WithLogins(s.logins, auth.NewOrigins(false), true)
	id, _, err := s.logins.Create(t.Context(), auth.Login{UserID: "ann", Name: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	s.late.Store(int64(59 * time.Minute)) // of an hour
	ask := func(lines ...string) []*http.Cookie {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/auth/status", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		response, err := s.newBrowser().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.Cookies()
	}
	old := "Cookie: outcry_session=" + s.verifier.Sealer().Seal("outcry_session", id)
	given := ask(old)
	if len(given) != 1 || given[0].Name != "__Host-outcry_session" || given[0].MaxAge <= 0 || given[0].MaxAge > 60 {
		t.Fatalf("given %v", given)
	}
	if again := ask("Cookie: " + given[0].Name + "=" + given[0].Value); len(again) != 0 {
		t.Errorf("a cookie of now is given again: %v", again)
	}
	bob, err := auth.Mint("0123456789abcdef", auth.Claims{User: "bob", TTL: time.Hour}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if others := ask(old, "Authorization: Bearer "+bob); len(others) != 0 {
		t.Errorf("whose token says bob is given ann's session: %v", others)
	}
	s.late.Store(int64(time.Hour))
	if late := ask(old); len(late) != 0 {
		t.Errorf("a session that has ended is given again: %v", late)
	}
}
