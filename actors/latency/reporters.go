package latency

import "time"

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
// counts once, whatever it sends, and those who are gone are forgotten. Guarded by
// Reports.mu.
type reporters struct {
	seconds [64]struct {
		at, browsers uint32
	}
}

// report moves a browser to now, unless it was there a moment ago.
func (r *reporters) report(browser *Reporter, now time.Time) bool {
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

// within returns how many browsers reported within reportersFor of now, or since:
// whoever asks may have looked at the clock before the second turned.
func (r *reporters) within(now time.Time) int {
	n, second := 0, uint32(now.Unix())
	for _, s := range r.seconds {
		if int32(second-s.at) <= int32(reportersFor/time.Second) {
			n += int(s.browsers)
		}
	}
	return n
}
