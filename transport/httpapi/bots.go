package httpapi

import "net/http"

// BotsAnswer is the list of a user's trading bots, in the shape that the platform's
// clients read.
type BotsAnswer struct {
	Success bool       `json:"success"`
	Data    []struct{} `json:"data"`
	Count   int        `json:"count"`
}

// NewBots answers GET /api/trader/bots: {success, data: [], count: 0}. Outcry runs no bots;
// pages of the platform ask for them beside the portfolio, and show an error without an answer.
func NewBots(deps AccountDeps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := requireUser(w, r, deps.Verifier); ok {
			WriteJSON(w, http.StatusOK, BotsAnswer{Success: true, Data: []struct{}{}})
		}
	}
}
