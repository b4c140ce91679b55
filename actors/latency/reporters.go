package latency

import (
	"sync"
	"time"
)

// reportInterval is how soon behind its last report a browser may send the next.
const reportInterval = 2 * time.Second

// reportersFor is how long a report counts its browser among those that report.
const reportersFor = time.Minute

// Reporter is what a browser's connection remembers of its reports. Its zero
// value has sent none.
type Reporter struct {
	at uint32 // Unix second of the newest
}

// reporters counts browsers by the second of their newest report, so that each
// counts once, whatever it sends, and those who are gone are forgotten.
type reporters struct {
	mu      sync.Mutex // guards seconds
	seconds [64]struct {
		at, browsers uint32
	}
}

// report moves a browser to now, unless it was there a moment ago.
func (r *reporters) report(browser *Reporter, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	second := uint32(now.Unix())
	if browser.at != 0 && second-browser.at < uint32(reportInterval/time.Second) {
		return false
	}
	if before := &r.seconds[browser.at%64]; before.at == browser.at && before.browsers > 0 {
		before.browsers--
	}
	s := &r.seconds[second%64]
	if s.at != second {
		s.at, s.browsers = second, 0
	}
	s.browsers++
	browser.at = second
	return true
}

// within returns how many browsers reported within reportersFor of now.
func (r *reporters) within(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, second := 0, uint32(now.Unix())
	for _, s := range r.seconds {
		if second-s.at <= uint32(reportersFor/time.Second) {
			n += int(s.browsers)
		}
	}
	return n
}
