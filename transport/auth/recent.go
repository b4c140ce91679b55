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
	identity  Identity
	notBefore time.Time // zero: always
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
	known, found := v.recent.find(token)
	now := v.now()
	if found && (known.identity.ExpiresAt.IsZero() || now.Before(known.identity.ExpiresAt)) && !now.Before(known.notBefore) {
		return known.identity, nil
	}
	identity, refusal := v.Verify(token)
	if refusal == nil {
		// What is good now was so already at now: a clock that is set back is
		// the only way to before it, and then the token is verified again.
		v.recent.add(token, verified{identity: identity, notBefore: now})
	}
	return identity, refusal
}
