package transport

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"outcry/transport/auth"
	"outcry/transport/engineio"
	"outcry/transport/httpapi"
	"outcry/transport/websocket"
)

// gate refuses what pages ask that are not ours, and counts the handshakes.
type gate struct {
	// immutable after construction
	origins auth.Origins
	hosts   auth.Hosts

	// atomic: written by handshakes, read by anyone
	refused atomic.Uint64
}

// howToAdmit is said to who asks by a name that is not ours.
const howToAdmit = "in development mode, where everybody may sign in, this engine answers to localhost, to addresses, to the host it listens on, and to those of DASHBOARD_URL and FRONTEND_URL: set one of them to the address that its pages are opened by"

// handshake refuses those from other pages. On connections of its own it is the
// only one who looks, since net/http never sees them.
func (g *gate) handshake(r *websocket.Request) *websocket.Reject {
	switch {
	case !g.hosts.Allow(r.Host):
		g.refused.Add(1)
		return engineio.Forbidden(unknownHost(r.Host))
	case !g.origins.Allow(r.Origin, r.Host):
		g.refused.Add(1)
		return engineio.Forbidden("Origin not allowed: set DASHBOARD_URL or FRONTEND_URL to the page's address")
	}
	return nil
}

// byName lets requests in that ask by a name of ours, before anything looks at them.
func (g *gate) byName(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.hosts.Allow(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		if isSocketPath([]byte(r.URL.Path)) {
			g.refused.Add(1)
		}
		httpapi.WriteProblem(w, http.StatusForbidden, "FOREIGN_HOST", unknownHost(r.Host))
	})
}

func unknownHost(host string) string {
	return fmt.Sprintf("Host %.64q not allowed: %s", host, howToAdmit)
}
