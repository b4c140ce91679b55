package main

import (
	"outcry/transport/metrics"
)

// reading reads every counter of the engine, for a scrape.
func (e *Engine) reading() metrics.Reading {
	r := metrics.Reading{
		Sample: e.collector.Sample(), Version: version(),
		HTTPRequests: e.requests.All(), BrowserEvents: e.gateway.Counts().Events,
		Received: e.server.Received(),
		Workers:  e.dispatcher.Workers(), Pacing: e.dispatcher.Stats(),
		Sessions: e.sessions.Stats(), Symbols: e.symbols.Stats(), Feeds: e.feeds.Snapshot(),
		Accounts: e.portfolios.Stats(), Paper: e.broker.Stats(),
		Journal: e.journal.Stats(), JournalQueue: e.journal.QueueStanding(), Scrub: e.journal.ScrubStanding(),
		Descriptors: e.descriptorsHealth(), MostBrowsers: e.server.EngineIO().MaxConnections,
		RefusedReport: e.gateway.Reports().Refused(),
	}
	r.LastBackup, r.FailedBackups = e.backups.Standing()
	r.Limits = e.limitsHealth(r.Sessions.Refused)
	for _, s := range e.supervisors {
		r.Supervised = append(r.Supervised, metrics.Supervised{Kind: s.Kind(), Failures: s.Failures(), Restarts: s.Restarts()})
	}
	if e.certs != nil {
		r.Certificate = e.certs.Ends()
	}
	return r
}
