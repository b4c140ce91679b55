package validation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Health is what a validation reads of GET /health.
type Health struct {
	Status    string           `json:"status"` // healthy, degraded or unhealthy
	Alert     string           `json:"alert"`
	Reasons   []string         `json:"reasons"`
	Draining  bool             `json:"draining"`
	Version   string           `json:"version"`
	Uptime    float64          `json:"uptime"`    // seconds
	ErrorRate float64          `json:"errorRate"` // share of the last minute's requests
	WebSocket *WebSocketHealth `json:"websocket"`
	Latency   LatencyHealth    `json:"latency"`
	Journal   JournalHealth    `json:"journal"`
}

// WebSocketHealth is who is connected.
type WebSocketHealth struct {
	Connections      int64    `json:"connections"`
	TotalConnections int64    `json:"totalConnections"`
	UniqueUsers      int64    `json:"uniqueUsers"`
	SuccessRate      *float64 `json:"successRate"` // share of the last minute's connects
}

// LatencyHealth is how fresh quotes were in the last minute, in milliseconds.
type LatencyHealth struct {
	P95    float64 `json:"p95"`
	Budget float64 `json:"budget"`
}

// JournalHealth says why nothing can be saved.
type JournalHealth struct {
	Problem string `json:"problem,omitempty"`
}

// lookAtHealth asks whether the server serves, by its own word.
func lookAtHealth(ctx context.Context, v *visit) finding {
	a, err := v.get(ctx, "/health")
	if err != nil {
		return v.trouble(err)
	}
	h, problem := parseHealth(a.body)
	if problem != "" {
		if a.status != http.StatusOK {
			return a.unexpected("/health")
		}
		return failed("look whether this is the right address, and which version runs there", "/health answers what is no health of a realtime engine: %s", problem)
	}
	v.health = h
	switch {
	case h.Draining:
		return failed("validate the engine that takes its place, or start it again", "it is shutting down")
	case a.status != http.StatusOK || h.Status == "unhealthy":
		return failed("mend what it names; trades are refused until then", "%d %s: %s", a.status, h.Status, shownReasons(h))
	case h.Status == "degraded":
		return warning("mend what it names; its operator console shows where it comes from", "degraded: %s", shownReasons(h))
	case h.Status != "healthy":
		return failed("look which version runs there", "status %.40q is none that is known", h.Status)
	}
	return good("%s", h.String())
}

// parseHealth reads the answer of /health, or says why it is none.
func parseHealth(body []byte) (h *Health, problem string) {
	if err := json.Unmarshal(body, &h); err != nil || h == nil {
		return nil, "it is not a JSON object of the contract"
	}
	switch {
	case h.Status == "":
		return nil, "it has no status"
	case h.WebSocket == nil:
		return nil, "it has no statistics of WebSockets (websocket)"
	}
	return h, ""
}

func shownReasons(h *Health) string {
	reasons := h.Reasons
	if h.Journal.Problem != "" {
		reasons = append([]string{h.Journal.Problem}, reasons...)
	}
	if len(reasons) == 0 {
		return "it gives no reason"
	}
	return fmt.Sprintf("%.400q", strings.Join(reasons, "; "))
}

// String says how the server is, in a line.
func (h *Health) String() string {
	text := fmt.Sprintf("%s, %.40q up %s; connected %d, users %d, connects so far %d",
		h.Status, h.Version, shownUptime(h.Uptime), h.WebSocket.Connections, h.WebSocket.UniqueUsers, h.WebSocket.TotalConnections)
	if rate := h.WebSocket.SuccessRate; rate != nil {
		text += fmt.Sprintf(", %.1f %% of the last minute's got in", 100**rate)
	}
	return text + fmt.Sprintf("; P95 %.1f ms, %.1f %% errors", h.Latency.P95, 100*h.ErrorRate)
}

func shownUptime(seconds float64) time.Duration {
	const century = 100 * 365 * 24 * 60 * 60 // a Duration holds little more
	return time.Duration(max(0, min(seconds, century))) * time.Second
}
