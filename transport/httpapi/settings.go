package httpapi

import (
	"net/http"

	"outcry/transport/auth"
)

// NewSettings answers GET /api/operator/settings, for operators: the settings
// that the engine runs with, as list returns them, secrets left out.
func NewSettings(v *auth.Verifier, list func() any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := requireRole(w, r, v, auth.Operator); ok {
			WriteJSON(w, http.StatusOK, map[string]any{"settings": list()})
		}
	})
}
