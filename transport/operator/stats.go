package operator

// Stats is the answer of GET /api/operator/stats. Times are Unix milliseconds,
// shares between 0 and 1, percentiles 0 where their count is.
type Stats struct {
	Now         int64       `json:"now"`
	StartedAt   int64       `json:"startedAt"`
	Version     string      `json:"version"`
	Draining    bool        `json:"draining"`
	Alert       Alert       `json:"alert"`
	Connections Connections `json:"connections"`
	Freshness   Freshness   `json:"freshness"`
	Quotes      Quotes      `json:"quotes"`
	Mailboxes   []Mailbox   `json:"mailboxes"`
	Slow        []Slow      `json:"slow"` // worst first
	Drops       Drops       `json:"drops"`
	Feeds       Feeds       `json:"feeds"`
	Journal     Journal     `json:"journal"`
	Errors      Errors      `json:"errors"`
	Memory      Memory      `json:"memory"`
	Descriptors Descriptors `json:"descriptors"`
	Actors      Actors      `json:"actors"`
}

// Connections are browsers: those that are there, and, from TotalConnections on,
// what became of all since the start.
type Connections struct {
	Open       int   `json:"open"`
	WebSocket  int   `json:"websocket"`
	Polling    int   `json:"polling"`
	Sessions   int   `json:"sessions"` // let in
	Users      int   `json:"users"`
	NotReading int64 `json:"notReading"` // pollers between two polls among them

	TotalConnections uint64            `json:"totalConnections"`
	TotalWebSocket   uint64            `json:"totalWebsocket"` // that began so
	TotalPolling     uint64            `json:"totalPolling"`   // that began so
	Upgrades         uint64            `json:"upgrades"`       // of those that began by polling
	Refused          uint64            `json:"refused"`        // connects that did not get in
	Refusals         map[string]uint64 `json:"refusals"`       // the same, by cause
	FailedShare      float64           `json:"failedShare"`    // of all connects of the last minute
}

// Freshness is how long ticks take to browsers, in milliseconds.
type Freshness struct {
	BudgetMs float64   `json:"budgetMs"`
	Minute   Spread    `json:"minute"`
	Quarter  Spread    `json:"quarter"`
	Browsers *Browsers `json:"browsers"` // null where none reports
	Stages   []Stage   `json:"stages"`
	FeedLag  Quantiles `json:"feedLag"` // a tick's own time to its receipt
}

// Quantiles are those of Count measurements, in milliseconds.
type Quantiles struct {
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Count uint64  `json:"count"`
}

// Spread is from the receipt of a tick until it, or a newer one of its symbol, was
// written to a subscriber: once for each tick and subscriber.
type Spread struct {
	Quantiles
	Max float64 `json:"max"`
}

// Browsers is what browsers measured themselves.
type Browsers struct {
	Quantiles
	Reporters int `json:"reporters"`
}

// Stage is one part of the way through the engine: see latency.Stages.
type Stage struct {
	Name string `json:"name"` // ingest, flush or write
	Quantiles
}

// Quotes are rates of the last seconds.
type Quotes struct {
	TicksPerSecond   float64 `json:"ticksPerSecond"`
	UpdatesPerSecond float64 `json:"updatesPerSecond"` // ticks that reached a subscriber, merged or not
	QuotesPerSecond  float64 `json:"quotesPerSecond"`  // as written: each dialect is one
	BytesPerSecond   float64 `json:"bytesPerSecond"`
	Coalescing       float64 `json:"coalescing"` // updates that one quote brings; 0 without any
}

// The units of a Mailbox.
const (
	UnitMessages = "messages"
	UnitTicks    = "ticks"
	UnitCommands = "commands"
	UnitBytes    = "bytes"
)

