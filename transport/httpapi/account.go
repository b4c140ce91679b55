package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/portfolio"
	"outcry/persistence"
	"outcry/transport/auth"
)

// Accounts hands messages to users' accounts; portfolio.Portfolios does. A
// message that was not taken is an error: persistence.ErrUnavailable or
// persistence.ErrClosed, wrapped.
type Accounts interface {
	// Tell never blocks.
	Tell(userID string, message any) error
	// TellWait waits for room until ctx ends.
	TellWait(ctx context.Context, userID string, message any) error
}

var _ Accounts = (*portfolio.Portfolios)(nil)

// AccountDeps are what the requests about accounts work with.
type AccountDeps struct {
	Accounts Accounts
	Verifier *auth.Verifier
	Refused  *RefusedBodies // nil counts nothing
	Tracer   Tracer         // nil follows nothing
	Log      zerolog.Logger
	Now      func() time.Time
}

// ask sends a message and returns its reply, or the error that there was none
// in time. reply is safe to call later.
func ask[T any](ctx context.Context, timeout time.Duration, send func(ctx context.Context, reply func(T, error)) error) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	err := send(ctx, func(value T, err error) { answers <- answer{value, err} })
	if err == nil {
		select {
		case a := <-answers:
			return a.value, a.err
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	var none T
	return none, err
}

// view asks for an account as it is now.
func (d AccountDeps) view(ctx context.Context, userID string, timeout time.Duration) (portfolio.Account, error) {
	return ask(ctx, timeout, func(_ context.Context, reply func(portfolio.Account, error)) error {
		return d.Accounts.Tell(userID, &portfolio.View{Reply: reply})
	})
}

// accountProblem is what a client is told of an error of an account.
func accountProblem(err error) Problem {
	var conflict *portfolio.IDConflict
	switch {
	case errors.As(err, &conflict):
		return Problem{Status: http.StatusConflict, Code: "ID_CONFLICT", Field: conflict.Field, Detail: err.Error()}
	case errors.Is(err, persistence.ErrClosed):
		return Problem{Status: http.StatusServiceUnavailable, Code: "STOPPING", Detail: "the engine is stopping: try again in a moment"}
	case errors.Is(err, persistence.ErrUnknown):
		return Problem{Status: http.StatusServiceUnavailable, Code: "JOURNAL_UNAVAILABLE",
			Detail: "the journal failed and it is not known whether this was recorded: look before you repeat what has no id"}
	case errors.Is(err, persistence.ErrUnavailable):
		return Problem{Status: http.StatusServiceUnavailable, Code: "JOURNAL_UNAVAILABLE", Detail: "nothing can be recorded now: try again in a moment"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Problem{Status: http.StatusServiceUnavailable, Code: "TIMEOUT", Detail: "the account did not answer in time: try again in a moment"}
	case errors.Is(err, persistence.ErrCorrupt):
		return Problem{Status: http.StatusServiceUnavailable, Code: codeDamaged, Detail: "what the journal holds of the account is damaged, and nothing is recorded for it until an operator has restored it: try again later"}
	case errors.Is(err, portfolio.ErrRefused), errors.Is(err, persistence.ErrInvalid):
		return Problem{Status: http.StatusUnprocessableEntity, Code: "REFUSED", Detail: err.Error()}
	}
	return Problem{Status: http.StatusInternalServerError, Code: "ACCOUNT_FAILED", Detail: "the account cannot be read: the engine's log says why"}
}

// codeDamaged is of an account whose part of the journal is damaged.
const codeDamaged = "JOURNAL_DAMAGED"

// After how many seconds a client should try again: in a moment, or where an operator
// has to act.
const retryAfterSeconds, retryDamagedAfterSeconds = "1", "60"

// fail answers with an error of an account. What a client cannot mend is logged.
func (d AccountDeps) fail(w http.ResponseWriter, userID string, err error) {
	p := accountProblem(err)
	d.logFailure(p, userID, err)
	writeAccountProblem(w, p)
}

func (d AccountDeps) logFailure(p Problem, userID string, err error) {
	if p.Status == http.StatusInternalServerError {
		d.Log.Error().Err(err).Str("user", userID).Msg("account failed")
	}
}

func writeAccountProblem(w http.ResponseWriter, p Problem) {
	if p.Status == http.StatusServiceUnavailable {
		after := retryAfterSeconds
		if p.Code == codeDamaged {
			after = retryDamagedAfterSeconds
		}
		w.Header().Set("Retry-After", after)
	}
	writeProblem(w, p)
}

// writeEncoded writes a body that is JSON already.
func writeEncoded(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(body) // the client is gone if this fails
}
