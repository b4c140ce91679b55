package auth

import (
	"sync"
	"time"
)

// recentTokens remembers tokens that were verified, by their text: an executor
// sends the same one with thousands of requests a second, and to verify it took
// a seventh of the processor's time. There are two generations, so that what is
// used stays and the rest is forgotten.
type recentTokens struct {
	mu    sync.Mutex // guards the next block
	young map[string]verified
	old   map[string]verified
}

// verified is what a token said that was good.
type verified struct {
	identity Identity
	at       time.Time // when it was verified
}

// recentTrust is how long a token is taken for good without another look: its key
// may be withdrawn meanwhile, as an issuer does with one that got lost.
const recentTrust = time.Minute

// holds reports whether the token is good now, too. A clock that is set back is the
// only way to before at, and then the token is verified again.
func (v verified) holds(now time.Time) bool {
	return !now.Before(v.at) && now.Sub(v.at) < recentTrust && (v.identity.ExpiresAt.IsZero() || now.Before(v.identity.ExpiresAt))
}

// recentGeneration is how many tokens a generation holds.
const recentGeneration = 256

// find returns what a token said.
func (r *recentTokens) find(token string) (verified, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, found := r.young[token]; found {
		return v, true
	}
	v, found := r.old[token]
	if found {
		r.keep(token, v)
	}
	return v, found
}

// add remembers a token.
func (r *recentTokens) add(token string, v verified) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(token, v)
}

// keep needs mu.
func (r *recentTokens) keep(token string, v verified) {
	if r.young == nil || len(r.young) >= recentGeneration {
		r.old, r.young = r.young, make(map[string]verified)
	}
	r.young[token] = v
}

// VerifyRequest is Verify for requests, of which many come with the same token.
// The token's times are looked at each time.
func (v *Verifier) VerifyRequest(token string) (Identity, *Refusal) {
	now := v.now()
	if known, found := v.recent.find(token); found && known.holds(now) {
		return known.identity, nil
	}
	identity, refusal := v.Verify(token)
	if refusal == nil {
		v.recent.add(token, verified{identity: identity, at: now})
	}
	return identity, refusal
}
