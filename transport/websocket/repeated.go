package websocket

import "sync/atomic"

// repeated makes strings of which most are like the one before: thousands of
// connections then share one URI, host and origin instead of keeping a copy each.
// Any goroutine may use it.
type repeated struct {
	last atomic.Pointer[string]
}

// of returns p as a string.
func (r *repeated) of(p []byte) string {
	if last := r.last.Load(); last != nil && *last == string(p) {
		return *last
	}
	s := string(p)
	r.last.Store(&s)
	return s
}
