package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"outcry/actors/portfolio"
	"outcry/persistence"
)

// recording is the trades of one request on their way to the journal.
type recording struct {
	trades   []*pendingTrade
	complete bool // every trade has its reply

	// atomic: written by accounts, read by the request
	pending, durable atomic.Int64
	done             chan struct{} // closed by the last reply
}

// pendingTrade is one of them. Its reply is the account's to write, and the
// request's to read once the recording is complete.
type pendingTrade struct {
	message portfolio.RecordTrade
	userID  string
	line    uint64
	of      *recording

	outcome portfolio.TradeOutcome
	err     error
}

func newRecording(trades []*pendingTrade) *recording {
	r := &recording{trades: trades, done: make(chan struct{})}
	r.pending.Store(int64(len(trades)))
	if len(trades) == 0 {
		close(r.done)
	}
	return r
}

// run tells each trade to its account and waits for all replies until ctx ends.
func (r *recording) run(ctx context.Context, accounts Accounts) (complete bool) {
	var err error
	for _, t := range r.trades {
		t.of, t.message.Reply = r, t.settle
		if err == nil {
			err = accounts.TellWait(ctx, t.userID, &t.message)
		}
		if err != nil { // nor were those after it told
			t.settle(portfolio.TradeOutcome{}, err)
		}
	}
	select {
	case <-r.done:
		r.complete = true
	case <-ctx.Done():
	}
	return r.complete
}

// settle takes the reply of the account.
func (t *pendingTrade) settle(outcome portfolio.TradeOutcome, err error) {
	t.message.Trace.End(err)
	t.outcome, t.err = outcome, err
	if err == nil {
		t.of.durable.Add(1)
	}
	if t.of.pending.Add(-1) == 0 {
		close(t.of.done)
	}
}

// answer of a trade that was recorded.
func (t *pendingTrade) answer() TradeAnswer {
	a := TradeAnswer{Success: true, ID: t.message.Trade.ID, UserID: t.userID, Status: "executed", Version: t.outcome.Version, Duplicate: t.outcome.Duplicate}
	if t.outcome.Failed {
		a.Status = "failed"
	}
	return a
}

// recorded returns how many trades are durable so far.
func (r *recording) recorded() int { return int(r.durable.Load()) }

// duplicates of a complete recording.
func (r *recording) duplicates() (n int) {
	for _, t := range r.trades {
		if t.outcome.Duplicate {
			n++
		}
	}
	return n
}

// unknown reports of a complete recording whether there is a trade of which it is
// not known if it was recorded.
func (r *recording) unknown() bool {
	return slices.ContainsFunc(r.trades, func(t *pendingTrade) bool { return errors.Is(t.err, persistence.ErrUnknown) })
}

// problem is what a client is told of a complete recording with errors: the first that
// trying again may mend, else the first few that it will not. Of these a conflict of ids
// counts most: its executor makes ids that are not an account's only ones.
func (r *recording) problem(deps AccountDeps) (p Problem) {
	var errs []LineError
	for _, t := range r.trades {
		if t.err == nil {
			continue
		}
		of := accountProblem(t.err)
		if !of.final() {
			deps.logFailure(of, t.userID, t.err)
			if of.Code == codeDamaged { // which one, so that the trades of others can be sent without it
				of.Detail = fmt.Sprintf("account %s: %s", t.userID, of.Detail)
			}
			return of
		}
		if p.Status != http.StatusConflict {
			p = of
		}
		if len(errs) < maxLineErrors {
			errs = append(errs, LineError{Line: t.line, Field: of.Field, Message: t.err.Error()})
		}
	}
	p.Errors = errs
	return p
}

// final reports whether a problem is of what was sent, so that sending it again does not
// mend it.
func (p *Problem) final() bool {
	return p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusConflict
}
