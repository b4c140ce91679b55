package auth

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// wrongClaims logs which claims tokens were refused for. Whoever can connect can cause
// it, so it says each once in a while.
type wrongClaims struct {
	// immutable after construction
	log zerolog.Logger
	now func() time.Time

	mu   sync.Mutex           // guards the next block
	said map[string]time.Time // when, by claim
}

// wrongClaimInterval is the least time between two lines about one claim.
const wrongClaimInterval = time.Minute

// note logs a refusal if it is about a claim that was not logged a moment ago.
func (w *wrongClaims) note(r *Refusal) {
	if r.claim == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if last, found := w.said[r.claim]; found && now.Sub(last) < wrongClaimInterval {
		return
	}
	if w.said == nil {
		w.said = make(map[string]time.Time)
	}
	w.said[r.claim] = now
	w.log.Warn().Str("claim", r.claim).Str("reason", r.Hint).Msg("tokens are refused for a claim: have their issuer mend it")
}
