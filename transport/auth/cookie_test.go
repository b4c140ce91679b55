package auth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// cookieHouse is a verifier with one login, and the id of its session.
func cookieHouse(t *testing.T, name string, secure bool) (*Verifier, string) {
	t.Helper()
	o := DefaultOptions()
	o.Secrets, o.CookieName = []string{secret}, name
	v, err := NewVerifier(o, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLogins(newStore(t, time.Now), time.Hour, time.Now)
	v.WithLogins(l, NewOrigins(false), secure)
	id, _, err := l.Create(context.Background(), Login{UserID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	return v, id
}

// with is a request that has cookies.
func with(cookies ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/auth/status", nil)
	r.Header["Cookie"] = cookies
	return r
}

// written are the cookies that an answer gives and takes.
func written(t *testing.T, answer func(w http.ResponseWriter)) (all []string) {
	t.Helper()
	w := httptest.NewRecorder()
	answer(w)
	for _, c := range w.Result().Cookies() {
		kind := "gives "
		if c.MaxAge < 0 {
			kind = "takes "
		}
		all = append(all, kind+c.Name)
		if strings.HasPrefix(c.Name, hostPrefix) && (!c.Secure || c.Path != "/" || c.Domain != "") {
			t.Errorf("browsers do not take %s", c.Raw)
		}
	}
	return all
}

func TestOverHTTPSOnlyThisVeryHostSetsTheCookie(t *testing.T) {
	for _, c := range []struct {
		setting string
		secure  bool
		name    string
	}{
		{"outcry_session", true, "__Host-outcry_session"},
		{"outcry_session", false, "outcry_session"}, // over http browsers take no prefix
		{"__Host-mine", true, "__Host-mine"},
		{"__Host-mine", false, "mine"},
	} {
		v, id := cookieHouse(t, c.setting, c.secure)
		if got := written(t, func(w http.ResponseWriter) { v.SetCookie(w, with(), id, 60) }); !slices.Equal(got, []string{"gives " + c.name}) {
			t.Errorf("%s, https %t: %v", c.setting, c.secure, got)
		}
		if _, got, refusal := v.Session(with(c.name + "=" + v.Sealer().Seal(c.name, id))); refusal != nil || got != id {
			t.Errorf("%s, https %t: %v", c.setting, c.secure, refusal)
		}
	}
}

// Who can set cookies for the domain has sessions of their own, and could sign
// somebody in by one of them, whose trades and secrets would then be theirs.
func TestCookiesThatAnotherHostOfTheDomainSetsSignNobodyIn(t *testing.T) {
	v, theirs := cookieHouse(t, "outcry_session", true)
	ours := v.Sealer()
	good := ours.Seal("__Host-outcry_session", theirs) // they have it from their own browser
	yours, _, err := v.logins.Create(context.Background(), Login{UserID: "you"})
	if err != nil {
		t.Fatal(err)
	}
	for name, cookie := range map[string]string{
		"the name without the prefix": "outcry_session=" + good,
		"another's case":              "__host-outcry_session=" + good + "; outcry_session=" + good,
		"a name that looks alike":     "__Host-outcry_session =x; outcry_session=" + good,
		"a value that has the name":   "outcry_session=__Host-outcry_session=" + good,
	} {
		if login, _, refusal := v.Session(with(cookie)); codeOf(refusal) != "INVALID_SESSION" {
			t.Errorf("%s: %+v, %v", name, login, refusal)
		}
	}
	former := "outcry_session=" + ours.Seal("outcry_session", theirs) // from before there was a prefix
	for name, cookies := range map[string][]string{
		"before": {former + "; __Host-outcry_session=" + ours.Seal("__Host-outcry_session", yours)},
		"behind": {"__Host-outcry_session=" + ours.Seal("__Host-outcry_session", yours) + "; " + former},
		"apart":  {former, "__Host-outcry_session=" + ours.Seal("__Host-outcry_session", yours)},
	} {
		if login, id, refusal := v.Session(with(cookies...)); refusal != nil || login.UserID != "you" || id != yours {
			t.Errorf("an older cookie %s our own counts: %+v, %v", name, login, refusal)
		}
		if got := written(t, func(w http.ResponseWriter) { v.RenewCookie(w, with(cookies...), theirs, 60) }); got != nil {
			t.Errorf("an older cookie %s our own writes over it: %v", name, got)
		}
	}
	if _, _, refusal := v.Session(with("__Host-outcry_session=made.up; " + former)); codeOf(refusal) != "INVALID_SESSION" {
		t.Errorf("an older cookie counts where ours is broken: %v", refusal)
	}
}

// An upgrade signs nobody out, nor does one that is taken back.
func TestACookieFromBeforeThePrefixIsGoodAndRenewed(t *testing.T) {
	v, id := cookieHouse(t, "outcry_session", true)
	old := "outcry_session=" + v.Sealer().Seal("outcry_session", id) // as every engine did
	if login, got, refusal := v.Session(with("a=b; " + old)); refusal != nil || login.UserID != "ann" || got != id {
		t.Fatalf("%+v, %v", login, refusal)
	}
	if p, refusal := v.FromConnect(nil, Handshake{Cookie: old}); refusal != nil || p.SessionID != id {
		t.Errorf("at a socket: %+v, %v", p, refusal)
	}
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   []string
	}{
		"renewed":           {func(w http.ResponseWriter) { v.RenewCookie(w, with(old), id, 60) }, []string{"gives __Host-outcry_session"}},
		"nothing to renew":  {func(w http.ResponseWriter) { v.RenewCookie(w, with("a=b"), id, 60) }, nil},
		"signed in anew":    {func(w http.ResponseWriter) { v.SetCookie(w, with(old), id, 60) }, []string{"gives __Host-outcry_session", "takes outcry_session"}},
		"signed out":        {func(w http.ResponseWriter) { v.ClearCookie(w, with(old)) }, []string{"takes __Host-outcry_session", "takes outcry_session"}},
		"signed out, later": {func(w http.ResponseWriter) { v.ClearCookie(w, with()) }, []string{"takes __Host-outcry_session"}},
	} {
		if got := written(t, c.answer); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	plain, id := cookieHouse(t, "outcry_session", false)
	if _, _, refusal := plain.Session(with("__Host-outcry_session=" + plain.Sealer().Seal("__Host-outcry_session", id))); codeOf(refusal) != "NO_SESSION_ID" {
		t.Errorf("over http a cookie for https counts: %v", refusal)
	}
	if got := written(t, func(w http.ResponseWriter) {
		plain.RenewCookie(w, with("outcry_session="+plain.Sealer().Seal("outcry_session", id)), id, 60)
	}); got != nil {
		t.Errorf("over http: %v", got)
	}
}
