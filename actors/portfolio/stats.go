package portfolio

import (
	"sync/atomic"

	"outcry/actors/admission"
)

// counters are atomic: written by portfolio actors, read by Stats.
type counters struct {
	loads, loadFailures                  atomic.Uint64
	events, trades, duplicates, refused  atomic.Uint64
	orders, rejections, updates, notices atomic.Uint64
}

// Stats are the counters of Portfolios since they started.
type Stats struct {
	// Loaded accounts now, and Pending trades and orders that wait to be durable.
	Loaded  int
	Pending int64
	// Loads of accounts, and those that failed.
	Loads, LoadFailures uint64
	// Events saved, Trades of executors among them; Duplicates were answered with
	// their first outcome; Refused could not be saved.
	Events, Trades, Duplicates, Refused uint64
	// Orders taken and Rejections of others.
	Orders, Rejections uint64
	// Updates are valuations shown to browsers.
	Updates uint64
	// Notices told to sessions, those that were missed among them.
	Notices uint64
}

// Stats returns the counters.
func (p *Portfolios) Stats() Stats {
	p.mu.Lock()
	loaded := len(p.entries)
	p.mu.Unlock()
	c := &p.stats
	return Stats{
		Loaded: loaded, Pending: p.gate.Pending(),
		Loads: c.loads.Load(), LoadFailures: c.loadFailures.Load(),
		Events: c.events.Load(), Trades: c.trades.Load(), Duplicates: c.duplicates.Load(), Refused: c.refused.Load(),
		Orders: c.orders.Load(), Rejections: c.rejections.Load(), Updates: c.updates.Load(), Notices: c.notices.Load(),
	}
}

// Standing returns how many trades and orders wait to be durable, and may wait.
func (p *Portfolios) Standing() admission.Standing { return p.gate.Standing() }
