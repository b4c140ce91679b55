package engineio

import (
	"net/http"
	"sync/atomic"

	"outcry/transport/websocket"
)

// Cause is why a request was refused.
type Cause string

// The causes. All but the last are of handshakes, and so of clients that did not
// get in.
const (
	CauseDraining   Cause = "draining"
	CauseFull       Cause = "full"
	CauseAddress    Cause = "addressLimit"
	CauseOrigin     Cause = "origin"
	CauseHandshake  Cause = "badHandshake"
	CauseBadSession Cause = "badSession" // a session's request that is not served
)

var causes = [...]Cause{CauseDraining, CauseFull, CauseAddress, CauseOrigin, CauseHandshake, CauseBadSession}

// refusals count what was refused, by cause.
type refusals struct {
	// atomic: written by loops and requests, read by Counts
	byCause [len(causes)]atomic.Uint64
}

// count notes a refusal; sid is that of the request, "" for a handshake.
func (r *refusals) count(sid string, reject *websocket.Reject) {
	cause := causeOf(sid, reject)
	for i := range causes {
		if causes[i] == cause {
			r.byCause[i].Add(1)
		}
	}
}

func causeOf(sid string, reject *websocket.Reject) Cause {
	switch {
	case sid != "":
		return CauseBadSession
	case reject == shuttingDown:
		return CauseDraining
	case reject == full:
		return CauseFull
	case reject.Status == http.StatusTooManyRequests:
		return CauseAddress
	case reject.Status == http.StatusForbidden:
		return CauseOrigin
	}
	return CauseHandshake
}

func (r *refusals) read() (total uint64, byCause map[Cause]uint64) {
	byCause = make(map[Cause]uint64, len(causes))
	for i := range causes {
		if n := r.byCause[i].Load(); n > 0 {
			byCause[causes[i]] = n
			total += n
		}
	}
	return total, byCause
}
