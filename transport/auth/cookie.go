package auth

import (
	"net/http"
	"strings"
)

// hostPrefix is of cookies that only this very host can have set, over https and
// for all its paths: browsers take no other, RFC 6265bis section 4.1.3.2. Without it
// another host of the domain, or who changes what comes over http, could sign
// people in as somebody else.
const hostPrefix = "__Host-"

// cookieName is the session cookie's without a prefix.
func (o Options) cookieName() string { return strings.TrimPrefix(o.CookieName, hostPrefix) }

// CookieName is what a cookie is called here: over http browsers take no prefix.
func (v *Verifier) CookieName(plain string) string {
	if v.secure {
		return hostPrefix + plain
	}
	return plain
}

// SecureCookies reports whether cookies are for https only.
func (v *Verifier) SecureCookies() bool { return v.secure }

// sessionOf returns the session id in a Cookie header, empty if there is none that
// we sealed. presented tells whether there was any.
//
// A cookie from before there was a prefix counts, too. Its seal is for its name, and
// nothing is sealed for that any more, so there are none left once the sessions have
// ended which had begun by then.
func (v *Verifier) sessionOf(header string) (id string, presented bool) {
	if v.logins == nil || header == "" {
		return "", false
	}
	name, sealed := v.cookie, cookieOf(header, v.cookie)
	if sealed == "" && v.former != "" {
		name, sealed = v.former, cookieOf(header, v.former)
	}
	if sealed == "" {
		return "", false
	}
	id, ok := v.sealer.Open(name, sealed)
	if !ok {
		return "", true
	}
	return id, true
}

// SetCookie gives a browser its session for so many seconds.
func (v *Verifier) SetCookie(w http.ResponseWriter, r *http.Request, id string, lifetime int) {
	v.writeCookie(w, v.cookie, v.sealer.Seal(v.cookie, id), lifetime)
	v.clearFormer(w, r)
}

// RenewCookie gives a browser whose cookie is from before there was a prefix the
// one that there is now, for so many seconds. It leaves it the other, so that an
// upgrade that is taken back signs nobody out.
func (v *Verifier) RenewCookie(w http.ResponseWriter, r *http.Request, id string, lifetime int) {
	if v.former != "" && cookieOf(cookieHeader(r), v.cookie) == "" && cookieOf(cookieHeader(r), v.former) != "" {
		v.writeCookie(w, v.cookie, v.sealer.Seal(v.cookie, id), lifetime)
	}
}

// ClearCookie takes it away.
func (v *Verifier) ClearCookie(w http.ResponseWriter, r *http.Request) {
	v.writeCookie(w, v.cookie, "", -1)
	v.clearFormer(w, r)
}

func (v *Verifier) clearFormer(w http.ResponseWriter, r *http.Request) {
	if v.former != "" && cookieOf(cookieHeader(r), v.former) != "" {
		v.writeCookie(w, v.former, "", -1)
	}
}

func (v *Verifier) writeCookie(w http.ResponseWriter, name, value string, lifetime int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: lifetime,
		HttpOnly: true, Secure: v.secure, SameSite: http.SameSiteLaxMode,
	})
}
