package httpapi

import (
	"net/http"
	"strings"

	"outcry/transport/wire"
)

// About is the answer of GET /api: what this server is and how to talk to it.
type About struct {
	Name      string    `json:"name"`
	Version   string    `json:"version"`
	Features  []string  `json:"features"`
	Endpoints Endpoints `json:"endpoints"`
}

// Endpoints are where to talk to it.
type Endpoints struct {
	WebSocket SocketEndpoint    `json:"websocket"`
	HTTP      map[string]string `json:"http"` // what each answers, by method and path
}

// SocketEndpoint is where browsers connect with a Socket.IO client.
type SocketEndpoint struct {
	URL        string       `json:"url"` // as the client takes it
	Path       string       `json:"path"`
	Transports []string     `json:"transports"`
	Events     SocketEvents `json:"events"`
}

// SocketEvents are what may be said on a socket, by name.
type SocketEvents struct {
	Client wire.EventNames `json:"client"` // from browsers
	Server wire.EventNames `json:"server"` // to browsers
}

// AboutOptions are what an engine says of itself.
type AboutOptions struct {
	Version    string
	SocketPath string
	TLS        bool // in the process: behind a proxy X-Forwarded-Proto says so
}

// NewAbout answers GET /api.
func NewAbout(o AboutOptions) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme := "ws://"
		if o.TLS || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
			scheme = "wss://"
		}
		WriteJSON(w, http.StatusOK, About{
			Name: "Outcry", Version: o.Version, Features: features(),
			Endpoints: Endpoints{
				WebSocket: SocketEndpoint{
					URL: scheme + r.Host, Path: o.SocketPath, Transports: []string{"websocket", "polling"},
					Events: SocketEvents{Client: wire.ClientEvents(), Server: wire.ServerEvents()},
				},
				HTTP: Routes(),
			},
		})
	}
}

func features() []string {
	return []string{
		"Real-time quotes, coalesced under a latency budget",
		"Real-time portfolio values and trade notices, each trade on disk before it is acknowledged",
		"Exact recovery of missed notices after a lost connection",
		"Paper orders: market and limit",
		"Freshness of every quote: live, quiet, stale or halted",
		"Metrics for Prometheus",
	}
}

// Routes are what is served over HTTP, beside the dashboard.
func Routes() map[string]string {
	return map[string]string{
		"GET /health":                "how the server is",
		"GET /live":                  "the process is up",
		"GET /ready":                 "traffic may come",
		"GET /metrics":               "metrics for Prometheus",
		"GET /api":                   "this",
		"GET /api/portfolio":         "an account and what it is worth",
		"GET /api/portfolio/history": "its equity curve",
		"GET /api/trades":            "its trades, and orders that came to none",
		"POST /api/trades":           "records trades (role executor)",
		"GET /api/orders":            "open orders",
		"POST /api/orders":           "places a paper order",
		"DELETE /api/orders/{id}":    "cancels one",
		"GET /api/trader/bots":       "trading bots, of which there are none",
		"GET /api/quotes":            "the newest quotes",
		"GET /api/symbols":           "finds symbols",
		"POST /api/ticks":            "takes ticks as they come (role feed)",
		"GET /api/ticks":             "takes them over a WebSocket, which every proxy passes on (role feed)",
		"GET /api/operator/stats":    "what the engine does now (role operator)",
		"GET /api/operator/history":  "and did in the last hour (role operator)",
		"GET /api/operator/settings": "its settings; PATCH changes them (role operator)",
		"GET /api/operator/audit":    "who changed them (role operator)",
		"GET /api/operator/backup":   "a backup of the journal (role operator)",
		"GET /auth/status":           "who is signed in",
		"GET /auth/discord":          "signs in by Discord",
		"POST /auth/logout":          "signs out",
	}
}
