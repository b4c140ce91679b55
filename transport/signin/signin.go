package signin

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/oauth2"

	"outcry/actors/jsonline"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
	"outcry/transport/limit"
)

// Deps are what sign-in works with.
type Deps struct {
	Verifier *auth.Verifier
	Logins   *auth.Logins
	// DashboardURL is where people go when they have signed in.
	DashboardURL string
	// Demo makes a token for a demo user; nil outside development mode, where there
	// are none.
	Demo func(user string, roles []auth.Role) (token string, err error)
	// Proxies say where a request comes from.
	Proxies *limit.Proxies
	Log     zerolog.Logger
	Now     func() time.Time
}

// Handlers are the endpoints below /auth.
type Handlers struct {
	// immutable after construction
	Deps
	discord   oauth2.Config
	userURL   string
	operators []string
	client    *http.Client
	attempts  *limit.Addresses
	states    usedStates // has a lock of its own
}

// Sign-ins of one address: people try a few times, programs guess.
const (
	attemptsPerSecond = 1
	attemptsBurst     = 20
)

// New returns the endpoints.
func New(o Options, deps Deps) *Handlers {
	h := &Handlers{
		Deps: deps, userURL: o.UserURL, operators: o.Operators,
		client:   &http.Client{Timeout: authorityTimeout},
		attempts: limit.NewAddresses(attemptsPerSecond, attemptsBurst, deps.Now),
		discord: oauth2.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret, RedirectURL: o.RedirectURL,
			Endpoint: oauth2.Endpoint{AuthURL: o.AuthorizeURL, TokenURL: o.TokenURL},
			Scopes:   []string{"identify", "email"},
		},
	}
	if h.DashboardURL == "" {
		h.DashboardURL = "/"
	}
	return h
}

// Routes adds the endpoints.
func (h *Handlers) Routes(mux *http.ServeMux) {
	mux.Handle("/auth/status", httpapi.Methods{http.MethodGet: h.status})
	mux.Handle("/auth/logout", httpapi.Methods{http.MethodPost: h.logout})
	mux.Handle("/auth/discord", httpapi.Methods{http.MethodGet: h.limited(h.toDiscord)})
	mux.Handle("/auth/discord/callback", httpapi.Methods{http.MethodGet: h.limited(h.fromDiscord)})
	if h.Demo != nil {
		mux.Handle("/auth/demo", httpapi.Methods{http.MethodPost: h.limited(h.demo)})
	}
}

// limited refuses addresses that try too often.
func (h *Handlers) limited(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		peer, _ := netip.ParseAddrPort(r.RemoteAddr) // net/http's own; the zero one where a test made the request
		if h.attempts.Allow(h.Proxies.Client(peer.Addr(), strings.Join(r.Header["X-Forwarded-For"], ", "))) {
			serve(w, r)
			return
		}
		w.Header().Set("Retry-After", "10")
		httpapi.WriteProblem(w, http.StatusTooManyRequests, "RATE_LIMIT", "too many sign-ins from this address: try again in a while")
	}
}

// person is somebody who is signed in, as the dashboard shows them.
type person struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	// Discriminator is Discord's number beside a name, noDiscriminator where there is none.
	Discriminator string `json:"discriminator"`
	Avatar        string `json:"avatar,omitempty"`
	Email         string `json:"email,omitempty"`
	IsAdmin       bool   `json:"isAdmin"`
}

// noDiscriminator is what Discord itself says of names that need none, which are all since
// 2023 but for those of bots.
const noDiscriminator = "0"

// ways are how somebody can sign in here.
type ways struct {
	Discord bool     `json:"discord"`
	Demo    []string `json:"demo"` // users, in development mode
}

func (h *Handlers) ways() ways {
	w := ways{Discord: h.discord.ClientID != "", Demo: []string{}}
	if h.Demo != nil {
		w.Demo = slices.Sorted(maps.Keys(demoUsers))
	}
	return w
}

