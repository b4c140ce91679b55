package auth

import (
	"net/http"
	"strings"
)

// Authenticate returns who sent a request: by its bearer token, else by the
// session cookie. A cookie is sent by every page's requests, so one that changes
// something must come from a page of ours.
func (v *Verifier) Authenticate(r *http.Request) (Identity, *Refusal) {
	if token, ok := BearerToken(r.Header.Get("Authorization")); ok {
		return v.VerifyRequest(token)
	}
	login, _, refusal := v.Session(r)
	if refusal != nil {
		return Identity{}, refusal
	}
	if !isSafe(r.Method) && !v.FromOurPage(r) {
		return Identity{}, foreignPage()
	}
	return login.Identity(), nil
}

// Session returns the login of a request's cookie, and the session's id.
func (v *Verifier) Session(r *http.Request) (*Login, string, *Refusal) {
	id, presented := v.sessionOf(cookieHeader(r))
	switch {
	case id == "" && presented:
		return nil, "", unknownSession()
	case id == "":
		return nil, "", noCredentials()
	}
	login, refusal := v.logins.Find(id)
	if refusal != nil {
		return nil, "", refusal
	}
	return login, id, nil
}

// SessionID is the id in a request's cookie, whether there is such a session or not;
// empty without a cookie that we made.
func (v *Verifier) SessionID(r *http.Request) string {
	id, _ := v.sessionOf(cookieHeader(r))
	return id
}

func cookieHeader(r *http.Request) string { return strings.Join(r.Header["Cookie"], "; ") }

// FromOurPage reports whether a request that changes something was not made by a
// foreign page: browsers say where a request comes from, other clients have no
// cookies of ours.
func (v *Verifier) FromOurPage(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return v.origins.Allow(origin, r.Host)
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none"
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
