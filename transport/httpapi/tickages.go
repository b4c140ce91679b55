package httpapi

import (
	"fmt"
	"time"
)

// ages notices a feed whose ticks were made over some time and read at once. Proxies such as
// nginx collect the body of a request by default: nothing arrives before the feed ends.
//
// owned by the request's goroutine
type ages struct {
	oldest, newest time.Time // of the ticks, as the feed gives them
	began, ended   time.Time // of reading them
}

const (
	// collectedAfter is how far apart ticks are made that are noticed.
	collectedAfter = time.Second
	// collectedShare is what part of that time reading them takes at most.
	collectedShare = 4
	// liveFor is how old the newest is at most: what is older was kept by the feed itself.
	liveFor = time.Minute
)

// see takes the time of a tick, if it has one, and when it was read.
func (a *ages) see(made, read time.Time) {
	if made.IsZero() {
		return
	}
	if a.began.IsZero() {
		a.oldest, a.newest, a.began = made, made, read
	}
	if made.Before(a.oldest) {
		a.oldest = made
	}
	if made.After(a.newest) {
		a.newest = made
	}
	a.ended = read
}

// notice says what it looks like, or is empty.
func (a *ages) notice() string {
	made, reading := a.newest.Sub(a.oldest), a.ended.Sub(a.began)
	if made < collectedAfter || reading > made/collectedShare || a.ended.Sub(a.newest) > liveFor {
		return ""
	}
	return fmt.Sprintf("ticks of %s came within %s: a proxy on the way seems to collect the request before it passes it on; "+
		"switch that off (proxy_request_buffering off in nginx), or send ticks over a WebSocket to the same address",
		made.Round(100*time.Millisecond), reading.Round(time.Millisecond))
}
