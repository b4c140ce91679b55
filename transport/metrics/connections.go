package metrics

import (
	"maps"

	"outcry/transport/engineio"
)

// connections are browsers: those that are there, and what became of all.
var connections = []family{
	{"outcry_connections", "Browsers that are connected.", gauge, []string{"transport"}, func(r *Reading, say *sayer) {
		say.value(float64(r.Sample.Connections.WebSocket), "websocket")
		say.value(float64(r.Sample.Connections.Polling), "polling")
	}},
	{"outcry_connections_limit", "How many may be: the setting engineio.max_connections, or fewer where descriptors end before. 0 is without bound.", gauge, nil, one(func(r *Reading) float64 { return float64(r.MostBrowsers) })},
	{"outcry_connections_opened_total", "Connections that browsers began, by the transport they began with.", counter, []string{"transport"}, func(r *Reading, say *sayer) {
		say.value(float64(r.Sample.Connections.TotalWebSocket), "websocket")
		say.value(float64(r.Sample.Connections.TotalPolling), "polling")
	}},
	{"outcry_connections_upgraded_total", "Connections that changed from polling to WebSocket.", counter, nil, one(func(r *Reading) float64 {
		return float64(r.Sample.Connections.Upgrades)
	})},
	{"outcry_connects_total", "Everything that clients tried in order to connect, refused or not.", counter, nil, one(func(r *Reading) float64 {
		return float64(r.Sample.Connects)
	})},
	{"outcry_connects_refused_total", "Connects that did not get in: for their handshake, their credentials, or as one too many.", counter, []string{"cause"}, func(r *Reading, say *sayer) {
		sayAll(say, refusalCauses, r.Sample.Connections.Refusals)
	}},
	{"outcry_received_bytes_total", "Bytes that came from browsers: over WebSocket, and the heads of other requests. Under TLS those that were inside.", counter, nil, one(func(r *Reading) float64 {
		return float64(r.Received)
	})},
	{"outcry_ping_timeouts_total", "Connections that were ended since the browser did not answer a ping.", counter, nil, one(func(r *Reading) float64 {
		return float64(r.Sample.Drops.PingTimeouts)
	})},
	{"outcry_sessions", "Sessions: browsers that were let in.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Sessions.Live) })},
	{"outcry_sessions_recoverable", "Sessions that have ended and whose browsers may still go on where they were.", gauge, nil, one(func(r *Reading) float64 {
		return float64(r.Sessions.Recoverable)
	})},
	{"outcry_sessions_opened_total", "Sessions that were opened.", counter, nil, one(func(r *Reading) float64 { return float64(r.Sessions.Total) })},
	{"outcry_sessions_closed_total", "Sessions that the engine closed; slow consumers are browsers that did not read for too long.", counter, []string{"reason"}, func(r *Reading, say *sayer) {
		sayAll(say, nil, r.Sessions.Closed)
	}},
	{"outcry_users", "Different users among the sessions.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Sessions.Users) })},
	{"outcry_browsers_not_reading", "Browsers that do not take what is written to them right now; pollers between two polls among them.", gauge, nil, one(func(r *Reading) float64 {
		return float64(r.Sessions.Blocked)
	})},
}

// refusalCauses are said from the start, so that the first refusal is a rise to
// whoever watches. Those of credentials are codes of the wire contract.
var refusalCauses = []string{
	string(engineio.CauseDraining), string(engineio.CauseFull), string(engineio.CauseAddress), string(engineio.CauseOrigin), string(engineio.CauseHandshake),
	"NO_SESSION_ID", "INVALID_SESSION", "USER_MISMATCH", "TOKEN_EXPIRED", "INVALID_TOKEN", "TOKEN_NOT_BEFORE", "UNAVAILABLE", "userLimit",
}

// sayAll says counts by the value of one label, 0 for those of a list that are not
// among them.
func sayAll(say *sayer, always []string, counts map[string]uint64) {
	all := make(map[string]uint64, len(always)+len(counts))
	for _, value := range always {
		all[value] = 0
	}
	maps.Copy(all, counts)
	for value, n := range all {
		say.value(float64(n), value)
	}
}
