package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/portfolio"
	"outcry/transport/auth"
)

// fakeAccounts answers as its test says.
type fakeAccounts struct {
	mu     sync.Mutex // guards the next block
	told   []any
	users  []string
	answer func(userID string, message any) error // nil takes everything and never replies
}

func (f *fakeAccounts) Tell(userID string, message any) error {
	f.mu.Lock()
	f.told, f.users = append(f.told, message), append(f.users, userID)
	answer := f.answer
	f.mu.Unlock()
	if answer == nil {
		return nil
	}
	return answer(userID, message)
}

func (f *fakeAccounts) TellWait(_ context.Context, userID string, message any) error {
	return f.Tell(userID, message)
}

// count returns how many messages were told.
func (f *fakeAccounts) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.told)
}

// record answers every trade from another goroutine, as outcome says.
func (f *fakeAccounts) record(outcome func(*portfolio.Trade) (portfolio.TradeOutcome, error)) {
	f.answer = func(_ string, message any) error {
		m := message.(*portfolio.RecordTrade)
		go func() { m.Reply(outcome(&m.Trade)) }()
		return nil
	}
}

// api is a server and what it was made of.
type api struct {
	t        testing.TB
	server   *httptest.Server
	accounts *fakeAccounts
	options  Options
	log      *syncBuffer
}

func verifier(t testing.TB) *auth.Verifier {
	t.Helper()
	v, err := auth.NewVerifier(auth.Options{Secrets: []string{secret}, SessionLifetime: time.Hour, CookieName: "session"}, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// newAPI serves what routes returns.
func newAPI(t testing.TB, routes func(o Options, deps AccountDeps, mux *http.ServeMux), change ...func(*Options)) *api {
	t.Helper()
	a := &api{t: t, accounts: &fakeAccounts{}, options: DefaultOptions(), log: &syncBuffer{}}
	for _, f := range change {
		f(&a.options)
	}
	if err := a.options.Validate(); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	routes(a.options, AccountDeps{Accounts: a.accounts, Verifier: verifier(t), Log: zerolog.New(a.log), Now: func() time.Time { return tradeNow }}, mux)
	a.server = httptest.NewServer(mux)
	t.Cleanup(a.server.Close)
	return a
}

func tokenOf(t testing.TB, user string, roles ...auth.Role) string {
	t.Helper()
	token, err := auth.Mint(secret, auth.Claims{User: user, Roles: roles, TTL: time.Hour}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// answered is an answer of the API.
type answered struct {
	status int
	header http.Header
	body   string
}

// decode reads the body, which must be JSON of the type that belongs to its status.
func (a answered) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%v in %d %s", err, a.status, a.body)
	}
}

// problem reads a problem and checks that it is one.
func (a answered) problem(t testing.TB, status int, code string) Problem {
	t.Helper()
	var p Problem
	a.decode(t, &p)
	if a.status != status || p.Status != status || p.Code != code || p.Title == "" || p.Detail == "" {
		t.Fatalf("%d %s, want %d %s", a.status, a.body, status, code)
	}
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Fatalf("content type %s", kind)
	}
	if (status == http.StatusServiceUnavailable) != (a.header.Get("Retry-After") != "") {
		t.Fatalf("Retry-After %q with %d", a.header.Get("Retry-After"), status)
	}
	return p
}

// do sends a request as a user.
func (a *api) do(method, path, contentType, body, token string) answered {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.server.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return a.send(r)
}

func (a *api) send(r *http.Request) answered {
	a.t.Helper()
	response, err := a.server.Client().Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	_ = response.Body.Close()
	return answered{response.StatusCode, response.Header, string(body)}
}

// get is a GET by alice.
func (a *api) get(path string) answered {
	a.t.Helper()
	return a.do(http.MethodGet, path, "", "", tokenOf(a.t, "alice"))
}
