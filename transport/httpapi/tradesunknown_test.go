package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/actors/portfolio"
	"outcry/persistence"
)

// A commit fails, and what of it is on disk only a read shows: the executor is
// answered with that, and the next trade waits for nothing.
func TestATradeWhoseCommitFailedIsAnsweredWithWhatIsOnDisk(t *testing.T) {
	for _, happens := range []bool{false, true} {
		t.Run(fmt.Sprintf("on disk %t", happens), func(t *testing.T) {
			log := &syncBuffer{}
			options := actortest.DefaultOptions()
			options.Log = zerolog.New(log)
			engine := actortest.NewEngine(t, options)
			a := newAPI(t, func(o Options, deps AccountDeps, mux *http.ServeMux) {
				deps.Accounts = engine.Portfolios
				mux.Handle("/api/trades", Methods{http.MethodPost: NewTrades(NewLiveOptions(o), deps).ServeHTTP})
			})
			for i := range 3 {
				if i == 1 {
					engine.Journal.LoseOutcome(happens, errors.New("input/output error"))
				}
				id := fmt.Sprintf("t-%04d", i+1)
				got := a.postTrades(typeJSON, strings.Replace(goodTrade, "t-0001", id, 1))
				want := fmt.Sprintf(`{"success":true,"id":"%s","userId":"alice","status":"executed","version":%d,"duplicate":false}`+"\n", id, i+2)
				if got.status != http.StatusOK || got.body != want {
					t.Errorf("%d %s, want %s", got.status, got.body, want)
				}
			}
			if log.String() != "" || engine.Dispatcher.Stats().Panics != 0 {
				t.Errorf("%d actors failed; the log has %s", engine.Dispatcher.Stats().Panics, log)
			}
		})
	}
}

func TestATradeOfWhichNothingIsKnownIsNotSaidToBeLost(t *testing.T) {
	a := tradesAPI(t)
	a.accounts.record(func(*portfolio.Trade) (portfolio.TradeOutcome, error) {
		return portfolio.TradeOutcome{}, fmt.Errorf("%w: the disk is away", persistence.ErrUnknown)
	})
	p := a.postTrades(typeJSON, goodTrade).problem(t, http.StatusServiceUnavailable, "JOURNAL_UNAVAILABLE")
	if !strings.Contains(p.Detail, "not known") || !strings.Contains(p.Detail, "0 of 1 trades are known to be recorded") {
		t.Error(p.Detail)
	}
}