// Mailbox is how full mailboxes of one kind are.
type Mailbox struct {
	Name string `json:"name"`
	// Depth is how much waits: of sessions in the fullest mailbox of the last
	// seconds, of all others together. Highest is the same since the start.
	Depth    int64  `json:"depth"`
	Highest  int64  `json:"highest"`
	Capacity int64  `json:"capacity"`
	Unit     string `json:"unit"`
	// Overflows are messages that were dropped or, for ticks, senders that had to wait.
	Overflows uint64 `json:"overflows"`
}

// Slow is a browser that does not read.
type Slow struct {
	UserID         string  `json:"userId"`
	SocketID       string  `json:"socketId"`
	Transport      string  `json:"transport"`
	BlockedMs      int64   `json:"blockedMs"`
	WaitingBytes   int64   `json:"waitingBytes"`
	FreshnessP95Ms *uint32 `json:"freshnessP95Ms,omitempty"` // as it last reported
}

// Drops are browsers that were cut off and messages that were dropped, since the
// start.
type Drops struct {
	SlowConsumers    uint64 `json:"slowConsumers"`
	MailboxOverflows uint64 `json:"mailboxOverflows"`
	PingTimeouts     uint64 `json:"pingTimeouts"`
	Floods           uint64 `json:"floods"`
}

// Feeds are where ticks come from.
type Feeds struct {
	State     string   `json:"state"`     // live, stale or down
	SilenceMs int64    `json:"silenceMs"` // since any feed was heard; 0 if none ever was
	Sources   []Source `json:"sources"`
}

// Source is one connected feed.
type Source struct {
	Name           string  `json:"name"`
	State          string  `json:"state"` // live or stale
	Accepted       uint64  `json:"accepted"`
	Refused        uint64  `json:"refused"`
	TicksPerSecond float64 `json:"ticksPerSecond"`
	LastHeard      int64   `json:"lastHeard"`
}

// Journal is how saving goes; its percentiles are of the commits of the last one
// to two minutes, in milliseconds.
type Journal struct {
	Available        bool    `json:"available"`
	Problem          string  `json:"problem,omitempty"`
	Commits          uint64  `json:"commits"`
	CommitsPerSecond float64 `json:"commitsPerSecond"`
	Queued           int     `json:"queued"`
	P50              float64 `json:"p50"`
	P95              float64 `json:"p95"`
	P99              float64 `json:"p99"`
	Bytes            int64   `json:"bytes"`
	FreeBytes        int64   `json:"freeBytes"`
	FreeInodes       *int64  `json:"freeInodes"` // null where its disk bounds none
	// ScrubbedAt is when the whole journal was last compared with itself, 0 before the
	// first time since the start. That Found so many problems since then, of which so
	// many were Repaired and Open are left; Damage says of some what they are and what to
	// do. DamagedAccounts are refused trades and orders.
	ScrubbedAt      int64    `json:"scrubbedAt"`
	Found           uint64   `json:"found"`
	Repaired        uint64   `json:"repaired"`
	Open            int      `json:"open"`
	DamagedAccounts int      `json:"damagedAccounts"`
	Damage          []string `json:"damage"`
}

// Errors are requests over HTTP and events of sockets that failed on our side.
type Errors struct {
	Rate   float64           `json:"rate"` // of all of the last minute
	Total  uint64            `json:"total"`
	ByKind map[string]uint64 `json:"byKind"`
}

// Memory is that of the process.
type Memory struct {
	RSSBytes   uint64 `json:"rssBytes"` // resident
	HeapBytes  uint64 `json:"heapBytes"`
	SysBytes   uint64 `json:"sysBytes"`
	Goroutines int    `json:"goroutines"`
}

// Descriptors are files and connections of the process.
type Descriptors struct {
	Open    int  `json:"open"`
	Limit   int  `json:"limit"`   // 0 where the system bounds none
	Reserve int  `json:"reserve"` // that connections leave free
	Full    bool `json:"full"`    // browsers are refused since there are no more
}

// Actors that failed since the start, and those of them that were restarted.
type Actors struct {
	Restarts uint64 `json:"restarts"`
	Failures uint64 `json:"failures"`
}