// status says who is signed in, and how one can be.
func (h *Handlers) status(w http.ResponseWriter, r *http.Request) {
	var answer struct {
		Authenticated bool    `json:"authenticated"`
		User          *person `json:"user"`
		SignIn        ways    `json:"signIn"`
	}
	answer.SignIn = h.ways()
	if identity, refusal := h.Verifier.Authenticate(r); refusal == nil { // as every other request
		answer.User = &person{ID: identity.UserID, Username: identity.UserID, Discriminator: noDiscriminator, IsAdmin: identity.Has(auth.Operator)}
		if login, id, refusal := h.Verifier.Session(r); refusal == nil && login.UserID == identity.UserID {
			h.Verifier.RenewCookie(w, r, id, int(login.ExpiresAt.Sub(h.Now()).Seconds()))
			answer.User.Username, answer.User.Avatar, answer.User.Email = login.Name, login.Avatar, login.Email
			if login.Discriminator != "" {
				answer.User.Discriminator = login.Discriminator
			}
		}
	}
	answer.Authenticated = answer.User != nil
	w.Header().Set("Cache-Control", "no-store")
	httpapi.WriteJSON(w, http.StatusOK, answer)
}

// logout signs the session out, here and on its live connections.
func (h *Handlers) logout(w http.ResponseWriter, r *http.Request) {
	if !h.Verifier.FromOurPage(r) {
		httpapi.WriteProblem(w, http.StatusForbidden, auth.CodeForeignOrigin, "the request comes from a page that is not ours: set DASHBOARD_URL or FRONTEND_URL to its address")
		return
	}
	if id := h.Verifier.SessionID(r); id != "" { // also of one that has ended here: the disk may not know
		if err := h.Logins.Revoke(r.Context(), id); err != nil {
			h.unavailable(w, err)
			return
		}
	}
	h.Verifier.ClearCookie(w, r)
	httpapi.WriteJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// demoUsers are who can sign in without a password, in development mode.
var demoUsers = map[string][]auth.Role{
	"demo-alice":    {auth.Trader},
	"demo-bob":      {auth.Trader},
	"demo-operator": {auth.Trader, auth.Operator},
}

// maxDemoBytes bounds the body of a demo sign-in.
const maxDemoBytes = 1 << 10

// demo signs a demo user in.
func (h *Handlers) demo(w http.ResponseWriter, r *http.Request) {
	if !h.Verifier.FromOurPage(r) {
		httpapi.WriteProblem(w, http.StatusForbidden, auth.CodeForeignOrigin, "the request comes from a page that is not ours: set DASHBOARD_URL or FRONTEND_URL to its address")
		return
	}
	var request struct {
		User string `json:"user"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDemoBytes))
	if err == nil {
		err = json.Unmarshal(jsonline.TrimMark(body), &request)
	}
	if err != nil {
		httpapi.WriteProblem(w, http.StatusBadRequest, "INVALID_PARAMS", `the body must be {"user": "demo-alice"}`)
		return
	}
	roles, known := demoUsers[request.User]
	if !known {
		httpapi.WriteProblem(w, http.StatusBadRequest, "INVALID_PARAMS", "user must be demo-alice, demo-bob or demo-operator")
		return
	}
	token, err := h.Demo(request.User, roles)
	if err != nil {
		h.unavailable(w, err)
		return
	}
	id, ok := h.signIn(w, r, auth.Login{UserID: request.User, Name: request.User, Roles: roles})
	if ok {
		httpapi.WriteJSON(w, http.StatusOK, map[string]string{"userId": request.User, "sessionId": id, "token": token})
	}
}

// signIn makes a login and gives the browser its cookie, or answers why not.
func (h *Handlers) signIn(w http.ResponseWriter, r *http.Request, login auth.Login) (id string, ok bool) {
	id, expires, err := h.Logins.Create(r.Context(), login)
	if err != nil {
		h.unavailable(w, err)
		return "", false
	}
	h.Verifier.SetCookie(w, r, id, int(expires.Sub(h.Now()).Seconds()))
	w.Header().Set("Cache-Control", "no-store")
	h.Log.Info().Str("user", login.UserID).Msg("signed in")
	return id, true
}

func (h *Handlers) unavailable(w http.ResponseWriter, err error) {
	h.Log.Error().Err(err).Msg("sign-in failed")
	w.Header().Set("Retry-After", "5")
	httpapi.WriteProblem(w, http.StatusServiceUnavailable, "UNAVAILABLE", "signing in and out is not possible right now: try again")
}
