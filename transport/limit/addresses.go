package limit

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Addresses allow each address so many requests a second. Its methods may be
// called from any goroutine.
type Addresses struct {
	// immutable after construction
	now func() time.Time

	// atomic: a counter, and whether there is a limit
	refused atomic.Uint64
	limited atomic.Bool

	// Two generations, so that who comes often stays known and the others are
	// forgotten: a flood of addresses costs bounded memory.
	mu         sync.Mutex // guards the next block
	perSecond  rate.Limit // 0: no limit
	burst      int
	young, old map[netip.Addr]*rate.Limiter
}

// generation is how many addresses are kept in one map; a limiter takes some 100
// bytes.
const generation = 1 << 15

// NewAddresses allows perSecond on average and burst at once; perSecond 0 allows
// everything.
func NewAddresses(perSecond float64, burst int, now func() time.Time) *Addresses {
	a := &Addresses{now: now}
	a.Configure(perSecond, burst)
	return a
}

// Configure changes what is allowed. Where it is other than before, every address
// may have a burst again.
func (a *Addresses) Configure(perSecond float64, burst int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.perSecond == rate.Limit(perSecond) && a.burst == burst {
		return
	}
	a.perSecond, a.burst = rate.Limit(perSecond), burst
	a.young, a.old = nil, nil
	a.limited.Store(perSecond > 0)
}

// Allow reports whether an address may have another request, and counts it.
func (a *Addresses) Allow(address netip.Addr) bool {
	if !a.limited.Load() || a.limiter(subject(address)).AllowN(a.now(), 1) {
		return true
	}
	a.refused.Add(1)
	return false
}

// Refused is how many requests were not allowed.
func (a *Addresses) Refused() uint64 { return a.refused.Load() }

// subject is whom an address stands for: a household or a host has all of an
// IPv6 /64.
func subject(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if !address.Is6() {
		return address
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return address // cannot be: every IPv6 address has one
	}
	return prefix.Addr()
}

// limiter finds or makes the limiter of an address.
func (a *Addresses) limiter(address netip.Addr) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.young[address]
	if l != nil {
		return l
	}
	if l = a.old[address]; l == nil {
		l = rate.NewLimiter(a.perSecond, a.burst)
	}
	if a.young == nil || len(a.young) >= generation {
		a.old, a.young = a.young, make(map[netip.Addr]*rate.Limiter)
	}
	a.young[address] = l
	return l
}
