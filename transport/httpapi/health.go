package httpapi

import "net/http"

// Health is the answer of GET /health. What the engine does not measure is
// left out rather than made up.
type Health struct {
	Status    string          `json:"status"` // healthy or unhealthy
	Version   string          `json:"version"`
	Uptime    float64         `json:"uptime"` // seconds
	WebSocket WebSocketHealth `json:"websocket"`
	Latency   LatencyHealth   `json:"latency"`
	Feed      FeedHealth      `json:"feed"`
	Memory    MemoryHealth    `json:"memory"`
}

// WebSocketHealth counts browsers.
type WebSocketHealth struct {
	Connections      int               `json:"connections"`      // open now
	TotalConnections uint64            `json:"totalConnections"` // since the start
	Sessions         int               `json:"sessions"`         // let in
	UniqueUsers      int               `json:"uniqueUsers"`
	NotReading       int64             `json:"notReading"` // browsers that do not keep up
	Refused          uint64            `json:"refused"`    // handshakes
	Closed           map[string]uint64 `json:"closed"`     // by us, by reason
	PingTimeouts     uint64            `json:"pingTimeouts"`
}

// LatencyHealth is what the pacing does.
type LatencyHealth struct {
	Budget    int64   `json:"budget"` // milliseconds
	Quotes    uint64  `json:"quotes"` // sent since the start
	BusyShare float64 `json:"busyShare"`
}

// FeedHealth is where ticks come from.
type FeedHealth struct {
	State    string       `json:"state"` // live, stale or down
	Symbols  int          `json:"symbols"`
	Accepted uint64       `json:"accepted"`
	Late     uint64       `json:"late"`
	Refused  uint64       `json:"refused"`
	Pending  int64        `json:"pending"`
	Sources  []FeedSource `json:"sources"`
}

// FeedSource is one connected feed.
type FeedSource struct {
	Name      string `json:"name"`
	Accepted  uint64 `json:"accepted"`
	Refused   uint64 `json:"refused"`
	LastHeard int64  `json:"lastHeard"` // Unix milliseconds
}

// MemoryHealth is the Go runtime's view, in bytes.
type MemoryHealth struct {
	HeapBytes uint64 `json:"heapBytes"`
	SysBytes  uint64 `json:"sysBytes"`
}

// NewHealth answers with what read returns: 200, or 503 when it is unhealthy.
func NewHealth(read func() Health) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		health := read()
		status := http.StatusOK
		if health.Status == "unhealthy" {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, health)
	})
}
