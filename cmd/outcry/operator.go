package main

import (
	"time"

	"outcry/actors"
	"outcry/actors/admission"
	"outcry/actors/feed"
	"outcry/actors/latency"
	"outcry/actors/session"
	"outcry/transport/engineio"
	"outcry/transport/operator"
)

// supervise makes the supervisor of one kind of actor, whose failures operators see.
func (e *Engine) supervise(s *actors.Supervisor) *actors.Supervisor {
	e.supervisors = append(e.supervisors, s)
	return s
}

// slowShown is how many slow browsers operators are shown.
const slowShown = 20

// sample reads every counter of the engine, for the collector alone.
func (e *Engine) sample() operator.Sample {
	now := time.Now()
	pacing, symbols, sessions := e.dispatcher.Stats(), e.symbols.Stats(), e.sessions.Stats()
	limits, reports := e.gateway.Counts(), e.gateway.Reports()
	s := operator.Sample{
		Draining: e.draining.Load(), Budget: e.dispatcher.Options().Budget,
		Ticks: symbols.Accepted, Updates: pacing.Updates, Taken: pacing.Taken, Quotes: pacing.Quotes, Bytes: pacing.Bytes,
		Slow: e.slowBrowsers(now), Feeds: e.feedStats(now), Journal: e.journalStats(),
		Memory: operator.ReadMemory(), Actors: e.actorStats(),
		Requests: e.requests.All() + limits.Events, Failed: e.requests.Failed(),
		Stages: &latency.StageCounts{}, FeedLag: &latency.Counts{}, Browsers: &latency.Counts{},
	}
	for code, n := range sessions.Failed {
		if n > 0 {
			s.Failed[string(code)] = n
		}
	}
	e.sampleConnections(&s, sessions)
	if d := e.descriptorsHealth(); d != nil {
		s.Descriptors = operator.Descriptors(*d)
	}
	s.Mailboxes = e.mailboxStats(pacing.Dropped)
	s.Drops = operator.Drops{
		SlowConsumers: sessions.Closed[session.SlowConsumer.String()], MailboxOverflows: pacing.Dropped,
		PingTimeouts: e.server.Counts().Timeouts, Floods: limits.Abandoned,
	}
	e.dispatcher.ReadStages(s.Stages)
	e.symbols.ReadLag(s.FeedLag)
	reported := reports.Read(now, s.Browsers)
	s.Reporters, s.Reported = reported.Browsers, reported.Count
	return s
}

// sampleConnections counts browsers, and those that were refused: by their
// handshake, by their credentials, or as one too many of their user.
func (e *Engine) sampleConnections(s *operator.Sample, sessions session.Stats) {
	c, limits := e.server.Counts(), e.gateway.Counts()
	refusals := map[string]uint64{}
	s.Connects = c.Total
	for cause, n := range c.Refusals {
		if cause != engineio.CauseBadSession { // of a client that was in
			refusals[string(cause)] = n
			s.Connects += n
		}
	}
	for code, n := range limits.Refusals {
		refusals[code] = n
	}
	if limits.RefusedSockets > 0 {
		refusals["userLimit"] = limits.RefusedSockets
	}
	for _, n := range refusals {
		s.FailedConnects += n
	}
	s.Connections = operator.Connections{
		Open: c.Open, WebSocket: c.Open - c.Polling, Polling: c.Polling,
		Sessions: sessions.Live, Users: sessions.Users, NotReading: sessions.Blocked,
		TotalConnections: c.Total, TotalWebSocket: c.Total - c.Polled, TotalPolling: c.Polled, Upgrades: c.Upgraded,
		Refused: s.FailedConnects, Refusals: refusals,
	}
}

func (e *Engine) mailboxStats(dropped uint64) []operator.Mailbox {
	lately, ever := e.dispatcher.Depth()
	queue := e.journal.QueueStanding()
	return []operator.Mailbox{
		{Name: "sessions", Unit: operator.UnitMessages, Depth: int64(lately), Highest: int64(ever), Capacity: int64(e.dispatcher.Options().Capacity), Overflows: dropped},
		gateStats("portfolios", operator.UnitCommands, e.portfolios.Standing()),
		gateStats("symbols", operator.UnitTicks, e.symbols.Standing()),
		{Name: "journal", Unit: operator.UnitBytes, Depth: queue.Bytes, Highest: queue.Highest, Capacity: queue.Limit, Overflows: queue.Refused},
	}
}

func gateStats(name, unit string, g admission.Standing) operator.Mailbox {
	return operator.Mailbox{Name: name, Unit: unit, Depth: g.Pending, Highest: g.Highest, Capacity: g.Limit, Overflows: g.Full}
}

func (e *Engine) slowBrowsers(now time.Time) []operator.Slow {
	slow := []operator.Slow{}
	for _, b := range e.gateway.Slowest(slowShown) {
		one := operator.Slow{
			UserID: b.UserID, SocketID: b.SocketID, Transport: b.Transport,
			BlockedMs: now.Sub(b.Since).Milliseconds(), WaitingBytes: b.WaitingBytes,
		}
		if b.ReportedP95 > 0 {
			one.FreshnessP95Ms = &b.ReportedP95
		}
		slow = append(slow, one)
	}
	return slow
}

func (e *Engine) feedStats(now time.Time) operator.Feeds {
	s, silence := e.feeds.Snapshot(), e.symbols.Options().FeedSilence
	stats := operator.Feeds{State: string(e.feedState(s, now)), Sources: []operator.Source{}}
	if heard := s.Heard(); !heard.IsZero() {
		stats.SilenceMs = max(now.Sub(heard).Milliseconds(), 0)
	}
	for _, source := range s.Open {
		stats.Sources = append(stats.Sources, operator.Source{
			Name: source.Name, State: string(source.State(now, silence)), Accepted: source.Accepted,
			Refused: source.Rejected(), LastHeard: source.Heard.UnixMilli(),
		})
	}
	return stats
}

// feedState is whether prices come in, from any feed.
func (e *Engine) feedState(s feed.Snapshot, now time.Time) feed.State {
	o := e.symbols.Options()
	return s.State(now, o.FeedSilence, o.FeedGrace)
}

func (e *Engine) journalStats() operator.Journal {
	health := e.journalHealth()
	stats := operator.Journal{
		Available: health.Available, Problem: health.Problem, Commits: health.Commits, Queued: health.Queued,
		P50: health.Latency.P50, P95: health.Latency.P95, P99: health.Latency.P99, Bytes: health.Bytes, FreeBytes: health.Free, FreeInodes: health.FreeInodes,
		Found: health.Scrub.Found, Repaired: health.Scrub.Repaired, Open: health.Scrub.Open, DamagedAccounts: health.Scrub.DamagedAccounts, Damage: []string{},
	}
	if ended := health.Scrub.EndedAt; ended != nil {
		stats.ScrubbedAt = ended.UnixMilli()
	}
	for _, problem := range e.journal.ScrubStanding().First {
		stats.Damage = append(stats.Damage, problem.Text+": "+problem.Advice)
	}
	return stats
}

func (e *Engine) actorStats() (a operator.Actors) {
	for _, s := range e.supervisors {
		a.Failures += s.Failures()
		a.Restarts += s.Restarts()
	}
	return a
}
