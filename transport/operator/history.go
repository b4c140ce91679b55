package operator

import "time"

const (
	// Interval is the time between two readings.
	Interval = 5 * time.Second
	minute   = int(time.Minute / Interval)
	quarter  = 15 * minute
	hour     = 60 * minute
)

// MaxMinutes is how far back History goes.
const MaxMinutes = hour / minute

// Point is one interval of the history, which ends at T. What was not measured in
// it is null.
type Point struct {
	T                int64    `json:"t"`
	P50              *float64 `json:"p50"`
	P95              *float64 `json:"p95"`
	P99              *float64 `json:"p99"`
	TicksPerSecond   float64  `json:"ticksPerSecond"`
	UpdatesPerSecond float64  `json:"updatesPerSecond"`
	Coalescing       *float64 `json:"coalescing"`
	Connections      int      `json:"connections"`
	WebSocket        int      `json:"websocket"`
	Polling          int      `json:"polling"`
	Users            int      `json:"users"`
	ErrorRate        float64  `json:"errorRate"`
	MailboxDepth     int64    `json:"mailboxDepth"` // messages that wait, of all kinds
	NotReading       int64    `json:"notReading"`
	JournalP95       *float64 `json:"journalP95"`
	RSSBytes         uint64   `json:"rssBytes"`
}

// History is the answer of GET /api/operator/history.
type History struct {
	IntervalMs int64   `json:"intervalMs"`
	Points     []Point `json:"points"` // the oldest first
}

// ring keeps the points of the last hour.
type ring struct {
	points []Point
	next   int // where the oldest is, once it is full
}

func (r *ring) add(p Point) {
	if len(r.points) < hour {
		r.points = append(r.points, p)
		return
	}
	r.points[r.next] = p
	r.next = (r.next + 1) % hour
}

// newest returns up to n points, the oldest first.
func (r *ring) newest(n int) []Point {
	n = min(n, len(r.points))
	points := make([]Point, 0, n)
	for k := range n {
		points = append(points, r.points[(r.next+len(r.points)-n+k)%len(r.points)])
	}
	return points
}
