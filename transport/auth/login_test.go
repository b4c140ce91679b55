package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/persistence/memjournal"
)

// house is a verifier with logins over a store.
func house(t *testing.T, store persistence.Store, clock func() time.Time) (*Verifier, *Logins) {
	t.Helper()
	o := DefaultOptions()
	o.Secrets = []string{secret}
	v, err := NewVerifier(o, zerolog.Nop(), clock)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLogins(store, time.Hour, clock)
	v.WithLogins(l, NewOrigins(false, "https://dash.example"), true)
	return v, l
}

func newStore(t *testing.T, clock func() time.Time) *memjournal.Journal {
	t.Helper()
	j := memjournal.New(clock)
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// cookieFor is what a browser would send.
func cookieFor(t *testing.T, v *Verifier, id string) string {
	t.Helper()
	w := httptest.NewRecorder()
	v.SetCookie(w, httptest.NewRequest(http.MethodPost, "/", nil), id, 60)
	header := w.Header().Get("Set-Cookie")
	for _, attribute := range []string{"HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=60"} {
		if !strings.Contains(header, attribute) {
			t.Errorf("%s lacks %s", header, attribute)
		}
	}
	value, _, _ := strings.Cut(header, ";")
	return value
}

func TestALoginOutlivesTheProcessAndEndsInTime(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	clock := func() time.Time { return now }
	store := newStore(t, clock)
	_, logins := house(t, store, clock)
	id, expires, err := logins.Create(context.Background(), Login{UserID: "ann", Name: "Ann", Roles: []Role{Trader}})
	if err != nil || !expires.Equal(now.Add(time.Hour)) {
		t.Fatal(id, expires, err)
	}
	for document, err := range store.Scan("", "\xff") {
		if err != nil || strings.Contains(document.Key, id) || strings.Contains(string(document.Value), id) {
			t.Errorf("the store has the id itself: %s %v", document.Key, err)
		}
	}
	_, later := house(t, store, clock)
	for range 2 { // from the store, then from memory
		if login, refusal := later.Find(id); refusal != nil || login.UserID != "ann" || !login.ExpiresAt.Equal(expires) {
			t.Errorf("%+v %v", login, refusal)
		}
	}
	now = now.Add(time.Hour)
	for _, l := range []*Logins{logins, later} {
		if _, refusal := l.Find(id); refusal == nil || refusal.Code != "INVALID_SESSION" {
			t.Errorf("after its end: %v", refusal)
		}
	}
}

func TestWhatCannotBeReadPassesByItself(t *testing.T) {
	store := newStore(t, time.Now)
	_, logins := house(t, store, time.Now)
	store.FailReads(errors.New("the disk is broken"))
	if _, refusal := logins.Find(newSessionID()); refusal == nil || !refusal.Transient {
		t.Errorf("%+v", refusal)
	}
	store.FailReads(nil)
	store.Fail(errors.New("the disk is full"))
	if _, _, err := logins.Create(context.Background(), Login{UserID: "ann"}); err == nil {
		t.Error("signed in without being saved")
	}
}

func TestCookiesThatAreNotOursAreRefusedBeforeTheStoreIsRead(t *testing.T) {
	store := newStore(t, time.Now)
	v, logins := house(t, store, time.Now)
	id, _, err := logins.Create(context.Background(), Login{UserID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	other, _ := house(t, newStore(t, time.Now), time.Now)
	other.sealer = NewSealer("another secret, of somebody else")
	good := cookieFor(t, v, id)
	store.FailReads(errors.New("was read")) // what is in memory is found, anything else would read
	for name, c := range map[string]struct{ cookie, code string }{
		"ours":              {good, ""},
		"among others":      {"a=b; " + good + "; c=d", ""},
		"none":              {"", "NO_SESSION_ID"},
		"other cookies":     {"a=b", "NO_SESSION_ID"},
		"another's seal":    {cookieFor(t, other, id), "INVALID_SESSION"},
		"the id alone":      {"__Host-outcry_session=" + id, "INVALID_SESSION"},
		"a changed id":      {strings.Replace(good, "=", "=x", 1), "INVALID_SESSION"},
		"a changed seal":    {good[:len(good)-2] + "xx", "INVALID_SESSION"},
		"another purpose":   {"__Host-outcry_session=" + v.Sealer().Seal("outcry_oauth", id), "INVALID_SESSION"},
		"sealed, but no id": {"__Host-outcry_session=" + v.Sealer().Seal("__Host-outcry_session", "../../etc"), "INVALID_SESSION"},
		"endless":           {"__Host-outcry_session=" + strings.Repeat("x", 1<<20), "INVALID_SESSION"},
	} {
		p, refusal := v.FromConnect(nil, Handshake{Cookie: c.cookie})
		if refusal == nil {
			_, refusal = v.Check(p)
		}
		code := ""
		if refusal != nil {
			code = refusal.Code
		}
		if code != c.code {
			t.Errorf("%s: %q, want %q", name, code, c.code)
		}
	}
}

func TestSessionIdsOpenOnlyTheirUsersAccount(t *testing.T) {
	v, logins := house(t, newStore(t, time.Now), time.Now)
	id, _, err := logins.Create(context.Background(), Login{UserID: "ann", Roles: []Role{Trader}})
	if err != nil {
		t.Fatal(err)
	}
	for payload, code := range map[string]string{
		`{"sessionID":"` + id + `","userId":"ann"}`:             "",
		`{"sessionID":"` + id + `"}`:                            "",
		`{"sessionID":"` + id + `","userId":"bob"}`:             "USER_MISMATCH",
		`{"sessionID":"` + newSessionID() + `","userId":"ann"}`: "INVALID_SESSION",
		`{"sessionID":"abc","userId":"ann"}`:                    "INVALID_SESSION",
		`{"userId":"ann"}`:                                      "NO_SESSION_ID",
		`{"sessionID":"` + id + `","token":"bad"}`:              "INVALID_TOKEN",
	} {
		p, refusal := v.FromConnect([]byte(payload), Handshake{})
		if refusal == nil {
			var identity Identity
			if identity, refusal = v.Check(p); refusal == nil && (identity.UserID != "ann" || !identity.Has(Trader) || identity.ExpiresAt.IsZero()) {
				t.Errorf("%s: %+v", payload, identity)
			}
		}
		got := ""
		if refusal != nil {
			got = refusal.Code
		}
		if got != code {
			t.Errorf("%s: %q, want %q", payload, got, code)
		}
	}
}

func TestSigningOutIsForEveryProcess(t *testing.T) {
	store := newStore(t, time.Now)
	v, logins := house(t, store, time.Now)
	var ids []string
	for range 2 {
		id, _, err := logins.Create(context.Background(), Login{UserID: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := logins.Revoke(context.Background(), ids[0]); err != nil {
		t.Fatal(err)
	}
	_, later := house(t, store, time.Now)
	for name, l := range map[string]*Logins{"this one": logins, "a later one": later} {
		if _, refusal := l.Find(ids[0]); refusal == nil || refusal.Code != "INVALID_SESSION" {
			t.Errorf("%s: signed out, and still in: %v", name, refusal)
		}
		if login, refusal := l.Find(ids[1]); refusal != nil || login.UserID != "ann" {
			t.Errorf("%s: another session of the same user ended, too: %v", name, refusal)
		}
	}
	if !v.SignedOut(ids[0]) || v.SignedOut(ids[1]) || v.SignedOut("") {
		t.Error("it does not know who was signed out")
	}
}

func TestTokensInURLsCountOnlyWhereThatIsAllowed(t *testing.T) {
	v, _ := house(t, newStore(t, time.Now), time.Now)
	if _, refusal := v.FromConnect(nil, Handshake{URI: "/socket.io/?EIO=4&token=abc"}); refusal == nil || refusal.Code != "NO_SESSION_ID" {
		t.Errorf("%v", refusal)
	}
	v.allowQuery = true
	if p, refusal := v.FromConnect(nil, Handshake{URI: "/socket.io/?EIO=4&token=abc"}); refusal != nil || p.Token != "abc" {
		t.Errorf("%+v %v", p, refusal)
	}
}

func TestRequestsByCookieThatChangeSomethingMustComeFromOurPages(t *testing.T) {
	v, logins := house(t, newStore(t, time.Now), time.Now)
	id, _, err := logins.Create(context.Background(), Login{UserID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, origin, site, code string
	}{
		"reading":            {"GET", "https://evil.example", "", ""},
		"our page":           {"POST", "https://dash.example", "", ""},
		"this server's page": {"POST", "https://api.example", "", ""},
		"a foreign page":     {"POST", "https://evil.example", "", "FOREIGN_ORIGIN"},
		"a file":             {"DELETE", "null", "", "FOREIGN_ORIGIN"},
		"no page":            {"POST", "", "", ""},
		"foreign, unnamed":   {"POST", "", "cross-site", "FOREIGN_ORIGIN"},
		"ours, unnamed":      {"POST", "", "same-origin", ""},
	} {
		r := httptest.NewRequest(c.method, "https://api.example/api/orders", nil)
		r.Header.Set("Cookie", cookieFor(t, v, id))
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		identity, refusal := v.Authenticate(r)
		code := ""
		if refusal != nil {
			code = refusal.Code
		}
		if code != c.code || code == "" && identity.UserID != "ann" {
			t.Errorf("%s: %q, want %q", name, code, c.code)
		}
	}
	token, err := Mint(secret, Claims{User: "bob", TTL: time.Hour}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://api.example/api/orders", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Origin", "https://evil.example")
	if identity, refusal := v.Authenticate(r); refusal != nil || identity.UserID != "bob" {
		t.Errorf("a bearer token is no cookie: %v", refusal)
	}
}

func FuzzSeal(f *testing.F) {
	s := NewSealer("0123456789abcdef")
	f.Add("a", s.Seal("a", "value"))
	f.Add("", ".")
	f.Fuzz(func(t *testing.T, purpose, sealed string) {
		if value, ok := s.Open(purpose, sealed); ok && s.Seal(purpose, value) != sealed {
			t.Errorf("%q was opened", sealed)
		}
	})
}
