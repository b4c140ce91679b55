package main

import (
	"time"

	"outcry/transport/httpapi"
	"outcry/transport/operator"
)

// health gathers what the rooms know of themselves.
func (e *Engine) health() httpapi.Health {
	now := time.Now()
	connections, sessions := e.server.Counts(), e.sessions.Stats()
	pacing, symbols, feeds := e.dispatcher.Stats(), e.symbols.Stats(), e.feeds.Snapshot()
	stats := e.collector.Stats()
	fresh := stats.Freshness.Minute

	health := httpapi.Health{
		Status: "healthy", Alert: stats.Alert.State, Reasons: stats.Alert.Reasons, ErrorRate: stats.Errors.Rate,
		Version: version(),
		Uptime:  now.Sub(e.started).Seconds(),
		WebSocket: httpapi.WebSocketHealth{
			Connections: connections.Open, Limit: e.server.EngineIO().MaxConnections, WebSocket: connections.Open - connections.Polling, Polling: connections.Polling,
			TotalConnections: connections.Total, Upgrades: connections.Upgraded, SuccessRate: 1 - stats.Connections.FailedShare,
			Sessions:    sessions.Live,
			UniqueUsers: sessions.Users, NotReading: sessions.Blocked, Refused: connections.Refused, PingTimeouts: connections.Timeouts,
			Closed: sessions.Closed, Recoverable: sessions.Recoverable,
		},
		Latency: httpapi.LatencyHealth{P50: fresh.P50, P95: fresh.P95, P99: fresh.P99, Count: fresh.Count, Budget: e.dispatcher.Options().Budget.Milliseconds(), Quotes: pacing.Quotes},
		Feed: httpapi.FeedHealth{
			State: string(e.feedState(feeds, now)), Symbols: symbols.Symbols,
			Accepted: symbols.Accepted, Late: symbols.Late, Refused: feeds.All().Rejected(), Pending: symbols.Pending,
			Sources: []httpapi.FeedSource{},
		},
		Memory: httpapi.MemoryHealth{RSSBytes: stats.Memory.RSSBytes, HeapBytes: stats.Memory.HeapBytes, SysBytes: stats.Memory.SysBytes, Goroutines: stats.Memory.Goroutines},
	}
	if e.certs != nil {
		health.TLS = &httpapi.TLSHealth{CertificateExpiresAt: e.certs.Ends().UTC()}
	}
	health.Limits = e.limitsHealth(sessions.Refused)
	health.Accounts, health.Journal = e.accountsHealth(), e.journalHealth()
	health.Descriptors = e.descriptorsHealth()
	if total := pacing.Busy + pacing.Rested; total > 0 {
		health.Latency.BusyShare = pacing.Busy.Seconds() / (now.Sub(e.started).Seconds() * float64(e.dispatcher.Workers()))
	}
	for _, source := range feeds.Open {
		health.Feed.Sources = append(health.Feed.Sources, httpapi.FeedSource{
			Name: source.Name, Accepted: source.Accepted, Refused: source.Rejected(), LastHeard: source.Heard.UnixMilli(),
		})
	}
	health.Draining = e.draining.Load()
	switch {
	case health.Draining || !health.Journal.Available:
		health.Status = "unhealthy"
	case health.Alert == operator.Critical:
		health.Status = "degraded"
	}
	return health
}

// notReady says why no traffic should come here, empty if it may.
func (e *Engine) notReady() string {
	if e.draining.Load() {
		return "the server is shutting down"
	}
	return ""
}

func (e *Engine) limitsHealth(subscriptions uint64) httpapi.LimitsHealth {
	sockets, refusals := e.gateway.Counts(), e.server.Refusals()
	return httpapi.LimitsHealth{
		Dials: refusals.Dials, Full: refusals.Full, Origins: refusals.Origins,
		Sockets: sockets.RefusedSockets, Credentials: sockets.RefusedCredentials, Silent: refusals.Silent,
		Events: sockets.RefusedEvents, Floods: sockets.Abandoned, Subscriptions: subscriptions, Messages: refusals.Messages,
		Crowded: refusals.Crowded, LargeHeads: refusals.LargeHeads, SlowHeads: refusals.SlowHeads,
		LargeBodies: e.bodies.Large(), SlowBodies: e.bodies.Slow(),
	}
}

// descriptorsHealth is nil where the system bounds none.
func (e *Engine) descriptorsHealth() *httpapi.DescriptorsHealth {
	d := e.server.Descriptors()
	if d.Limit == 0 {
		return nil
	}
	return &httpapi.DescriptorsHealth{Open: d.Open, Limit: d.Limit, Reserve: d.Reserve, Full: d.Full}
}

func (e *Engine) accountsHealth() httpapi.AccountsHealth {
	accounts, broker := e.portfolios.Stats(), e.broker.Stats()
	return httpapi.AccountsHealth{
		Loaded: accounts.Loaded, Pending: accounts.Pending, Trades: accounts.Trades, Duplicates: accounts.Duplicates,
		Orders: accounts.Orders, Rejected: accounts.Rejections, Resting: broker.Resting, Failures: accounts.LoadFailures,
	}
}

func (e *Engine) journalHealth() httpapi.JournalHealth {
	s := e.journal.Stats()
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	health := httpapi.JournalHealth{
		Available: true, Commits: s.Commits, Entries: s.Entries, Queued: s.Queued, Bytes: s.Bytes, Free: s.FreeBytes, Restored: s.Restored,
		Latency: httpapi.CommitLatency{P50: milliseconds(s.P50), P95: milliseconds(s.P95), P99: milliseconds(s.P99)},
	}
	scrub := e.journal.ScrubStanding()
	health.Scrub = httpapi.ScrubHealth{
		Passes: scrub.Passes, Seconds: scrub.Took.Seconds(), Bytes: scrub.PassBytes,
		Found: scrub.Found, Repaired: scrub.Repaired, Open: scrub.Open, DamagedAccounts: scrub.Damaged,
	}
	if !scrub.Ended.IsZero() {
		ended := scrub.Ended.UTC()
		health.Scrub.EndedAt = &ended
	}
	if s.Inodes > 0 {
		health.FreeInodes, health.ReserveInodes = &s.FreeInodes, &s.ReserveInodes
	}
	if err := e.journal.Available(); err != nil {
		health.Available, health.Problem = false, err.Error()
	}
	return health
}
