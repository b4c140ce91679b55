package httpapi

import (
	"net/http"
	"time"
)

// Health is the answer of GET /health. What the engine does not measure is
// left out rather than made up.
type Health struct {
	// Status is healthy; degraded while the alert is critical; unhealthy, with 503,
	// while it stops or nothing can be saved.
	Status    string          `json:"status"`
	Alert     string          `json:"alert"`     // normal, warning or critical
	Reasons   []string        `json:"reasons"`   // of the alert
	ErrorRate float64         `json:"errorRate"` // share of the last minute's requests and events that failed
	Draining  bool            `json:"draining"`
	Version   string          `json:"version"`
	Uptime    float64         `json:"uptime"`        // seconds
	TLS       *TLSHealth      `json:"tls,omitempty"` // not without TLS
	WebSocket WebSocketHealth `json:"websocket"`
	Latency   LatencyHealth   `json:"latency"`
	Feed      FeedHealth      `json:"feed"`
	Accounts  AccountsHealth  `json:"accounts"`
	Journal   JournalHealth   `json:"journal"`
	Limits    LimitsHealth    `json:"limits"`
	Memory    MemoryHealth    `json:"memory"`
	// Descriptors are left out where the system bounds none.
	Descriptors *DescriptorsHealth `json:"descriptors,omitempty"`
}

// DescriptorsHealth is how many files and connections the process has open.
type DescriptorsHealth struct {
	Open  int `json:"open"`
	Limit int `json:"limit"` // the hard RLIMIT_NOFILE
	// Reserve of them are kept for the journal and the engine: connections stop before.
	Reserve int `json:"reserve"`
	// Full says that browsers are refused since there are no more.
	Full bool `json:"full"`
}

// TLSHealth is what the listener shows.
type TLSHealth struct {
	CertificateExpiresAt time.Time `json:"certificateExpiresAt"`
}

// LimitsHealth counts what limits refused since the start.
type LimitsHealth struct {
	Dials   uint64 `json:"dials"`   // handshakes of addresses that open too many connections
	Sockets uint64 `json:"sockets"` // sockets of users who have too many
	Events  uint64 `json:"events"`  // events of sockets that send too many
	Floods  uint64 `json:"floods"`  // sockets that were closed since they went on

	Full          uint64 `json:"full"`          // handshakes for which there was no room
	Origins       uint64 `json:"origins"`       // handshakes from pages that are not ours
	Credentials   uint64 `json:"credentials"`   // sockets that nobody's credentials let in
	Silent        uint64 `json:"silent"`        // connections that did not sign in in time
	Subscriptions uint64 `json:"subscriptions"` // requests for more symbols than are allowed
	Messages      uint64 `json:"messages"`      // that were too large, each of which ended its connection
	LargeHeads    uint64 `json:"largeHeads"`    // request heads of fresh connections
	SlowHeads     uint64 `json:"slowHeads"`     // of these, and TLS handshakes
	LargeBodies   uint64 `json:"largeBodies"`   // of orders and trades
	SlowBodies    uint64 `json:"slowBodies"`
	Crowded       uint64 `json:"crowded"` // connections without a request, closed since others needed their descriptors
}

// WebSocketHealth counts browsers.
type WebSocketHealth struct {
	Connections      int               `json:"connections"`      // open now
	Limit            int               `json:"limit"`            // how many there may be; 0 is without bound
	WebSocket        int               `json:"websocket"`        // of these
	Polling          int               `json:"polling"`          // of these
	TotalConnections uint64            `json:"totalConnections"` // since the start
	Upgrades         uint64            `json:"upgrades"`         // from polling to WebSocket
	SuccessRate      float64           `json:"successRate"`      // share of the last minute's connects that got in
	Sessions         int               `json:"sessions"`         // let in
	UniqueUsers      int               `json:"uniqueUsers"`
	NotReading       int64             `json:"notReading"` // browsers that do not keep up
	Refused          uint64            `json:"refused"`    // handshakes
	Closed           map[string]uint64 `json:"closed"`     // by us, by reason
	// Recoverable sessions have ended, and their browsers may still come back.
	Recoverable  int    `json:"recoverable"`
	PingTimeouts uint64 `json:"pingTimeouts"`
}

