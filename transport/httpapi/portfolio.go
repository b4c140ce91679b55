package httpapi

import (
	"net/http"
	"strconv"

	"outcry/actors/portfolio"
	"outcry/transport/wire"
)

// NewPortfolio answers GET /api/portfolio: the account of a user as it is now,
// for the first paint and for dashboards without a socket. Totals and positions
// are those of the event portfolio:update.
func NewPortfolio(o *LiveOptions, deps AccountDeps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		userID, ok := requireUser(w, r, deps.Verifier)
		if !ok {
			return
		}
		account, err := deps.view(r.Context(), userID, o.Options().RequestTimeout)
		if err != nil {
			deps.fail(w, userID, err)
			return
		}
		writeEncoded(w, appendAccount(nil, &account))
	}
}

func appendAccount(dst []byte, account *portfolio.Account) []byte {
	v := &account.Valuation
	dst = wire.AppendTotals(append(dst, `{"success":true,"portfolio":{`...), v)
	dst = strconv.AppendInt(append(dst, `,"lastUpdated":`...), account.Time.UnixMilli(), 10)
	dst = strconv.AppendUint(append(dst, `,"version":`...), account.Version, 10)
	dst = append(dst, `},"bots":{"active":0,"total":0,"status":"none"},"performance":{`...)
	dst = wire.AppendPerformance(dst, v)
	dst = wire.AppendPositions(append(dst, `},"positions":`...), v)
	return append(dst, `,"exchanges":[]}`...) // none is connected: the broker is ours
}
