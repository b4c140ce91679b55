package signin

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"outcry/persistence/memjournal"
	"outcry/transport/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a server with sign-in, a stand-in for Discord, and a browser.
type stage struct {
	t         *testing.T
	server    *httptest.Server
	authority *httptest.Server
	journal   *memjournal.Journal
	verifier  *auth.Verifier
	logins    *auth.Logins
	browser   *http.Client
	ended     []string
	late      atomic.Int64 // how far the clock is ahead

	user        string // what the stand-in says of whoever signs in
	challenge   string // of the last authorization
	authorizing url.Values
}

func newStage(t *testing.T, demo bool) *stage {
	t.Helper()
	s := &stage{t: t, user: `{"id":"80351110224678912","username":"nelly","global_name":"Nelly","avatar":"abc","email":"n@example.com","verified":true}`}
	s.authority = httptest.NewServer(http.HandlerFunc(s.serveAuthority))
	t.Cleanup(s.authority.Close)
	o := auth.DefaultOptions()
	o.Secrets = []string{"0123456789abcdef"}
	verifier, err := auth.NewVerifier(o, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(verifier.Close)
	journal := memjournal.New(time.Now)
	t.Cleanup(func() { _ = journal.Close() })
	clock := func() time.Time { return time.Now().Add(time.Duration(s.late.Load())) }
	s.journal, s.verifier, s.logins = journal, verifier, auth.NewLogins(journal, time.Hour, clock)
	s.logins.OnEnded(func(id string) { s.ended = append(s.ended, id) })
	verifier.WithLogins(s.logins, auth.NewOrigins(false, "https://dash.example"), false)
	mux := http.NewServeMux()
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	deps := Deps{Verifier: verifier, Logins: s.logins, DashboardURL: "https://dash.example/app", Log: zerolog.Nop(), Now: clock}
	if demo {
		deps.Demo = func(user string, roles []auth.Role) (string, error) {
			return auth.Mint("0123456789abcdef", auth.Claims{User: user, Roles: roles, TTL: time.Hour}, time.Now())
		}
	}
	New(Options{
		ClientID: "client", ClientSecret: "hush", RedirectURL: s.server.URL + "/auth/discord/callback",
		AuthorizeURL: s.authority.URL + "/authorize", TokenURL: s.authority.URL + "/token", UserURL: s.authority.URL + "/me",
		Operators: []string{"7"},
	}, deps).Routes(mux)
	s.browser = s.newBrowser()
	return s
}

// newBrowser keeps cookies and follows no redirect.
func (s *stage) newBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// serveAuthority is the stand-in: it checks what Discord checks.
func (s *stage) serveAuthority(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/token":
		id, secret, _ := r.BasicAuth()
		if id == "" {
			id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
		}
		if id != "client" || secret != "hush" || r.FormValue("code") != "good" || oauth2.S256ChallengeFromVerifier(r.FormValue("code_verifier")) != s.challenge {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"at","token_type":"Bearer"}`)
	case "/me":
		if r.Header.Get("Authorization") != "Bearer at" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, s.user)
	}
}

func (s *stage) get(browser *http.Client, path string) *http.Response {
	s.t.Helper()
	response, err := browser.Get(s.server.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response
}

func (s *stage) post(browser *http.Client, path, body, origin string) (int, map[string]any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	response, err := browser.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer map[string]any
	_ = json.NewDecoder(response.Body).Decode(&answer) // nil where it is no JSON
	return response.StatusCode, answer
}

// status asks who is signed in.
func (s *stage) status(browser *http.Client) map[string]any {
	s.t.Helper()
	response, err := browser.Get(s.server.URL + "/auth/status")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != 200 {
		s.t.Fatalf("%d %v", response.StatusCode, err)
	}
	if answer["authenticated"] != (answer["user"] != nil) {
		s.t.Errorf("%v", answer)
	}
	user, _ := answer["user"].(map[string]any)
	return user
}

// leave begins a sign-in by Discord and returns the state it was sent away with.
func (s *stage) leave(browser *http.Client) string {
	s.t.Helper()
	response := s.get(browser, "/auth/discord")
	target, err := url.Parse(response.Header.Get("Location"))
	if err != nil || response.StatusCode != http.StatusFound || !strings.HasPrefix(target.String(), s.authority.URL+"/authorize?") {
		s.t.Fatalf("%d %s %v", response.StatusCode, target, err)
	}
	s.authorizing = target.Query()
	s.challenge = s.authorizing.Get("code_challenge")
	return s.authorizing.Get("state")
}

// comeBack is Discord sending the browser back; it returns where it goes then.
func (s *stage) comeBack(browser *http.Client, query string) string {
	s.t.Helper()
	response := s.get(browser, "/auth/discord/callback?"+query)
	if response.StatusCode != http.StatusFound {
		s.t.Fatalf("%d", response.StatusCode)
	}
	return response.Header.Get("Location")
}

func TestDiscordSignsSomebodyIn(t *testing.T) {
	s := newStage(t, false)
	if user := s.status(s.browser); user != nil {
		t.Errorf("%v", user)
	}
	state := s.leave(s.browser)
	a := s.authorizing
	if a.Get("scope") != "identify email" || a.Get("code_challenge_method") != "S256" || a.Get("client_id") != "client" || a.Get("response_type") != "code" || len(state) < 32 {
		t.Errorf("%v", a)
	}
	if where := s.comeBack(s.browser, "code=good&state="+state); where != "https://dash.example/app" {
		t.Errorf("sent to %s", where)
	}
	user := s.status(s.browser)
	if user["id"] != "discord-80351110224678912" || user["username"] != "Nelly" || user["email"] != "n@example.com" || user["isAdmin"] != false ||
		user["avatar"] != "https://cdn.discordapp.com/avatars/80351110224678912/abc.png" {
		t.Errorf("%v", user)
	}
	if user := s.status(s.newBrowser()); user != nil {
		t.Errorf("another browser is %v", user)
	}
	// What was good for once is not good again.
	if where := s.comeBack(s.browser, "code=good&state="+state); !strings.Contains(where, "error=") {
		t.Errorf("a second time: %s", where)
	}
}

func TestOperatorsAreThoseWhoAreNamed(t *testing.T) {
	s := newStage(t, false)
	s.user = `{"id":"7","username":"olga","email":"o@example.com","verified":false}`
	s.comeBack(s.browser, "code=good&state="+s.leave(s.browser))
	if user := s.status(s.browser); user["isAdmin"] != true || user["username"] != "olga" || user["email"] != nil {
		t.Errorf("%v", user)
	}
}

func TestCallbacksThatAreNotOursSignNobodyIn(t *testing.T) {
	for name, back := range map[string]func(s *stage) (browser *http.Client, query string){
		"without a beginning": func(s *stage) (*http.Client, string) { return s.browser, "code=good&state=x" },
		"no state":            func(s *stage) (*http.Client, string) { s.leave(s.browser); return s.browser, "code=good" },
		"a foreign state": func(s *stage) (*http.Client, string) {
			s.leave(s.browser)
			return s.browser, "code=good&state=" + s.leave(s.newBrowser())
		},
		"another browser": func(s *stage) (*http.Client, string) { return s.newBrowser(), "code=good&state=" + s.leave(s.browser) },
		"a bad code":      func(s *stage) (*http.Client, string) { return s.browser, "code=bad&state=" + s.leave(s.browser) },
		"no code":         func(s *stage) (*http.Client, string) { return s.browser, "state=" + s.leave(s.browser) },
		"denied": func(s *stage) (*http.Client, string) {
			return s.browser, "error=access_denied&state=" + s.leave(s.browser)
		},
		"another verifier": func(s *stage) (*http.Client, string) {
			state := s.leave(s.browser)
			s.challenge = "x"
			return s.browser, "code=good&state=" + state
		},
		"somebody without an id": func(s *stage) (*http.Client, string) {
			s.user = `{}`
			return s.browser, "code=good&state=" + s.leave(s.browser)
		},
		"an id that is none": func(s *stage) (*http.Client, string) {
			s.user = `{"id":"../admin"}`
			return s.browser, "code=good&state=" + s.leave(s.browser)
		},
		"an answer that is no JSON": func(s *stage) (*http.Client, string) {
			s.user = `<html>`
			return s.browser, "code=good&state=" + s.leave(s.browser)
		},
		"a redirect elsewhere": func(s *stage) (*http.Client, string) {
			s.leave(s.browser)
			return s.browser, "code=good&state=x&redirect_uri=https://evil.example&returnTo=//evil.example"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, false)
			browser, query := back(s)
			if where := s.comeBack(browser, query); !strings.HasPrefix(where, "https://dash.example/app?error=") {
				t.Errorf("sent to %s", where)
			}
			if user := s.status(browser); user != nil {
				t.Errorf("signed in: %v", user)
			}
		})
	}
}

func TestDemoUsersSignInInDevelopmentOnly(t *testing.T) {
	if status, _ := newStage(t, false).post(http.DefaultClient, "/auth/demo", `{"user":"demo-alice"}`, ""); status != http.StatusNotFound {
		t.Errorf("%d outside development", status)
	}
	s := newStage(t, true)
	status, answer := s.post(s.browser, "/auth/demo", `{"user":"demo-operator"}`, "https://dash.example")
	if status != 200 || answer["userId"] != "demo-operator" {
		t.Fatalf("%d %v", status, answer)
	}
	if identity, refusal := s.verifier.Verify(answer["token"].(string)); refusal != nil || identity.UserID != "demo-operator" || !identity.Has(auth.Operator) {
		t.Errorf("%+v %v", identity, refusal)
	}
	if login, refusal := s.logins.Find(answer["sessionId"].(string)); refusal != nil || login.UserID != "demo-operator" || !slices.Contains(login.Roles, auth.Operator) {
		t.Errorf("%+v %v", login, refusal)
	}
	if user := s.status(s.browser); user["id"] != "demo-operator" || user["isAdmin"] != true {
		t.Errorf("%v", user)
	}
	for body, origin := range map[string]string{`{"user":"root"}`: "", `x`: "", `{"user":"demo-alice"}`: "https://evil.example"} {
		if status, _ := s.post(s.newBrowser(), "/auth/demo", body, origin); status != 400 && status != 403 {
			t.Errorf("%s from %q: %d", body, origin, status)
		}
	}
}

func TestSignOutEndsTheSessionEverywhere(t *testing.T) {
	s := newStage(t, true)
	_, answer := s.post(s.browser, "/auth/demo", `{"user":"demo-alice"}`, "")
	id := answer["sessionId"].(string)
	if status, _ := s.post(s.browser, "/auth/logout", "", "https://evil.example"); status != http.StatusForbidden || s.status(s.browser) == nil {
		t.Errorf("a foreign page signed out: %d", status)
	}
	if status, answer := s.post(s.browser, "/auth/logout", "", "https://dash.example"); status != 200 || answer["success"] != true {
		t.Errorf("%d %v", status, answer)
	}
	if user := s.status(s.browser); user != nil {
		t.Errorf("still %v", user)
	}
	if _, refusal := s.logins.Find(id); refusal == nil || refusal.Code != "INVALID_SESSION" {
		t.Errorf("%v", refusal)
	}
	if !slices.Equal(s.ended, []string{id}) {
		t.Errorf("told of %v", s.ended)
	}
	if status, _ := s.post(s.browser, "/auth/logout", "", ""); status != 200 {
		t.Errorf("signing out twice: %d", status)
	}
}

func TestTooManySignInsOfAnAddressAreRefused(t *testing.T) {
	s := newStage(t, true)
	refused := 0
	for range attemptsBurst + 10 {
		if status, _ := s.post(s.browser, "/auth/demo", `{"user":"root"}`, ""); status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 5 {
		t.Errorf("%d refused", refused)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	o := DefaultOptions()
	o.ClientID, o.RedirectURL = "client", "callback"
	err := o.Validate()
	if err == nil || !strings.Contains(err.Error(), "client_secret") || !strings.Contains(err.Error(), `redirect_url: "callback"`) {
		t.Error(err)
	}
}