// LatencyHealth is freshness, and what the pacing does for it.
type LatencyHealth struct {
	// P50, P95 and P99 are from the receipt of a tick to its write to a subscriber,
	// over the last minute, in milliseconds; of Count ticks, 0 if there were none.
	P50       float64 `json:"p50"`
	P95       float64 `json:"p95"`
	P99       float64 `json:"p99"`
	Count     uint64  `json:"count"`
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

// AccountsHealth counts portfolios and what is asked of them, since the start
// unless it says otherwise.
type AccountsHealth struct {
	Loaded     int    `json:"loaded"`  // in memory now
	Pending    int64  `json:"pending"` // trades and orders that wait to be durable
	Trades     uint64 `json:"trades"`
	Duplicates uint64 `json:"duplicates"` // answered with their first outcome
	Orders     uint64 `json:"orders"`
	Rejected   uint64 `json:"rejected"` // orders
	Resting    int64  `json:"resting"`  // paper orders that wait for their price, now
	Failures   uint64 `json:"failures"` // accounts that could not be loaded, or failed
}

// JournalHealth is how saving goes. While it is unavailable quotes go on, and
// trades and orders are refused.
type JournalHealth struct {
	Available bool `json:"available"`
	// Problem says why it is not, and what to do.
	Problem string        `json:"problem,omitempty"`
	Commits uint64        `json:"commits"`
	Entries uint64        `json:"entries"`
	Queued  int           `json:"queued"`
	Latency CommitLatency `json:"latency"`
	Bytes   int64         `json:"bytes"`
	Free    int64         `json:"freeBytes"` // of its disk
	// FreeInodes of its disk; below ReserveInodes nothing is written. Both are left out
	// where the disk bounds none.
	FreeInodes    *int64 `json:"freeInodes,omitempty"`
	ReserveInodes *int64 `json:"reserveInodes,omitempty"`
	// Restored entries were lost by the database and put back from copies, since the
	// start: nothing is missing, and the disk needs a look.
	Restored uint64      `json:"restored"`
	Scrub    ScrubHealth `json:"scrub"`
}

// ScrubHealth is what comparing the journal with itself found. The log and the
// operator console name it: /health needs no sign-in, and accounts are private.
type ScrubHealth struct {
	Passes uint64 `json:"passes"` // over the whole journal, since the start
	// EndedAt is when the last pass ended, nil before the first; it took so many
	// Seconds and read so many Bytes.
	EndedAt *time.Time `json:"endedAt,omitempty"`
	Seconds float64    `json:"seconds"`
	Bytes   int64      `json:"bytes"`
	// Found problems since the start, of which so many were Repaired; Open ones are left.
	Found    uint64 `json:"found"`
	Repaired uint64 `json:"repaired"`
	Open     int    `json:"open"`
	// DamagedAccounts are refused trades and orders until they are restored.
	DamagedAccounts int `json:"damagedAccounts"`
}

// CommitLatency is that of the last one to two minutes' commits, in milliseconds.
type CommitLatency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// MemoryHealth is what the process takes, and the Go runtime's view, in bytes.
type MemoryHealth struct {
	RSSBytes  uint64 `json:"rssBytes"`
	HeapBytes uint64 `json:"heapBytes"`
	SysBytes  uint64 `json:"sysBytes"`
	// Goroutines is how many there are.
	Goroutines int `json:"goroutines"`
}

// Live answers that the process is up.
func Live(w http.ResponseWriter, _ *http.Request) {
	WriteJSON(w, http.StatusOK, map[string]string{"status": "live"})
}

// NewReady answers whether traffic may come: 200, or 503 and the reason that why
// returns.
func NewReady(why func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if reason := why(); reason != "" {
			WriteJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "reason": reason})
			return
		}
		WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	})
}

// NewHealth answers with what read returns: 200, or 503 when it is unhealthy.
func NewHealth(read func() Health) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		health := read()
		status := http.StatusOK
		if health.Status == "unhealthy" {
			status = http.StatusServiceUnavailable
		}
		WriteJSON(w, status, health)
	})
}
