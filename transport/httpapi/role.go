package httpapi

import (
	"fmt"
	"net/http"

	"outcry/transport/auth"
	"outcry/transport/wire"
)

// requireRole returns who sent a request if their token has the role, and
// answers the request otherwise.
func requireRole(w http.ResponseWriter, r *http.Request, v *auth.Verifier, role auth.Role) (auth.Identity, bool) {
	identity, ok := identify(w, r, v, fmt.Sprintf("a token with the role %[1]s; `outcry token --user NAME --role %[1]s` makes one", role))
	if ok && !identity.Has(role) {
		WriteProblem(w, http.StatusForbidden, "ROLE_MISSING", fmt.Sprintf("%[1]s lacks the role %[2]s, which this needs: send a token that has it; `outcry token --user %[1]s --role %[2]s` makes one", identity.UserID, role))
		return auth.Identity{}, false
	}
	return identity, ok
}

// requireUser returns whose account a request is about: the token's user, or
// for operators the one that the parameter userId names. It answers the request
// of anybody else.
func requireUser(w http.ResponseWriter, r *http.Request, v *auth.Verifier) (userID string, ok bool) {
	identity, ok := identify(w, r, v, "your token")
	if !ok {
		return "", false
	}
	named := r.URL.Query().Get("userId")
	if named == "" || named == identity.UserID {
		return identity.UserID, true
	}
	if !identity.Has(auth.Operator) {
		WriteProblem(w, http.StatusForbidden, "OTHER_USER", "an account is for its own user and for operators: leave userId out")
		return "", false
	}
	if err := wire.CheckText([]byte(named), wire.MaxIDBytes); err != nil {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "userId", Detail: "userId " + err.Error()})
		return "", false
	}
	return named, true
}

// requireOwner returns whose account a request changes, which nobody does but
// the token's user. It answers the request of anybody else.
func requireOwner(w http.ResponseWriter, r *http.Request, v *auth.Verifier) (userID string, ok bool) {
	identity, ok := identify(w, r, v, "your token")
	if !ok {
		return "", false
	}
	if named := r.URL.Query().Get("userId"); named != "" && named != identity.UserID {
		WriteProblem(w, http.StatusForbidden, "OTHER_USER", "only its own user trades in an account: leave userId out")
		return "", false
	}
	return identity.UserID, true
}

// identify returns who sent a request, or asks for what credentials says.
func identify(w http.ResponseWriter, r *http.Request, v *auth.Verifier, credentials string) (auth.Identity, bool) {
	identity, refusal := v.Authenticate(r)
	if refusal != nil && refusal.Code == auth.CodeNoCredentials {
		w.Header().Set("WWW-Authenticate", `Bearer realm="outcry"`)
		WriteProblem(w, http.StatusUnauthorized, "NO_TOKEN", "send Authorization: Bearer and "+credentials)
		return auth.Identity{}, false
	}
	if refusal != nil && refusal.Transient {
		w.Header().Set("Retry-After", "1")
		WriteProblem(w, http.StatusServiceUnavailable, refusal.Code, refusal.Message+"; try again")
		return auth.Identity{}, false
	}
	if refusal != nil && refusal.Code == auth.CodeForeignOrigin {
		WriteProblem(w, http.StatusForbidden, refusal.Code, refusal.Message+": set DASHBOARD_URL or FRONTEND_URL to its address")
		return auth.Identity{}, false
	}
	if refusal != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="outcry", error="invalid_token"`)
		detail := refusal.Message
		if refusal.Hint != "" {
			detail += ": " + refusal.Hint
		}
		WriteProblem(w, http.StatusUnauthorized, refusal.Code, detail)
		return auth.Identity{}, false
	}
	return identity, true
}
