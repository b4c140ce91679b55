package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"outcry/transport/auth"
	"outcry/transport/httpapi"
)

const (
	// stateCookie binds a sign-in to the browser that began it. auth.CookieName has
	// what it is called.
	stateCookie = "outcry_oauth"
	// stateLifetime is how long somebody may take at Discord.
	stateLifetime = 10 * time.Minute
	// authorityTimeout bounds each request to Discord, authorityBytes its answer.
	authorityTimeout = 10 * time.Second
	authorityBytes   = 1 << 20
)

// toDiscord sends the browser to Discord. What has to come back is random, and
// stands in a cookie of this browser alone.
func (h *Handlers) toDiscord(w http.ResponseWriter, r *http.Request) {
	if h.discord.ClientID == "" {
		httpapi.WriteProblem(w, http.StatusNotFound, "NOT_CONFIGURED", "there is no sign-in by Discord here: set DISCORD_CLIENT_ID, DISCORD_CLIENT_SECRET and DISCORD_REDIRECT_URL")
		return
	}
	verifier := oauth2.GenerateVerifier()
	state := oauth2.GenerateVerifier() // as random
	b := beginning{state: state, verifier: verifier, ends: h.Now().Add(stateLifetime)}
	h.setState(w, h.Verifier.Sealer().Seal(h.stateName(), b.String()), int(stateLifetime.Seconds()))
	http.Redirect(w, r, h.discord.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)), http.StatusFound)
}

func (h *Handlers) stateName() string { return h.Verifier.CookieName(stateCookie) }

// setState sets the cookie; a negative lifetime takes it away.
func (h *Handlers) setState(w http.ResponseWriter, value string, lifetime int) {
	w.Header().Set("Cache-Control", "no-store")
	http.SetCookie(w, &http.Cookie{
		Name: h.stateName(), Value: value, Path: "/", MaxAge: lifetime,
		HttpOnly: true, Secure: h.Verifier.SecureCookies(), SameSite: http.SameSiteLaxMode,
	})
}

// The words for what can go wrong on the way, which the dashboard shows.
var (
	errState  = errors.New("the sign-in was not begun in this browser, or took too long")
	errDenied = errors.New("Discord did not sign you in")            //nolint:staticcheck // a name, shown as a sentence
	errAnswer = errors.New("Discord could not be asked who you are") //nolint:staticcheck // a name, shown as a sentence
)

// fromDiscord is where Discord sends the browser back to.
func (h *Handlers) fromDiscord(w http.ResponseWriter, r *http.Request) {
	begun, ok := h.begun(r)
	h.setState(w, "", -1)
	query := r.URL.Query()
	switch {
	case !ok || query.Get("state") == "" || query.Get("state") != begun.state || !h.states.use(begun.state, h.Now()): // it is good for once
		h.failed(w, r, errState, nil)
		return
	case query.Get("error") != "" || query.Get("code") == "":
		h.failed(w, r, errDenied, nil)
		return
	}
	user, err := h.ask(r.Context(), query.Get("code"), begun.verifier)
	if err != nil {
		h.failed(w, r, errAnswer, err)
		return
	}
	if _, ok := h.signIn(w, r, h.loginOf(user)); ok {
		http.Redirect(w, r, h.DashboardURL, http.StatusFound)
	}
}

// begun returns what this browser was sent away with, unless that is too long ago.
func (h *Handlers) begun(r *http.Request) (beginning, bool) {
	cookie, err := r.Cookie(h.stateName())
	if err != nil {
		return beginning{}, false
	}
	value, ok := h.Verifier.Sealer().Open(h.stateName(), cookie.Value)
	if !ok {
		return beginning{}, false
	}
	b, ok := parseBeginning(value)
	return b, ok && h.Now().Before(b.ends)
}

// beginning is a sign-in that is under way at Discord.
type beginning struct {
	state    string // what Discord must send back
	verifier string // what proves to Discord that we began it, RFC 7636
	ends     time.Time
}

// String is the value of the cookie, which has no dots.
func (b beginning) String() string {
	return strings.Join([]string{b.state, b.verifier, strconv.FormatInt(b.ends.Unix(), 10)}, "~")
}

func parseBeginning(text string) (beginning, bool) {
	parts := strings.Split(text, "~")
	const all = 3
	if len(parts) != all {
		return beginning{}, false
	}
	ends, err := strconv.ParseInt(parts[2], 10, 64)
	return beginning{state: parts[0], verifier: parts[1], ends: time.Unix(ends, 0)}, err == nil
}

// failed sends the browser to the dashboard, which says why.
func (h *Handlers) failed(w http.ResponseWriter, r *http.Request, shown, cause error) {
	h.Log.Warn().AnErr("cause", cause).Msg("sign-in by Discord: " + shown.Error())
	target, err := url.Parse(h.DashboardURL)
	if err != nil {
		target = &url.URL{Path: "/"}
	}
	query := target.Query()
	query.Set("error", shown.Error())
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// discordUser is what Discord tells of somebody.
type discordUser struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	// Discriminator is "0" of names that need none.
	Discriminator string `json:"discriminator"`
	Avatar        string `json:"avatar"`
	Email         string `json:"email"`
	Verified      bool   `json:"verified"` // the email
}

// ask exchanges the code for a token, and with it asks who somebody is.
func (h *Handlers) ask(ctx context.Context, code, verifier string) (discordUser, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, h.client)
	token, err := h.discord.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return discordUser{}, fmt.Errorf("exchange the code: %w", unquoted(err))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.userURL, nil)
	if err != nil {
		return discordUser{}, fmt.Errorf("ask who it is: %w", err)
	}
	token.SetAuthHeader(request)
	response, err := h.client.Do(request)
	if err != nil {
		return discordUser{}, fmt.Errorf("ask who it is: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return discordUser{}, fmt.Errorf("ask who it is: %s", response.Status)
	}
	var user discordUser
	if err := json.NewDecoder(io.LimitReader(response.Body, authorityBytes)).Decode(&user); err != nil {
		return discordUser{}, fmt.Errorf("ask who it is: %w", err)
	}
	if !isSnowflake(user.ID) {
		return discordUser{}, fmt.Errorf("ask who it is: %q is no id of Discord's", user.ID)
	}
	return user, nil
}

// unquoted is an error without the answer that it quotes: what was asked had the
// code and our secret in it, and who echoes that must not bring it into the log.
func unquoted(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("the answer is %s, error %.64q", refused.Response.Status, refused.ErrorCode)
}

// isSnowflake reports whether a text has the form of Discord's ids.
func isSnowflake(id string) bool {
	const longest = 20
	return id != "" && len(id) <= longest && strings.Trim(id, "0123456789") == ""
}

// maxDiscriminatorBytes is the longest number beside a name.
const maxDiscriminatorBytes = 4

// loginOf makes a login of somebody. Their id here begins with discord-, so that
// no token of the platform can name the same user by chance.
func (h *Handlers) loginOf(u discordUser) auth.Login {
	login := auth.Login{UserID: "discord-" + u.ID, Name: u.GlobalName, Roles: []auth.Role{auth.Trader}}
	if login.Name == "" {
		login.Name = u.Username
	}
	if len(u.Discriminator) <= maxDiscriminatorBytes {
		login.Discriminator = u.Discriminator
	}
	if u.Verified {
		login.Email = u.Email
	}
	if u.Avatar != "" {
		login.Avatar = "https://cdn.discordapp.com/avatars/" + u.ID + "/" + url.PathEscape(u.Avatar) + ".png"
	}
	if slices.Contains(h.operators, u.ID) {
		login.Roles = append(login.Roles, auth.Operator)
	}
	return login
}
