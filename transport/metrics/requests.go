package metrics

import "outcry/actors/session"

// requests are what clients ask, over HTTP and by events of sockets, and what limits
// refuse of it.
var requests = []family{
	{"outcry_requests_total", "Requests over HTTP, other than probes and scrapes, and events of browsers' sockets.", counter, []string{"via"}, func(r *Reading, say *sayer) {
		say.value(float64(r.HTTPRequests), "http")
		say.value(float64(r.BrowserEvents), "socket")
	}},
	{"outcry_requests_failed_total", "Requests and events that failed on the engine's side, by the status or code they were answered with.", counter, []string{"kind"}, func(r *Reading, say *sayer) {
		sayAll(say, []string{"http 500", "http 503", string(session.CodeServerError), string(session.CodeUnavailable)}, r.Sample.Failed)
	}},
	{"outcry_limit_refusals_total", "What limits refused: see the settings of limit, websocket, engineio and http.", counter, []string{"limit"}, func(r *Reading, say *sayer) {
		l := &r.Limits
		for limit, n := range map[string]uint64{
			"dials": l.Dials, "full": l.Full, "origins": l.Origins, "credentials": l.Credentials, "silent": l.Silent, "sockets": l.Sockets,
			"events": l.Events, "floods": l.Floods, "subscriptions": l.Subscriptions, "messages": l.Messages, "reports": r.RefusedReport,
			"crowded": l.Crowded, "large_heads": l.LargeHeads, "slow_heads": l.SlowHeads, "large_bodies": l.LargeBodies, "slow_bodies": l.SlowBodies,
		} {
			say.value(float64(n), limit)
		}
	}},
}
