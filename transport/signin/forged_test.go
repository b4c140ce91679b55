package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"outcry/transport/auth"
)

// stateOf is the cookie that a browser was sent away with.
func (s *stage) stateOf(browser *http.Client) *http.Cookie {
	s.t.Helper()
	target, err := url.Parse(s.server.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range browser.Jar.Cookies(target) {
		if c.Name == stateCookie {
			return c
		}
	}
	s.t.Fatal("no state")
	return nil
}

// give puts a cookie into a browser as somebody would who can.
func (s *stage) give(browser *http.Client, name, value string) {
	s.t.Helper()
	target, err := url.Parse(s.server.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	browser.Jar.SetCookies(target, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (s *stage) refusesToSignIn(browser *http.Client, query string) {
	s.t.Helper()
	if where := s.comeBack(browser, query); !strings.HasPrefix(where, "https://dash.example/app?error=") {
		s.t.Errorf("sent to %s", where)
	}
	if user := s.status(browser); user != nil {
		s.t.Errorf("signed in: %v", user)
	}
}

// A browser need not obey when its cookie is taken away, and cookies can be copied.
func TestASignInComesBackOnce(t *testing.T) {
	s := newStage(t, false)
	state := s.leave(s.browser)
	copied := s.stateOf(s.browser).Value
	if where := s.comeBack(s.browser, "code=good&state="+state); where != "https://dash.example/app" {
		t.Fatalf("sent to %s", where)
	}
	again := s.newBrowser()
	s.give(again, stateCookie, copied)
	s.refusesToSignIn(again, "code=good&state="+state)
	fresh := s.newBrowser() // others are not held up
	if where := s.comeBack(fresh, "code=good&state="+s.leave(fresh)); where != "https://dash.example/app" {
		t.Errorf("sent to %s", where)
	}
}

func TestASignInThatTakesTooLongFails(t *testing.T) {
	s := newStage(t, false)
	state := s.leave(s.browser)
	kept := s.stateOf(s.browser).Value
	s.late.Store(int64(stateLifetime - time.Minute))
	slow := s.newBrowser()
	s.give(slow, stateCookie, kept)
	if where := s.comeBack(slow, "code=good&state="+state); where != "https://dash.example/app" {
		t.Errorf("in time, and sent to %s", where)
	}
	state = s.leave(s.browser)
	kept = s.stateOf(s.browser).Value
	s.late.Add(int64(stateLifetime))
	late := s.newBrowser()
	s.give(late, stateCookie, kept)
	s.refusesToSignIn(late, "code=good&state="+state)
}

func TestStatesThatWeDidNotMakeAreNone(t *testing.T) {
	s := newStage(t, false)
	ends := beginning{state: "x", verifier: "y", ends: time.Now().Add(time.Hour)}.String()
	id, _, err := s.logins.Create(context.Background(), auth.Login{UserID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	ours := s.verifier.Sealer()
	for name, value := range map[string]string{
		"no seal":                  ends,
		"another's seal":           auth.NewSealer("a secret of somebody else").Seal(stateCookie, ends),
		"the seal of a session":    ours.Seal("outcry_session", ends),
		"a session":                ours.Seal("outcry_session", id),
		"a seal of something else": ours.Seal(stateCookie, id),
		"no end":                   ours.Seal(stateCookie, "x~y"),
		"an end that is none":      ours.Seal(stateCookie, "x~y~never"),
		"an end that is past":      ours.Seal(stateCookie, beginning{"x", "y", time.Now()}.String()),
		"more":                     ours.Seal(stateCookie, ends+"~z"),
		"nothing":                  "",
		"a dot":                    ".",
	} {
		t.Run(name, func(t *testing.T) {
			browser := s.newBrowser()
			s.give(browser, stateCookie, value)
			s.refusesToSignIn(browser, "code=good&state=x")
		})
	}
}

// Whoever plants a session in a browser does not know the one that it has once
// somebody signed in there.
func TestSigningInMakesASessionThatNobodyKnew(t *testing.T) {
	s := newStage(t, true)
	_, planted := s.post(s.newBrowser(), "/auth/demo", `{"user":"demo-bob"}`, "")
	known := planted["sessionId"].(string)
	s.give(s.browser, "outcry_session", s.verifier.Sealer().Seal("outcry_session", known))
	if user := s.status(s.browser); user["id"] != "demo-bob" {
		t.Fatalf("%v", user)
	}
	_, answer := s.post(s.browser, "/auth/demo", `{"user":"demo-alice"}`, "")
	if id := answer["sessionId"]; id == known {
		t.Error("the session that was planted is alice's now")
	}
	if user := s.status(s.browser); user["id"] != "demo-alice" {
		t.Errorf("%v", user)
	}
	if login, refusal := s.logins.Find(known); refusal != nil || login.UserID != "demo-bob" {
		t.Errorf("the planted session is %+v, %v", login, refusal)
	}
	made := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" // of the right form, and nobody's
	s.give(s.browser, "outcry_session", s.verifier.Sealer().Seal("outcry_session", made))
	if _, answer := s.post(s.browser, "/auth/demo", `{"user":"demo-alice"}`, ""); answer["sessionId"] == made {
		t.Error("an id that somebody thought of was taken")
	}
}

// Where somebody goes is in the settings alone, whatever a request says.
func TestNobodyIsSentElsewhere(t *testing.T) {
	s := newStage(t, false)
	const evil = "redirect=https://evil.example&next=//evil.example&returnTo=https://evil.example&redirect_uri=https://evil.example&state=mine&client_id=other"
	get := func(path string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		for name, value := range map[string]string{"X-Forwarded-Host": "evil.example", "Referer": "https://evil.example/", "X-Original-Url": "//evil.example", "Forwarded": "host=evil.example"} {
			r.Header.Set(name, value)
		}
		response, err := s.browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.Header.Get("Location")
	}
	begin := func() (state string) {
		t.Helper()
		away, err := url.Parse(get("/auth/discord?" + evil))
		if err != nil || !strings.HasPrefix(away.String(), s.authority.URL+"/authorize?") || strings.Contains(away.String(), "evil") {
			t.Fatalf("%v %v", away, err)
		}
		query := away.Query()
		if query.Get("redirect_uri") != s.server.URL+"/auth/discord/callback" || query.Get("client_id") != "client" || query.Get("state") == "mine" {
			t.Errorf("%v", query)
		}
		s.challenge = query.Get("code_challenge")
		return query.Get("state")
	}
	state := begin()
	if where := get("/auth/discord/callback?code=good&" + evil + "&state=" + state); !strings.HasPrefix(where, "https://dash.example/app?error=") {
		t.Errorf("two states, and sent to %s", where)
	}
	state = begin()
	if where := get("/auth/discord/callback?code=good&state=" + state + "&" + strings.Replace(evil, "state=mine&", "", 1)); where != "https://dash.example/app" {
		t.Errorf("sent to %s", where)
	}
	state = begin()
	if where := get("/auth/discord/callback?error=%0d%0aX:y&error_description=%3Cscript%3E&state=" + state); where != "https://dash.example/app?error="+url.QueryEscape(errDenied.Error()) {
		t.Errorf("sent to %s", where)
	}
}

func TestCookiesAreForOurServerAndHttpsAlone(t *testing.T) {
	for secure, prefix := range map[bool]string{true: "__Host-", false: ""} {
		s := newStage(t, true)
		s.verifier.WithLogins(s.logins, auth.NewOrigins(false, "https://dash.example"), secure)
		var all []*http.Cookie
		take := func(method, path, body string) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			response, err := s.newBrowser().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if got := response.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s: Cache-Control %q", path, got)
			}
			all = append(all, response.Cookies()...)
		}
		take(http.MethodPost, "/auth/demo", `{"user":"demo-alice"}`)
		take(http.MethodPost, "/auth/logout", "")
		take(http.MethodGet, "/auth/discord", "")
		take(http.MethodGet, "/auth/discord/callback", "")
		var got []string
		for _, c := range all {
			if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Domain != "" {
				t.Errorf("%s", c.Raw)
			}
			kind := "given"
			if c.MaxAge < 0 {
				kind = "taken"
			}
			got = append(got, kind+" "+c.Name+" "+c.Path)
		}
		session, state := prefix+"outcry_session /", prefix+"outcry_oauth /"
		if want := []string{"given " + session, "taken " + session, "given " + state, "taken " + state}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// No page but ours signs anybody out, in whatever way it makes the request.
func TestForeignPagesSignNobodyOut(t *testing.T) {
	s := newStage(t, true)
	s.post(s.browser, "/auth/demo", `{"user":"demo-alice"}`, "")
	for name, c := range map[string]struct {
		method string
		header map[string]string
		status int
	}{
		"a form":                  {http.MethodPost, map[string]string{"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}, 403},
		"a file or a sandbox":     {http.MethodPost, map[string]string{"Origin": "null"}, 403},
		"a page alike":            {http.MethodPost, map[string]string{"Origin": "https://dash.example.evil.example"}, 403},
		"our page without s":      {http.MethodPost, map[string]string{"Origin": "http://dash.example"}, 403},
		"no origin, from outside": {http.MethodPost, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"no origin, from beside":  {http.MethodPost, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"a picture":               {http.MethodGet, map[string]string{"Sec-Fetch-Site": "cross-site"}, 405},
		"a method in a header":    {http.MethodGet, map[string]string{"X-Http-Method-Override": "POST"}, 405},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), c.method, s.server.URL+"/auth/logout?_method=POST", nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			response, err := s.browser.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != c.status || len(response.Cookies()) > 0 || s.status(s.browser)["id"] != "demo-alice" {
				t.Errorf("%d, cookies %v", response.StatusCode, response.Cookies())
			}
		})
	}
	if len(s.ended) > 0 {
		t.Errorf("ended: %v", s.ended)
	}
}

// A disk that is full keeps nobody signed in: here the session ends, and the answer
// says that a later process may still know it.
func TestSigningOutWithoutADiskEndsTheSessionHere(t *testing.T) {
	s := newStage(t, true)
	_, answer := s.post(s.browser, "/auth/demo", `{"user":"demo-alice"}`, "")
	s.journal.Fail(errors.New("the disk is full"))
	if status, problem := s.post(s.browser, "/auth/logout", "", "https://dash.example"); status != http.StatusServiceUnavailable || !strings.Contains(problem["detail"].(string), "try again") {
		t.Errorf("%d %v", status, problem)
	}
	if user := s.status(s.browser); user != nil || !slices.Contains(s.ended, answer["sessionId"].(string)) {
		t.Errorf("%v, ended %v", user, s.ended)
	}
	if status, _ := s.post(s.newBrowser(), "/auth/demo", `{"user":"demo-alice"}`, ""); status != http.StatusServiceUnavailable {
		t.Errorf("signed in without being saved: %d", status)
	}
	s.journal.Fail(nil)
	if status, _ := s.post(s.browser, "/auth/logout", "", "https://dash.example"); status != http.StatusOK {
		t.Errorf("%d once there is a disk again", status)
	}
	later := auth.NewLogins(s.journal, time.Hour, time.Now)
	if _, refusal := later.Find(answer["sessionId"].(string)); refusal == nil {
		t.Error("a later process lets in who signed out twice")
	}
}

func TestUsedStatesAreBoundedAndForgottenInTime(t *testing.T) {
	var u usedStates
	now := time.Unix(1_790_000_000, 0)
	if !u.use("first", now) || u.use("first", now.Add(stateLifetime)) {
		t.Error("a state was good twice, or never")
	}
	for i := range 3 * statesGeneration {
		u.use(strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String(), now)
	}
	if n := len(u.young) + len(u.old); n > 2*statesGeneration {
		t.Errorf("%d are remembered", n)
	}
	for step := range 3 { // what is too old to come back is not kept
		u.use(time.Duration(step).String()+" late", now.Add(time.Duration(step+1)*(stateLifetime+time.Second)))
	}
	if n := len(u.young) + len(u.old); n > 3 {
		t.Errorf("%d are remembered for ever", n)
	}
}
