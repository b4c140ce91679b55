package signin

import (
	"sync"
	"time"
)

// usedStates remember which sign-ins came back, so that none comes back twice: its
// cookie may have been copied, and a browser need not obey when we take it away.
// There are two generations, so that a flood costs a bounded memory.
type usedStates struct {
	mu    sync.Mutex // guards the next block
	young map[string]struct{}
	old   map[string]struct{}
	since time.Time // when young began
}

// statesGeneration is how many a generation holds.
const statesGeneration = 20_000

// use reports whether a state comes for the first time.
func (u *usedStates) use(state string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, again := u.young[state]; again {
		return false
	}
	if _, again := u.old[state]; again {
		return false
	}
	if u.young == nil || len(u.young) >= statesGeneration || now.Sub(u.since) > stateLifetime {
		u.old, u.young, u.since = u.young, make(map[string]struct{}), now
	}
	u.young[state] = struct{}{}
	return true
}
