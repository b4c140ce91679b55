package httpapi

import (
	"fmt"
	"net/http"
	"strconv"

	"outcry/transport/auth"
	"outcry/transport/operator"
)

// Operations is what operators are shown of the engine.
type Operations interface {
	Stats() operator.Stats
	History(minutes int) operator.History
}

// NewStats answers GET /api/operator/stats, for operators.
func NewStats(v *auth.Verifier, o Operations) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := requireRole(w, r, v, auth.Operator); ok {
			WriteJSON(w, http.StatusOK, o.Stats())
		}
	}
}

// defaultMinutes is how far back a history goes that does not say.
const defaultMinutes = 15

// NewHistory answers GET /api/operator/history?minutes=15, for operators.
func NewHistory(v *auth.Verifier, o Operations) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := requireRole(w, r, v, auth.Operator); !ok {
			return
		}
		minutes := defaultMinutes
		if text := r.URL.Query().Get("minutes"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > operator.MaxMinutes {
				writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "minutes",
					Detail: fmt.Sprintf("minutes %.32q is not allowed: must be a whole number between 1 and %d", text, operator.MaxMinutes)})
				return
			}
			minutes = n
		}
		WriteJSON(w, http.StatusOK, o.History(minutes))
	}
}
