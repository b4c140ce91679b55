package httpapi

import (
	"fmt"
	"net/http"

	"outcry/transport/auth"
)

// requireRole returns who sent a request if their token has the role, and
// answers the request otherwise.
func requireRole(w http.ResponseWriter, r *http.Request, v *auth.Verifier, role auth.Role) (auth.Identity, bool) {
	token, found := auth.BearerToken(r.Header.Get("Authorization"))
	if !found {
		w.Header().Set("WWW-Authenticate", `Bearer realm="outcry"`)
		WriteProblem(w, http.StatusUnauthorized, "NO_TOKEN", fmt.Sprintf("send Authorization: Bearer and a token with the role %[1]s; `outcry token --user NAME --role %[1]s` makes one", role))
		return auth.Identity{}, false
	}
	identity, refusal := v.Verify(token)
	if refusal != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="outcry", error="invalid_token"`)
		WriteProblem(w, http.StatusUnauthorized, refusal.Code, refusal.Message)
		return auth.Identity{}, false
	}
	if !identity.Has(role) {
		WriteProblem(w, http.StatusForbidden, "ROLE_MISSING", fmt.Sprintf("%s lacks the role %s, which this needs", identity.UserID, role))
		return auth.Identity{}, false
	}
	return identity, true
}
