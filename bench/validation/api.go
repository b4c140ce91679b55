package validation

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// apiAnswer is what a validation reads of GET /api.
type apiAnswer struct {
	Name      string   `json:"name"`
	Version   string   `json:"version"`
	Features  []string `json:"features"`
	Endpoints struct {
		WebSocket struct {
			URL        string   `json:"url"`
			Transports []string `json:"transports"`
			Events     struct {
				Client map[string]any `json:"client"`
				Server map[string]any `json:"server"`
			} `json:"events"`
		} `json:"websocket"`
	} `json:"endpoints"`
}

// lookAtAPI asks the server what it is.
func lookAtAPI(ctx context.Context, v *visit) finding {
	a, err := v.get(ctx, "/api")
	if err != nil {
		return v.trouble(err)
	}
	if a.status != http.StatusOK {
		return a.unexpected("/api")
	}
	const other = "look which application answers at /api, and which version of it"
	var api apiAnswer
	if err := json.Unmarshal(a.body, &api); err != nil {
		return failed(other, "/api answers what is not JSON of the contract: %.120q", err.Error())
	}
	if lacks := api.lacks(); len(lacks) > 0 {
		return failed(other, "the answer of /api lacks %s", strings.Join(lacks, ", "))
	}
	socket := api.Endpoints.WebSocket
	if v.url.Scheme == "https" && !strings.HasPrefix(socket.URL, "wss:") {
		return warning("let the proxy before the server send X-Forwarded-Proto: https", "/api sends clients to %.80q, though it is asked by https: browsers refuse that", socket.URL)
	}
	return good("%.40q version %.40q, %d features; %.80q by %.60q, %d events from clients and %d from the server", api.Name, api.Version, len(api.Features),
		socket.URL, strings.Join(socket.Transports, ", "), len(socket.Events.Client), len(socket.Events.Server))
}

// lacks returns what the contract promises and the answer does not have.
func (a *apiAnswer) lacks() (names []string) {
	realtime := func(feature string) bool { return strings.Contains(feature, "Real-time") }
	socket := a.Endpoints.WebSocket
	for _, promise := range []struct {
		name string
		kept bool
	}{
		{"name", a.Name != ""},
		{"version", a.Version != ""},
		{"a feature that says Real-time", slices.ContainsFunc(a.Features, realtime)},
		{"endpoints.websocket.url", socket.URL != ""},
		{"websocket among endpoints.websocket.transports", slices.Contains(socket.Transports, "websocket")},
		{"endpoints.websocket.events.client", len(socket.Events.Client) > 0},
		{"endpoints.websocket.events.server", len(socket.Events.Server) > 0},
	} {
		if !promise.kept {
			names = append(names, promise.name)
		}
	}
	return names
}
