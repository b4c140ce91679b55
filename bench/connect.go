package bench

import (
	"context"
	"errors"
	"time"

	"outcry/bench/browser"
	"outcry/bench/freshness"
)

// connect dials all dashboards, waits until each shows its symbols or has
// failed, and then leaves the server alone to read its memory.
func (r *run) connect(ctx context.Context) error {
	before, err := r.sample()
	if err != nil {
		return err
	}
	stop := r.progress.track("connect "+grouped(r.scenario.Dashboards)+" dashboards", r.scenario.Dashboards, func() int {
		counts := r.fleet.counts()
		return counts.Ready + counts.Failed
	})
	err = r.fleet.connect(ctx)
	stop()
	r.report.Connect = r.connected()
	if err != nil {
		return err
	}
	if r.report.Connect.Ready == 0 {
		return errors.New("no dashboard got ready: there is nothing to measure")
	}
	return r.idle(ctx, before)
}

// connected sums up how the dashboards got in.
func (r *run) connected() *Connect {
	counts := r.fleet.counts()
	c := &Connect{Connected: counts.Connected, Ready: counts.Ready, Failures: r.fleet.failures().Connect}
	handshake, confirmation, snapshot := freshness.NewHistogram(), freshness.NewHistogram(), freshness.NewHistogram()
	var first, last int64
	r.fleet.each(func(b *browser.Browser) {
		if first == 0 || b.Dialed != 0 && b.Dialed < first {
			first = b.Dialed
		}
		last = max(last, b.Connected)
		recordBetween(handshake, b.Dialed, b.Connected)
		recordBetween(confirmation, b.Connected, b.Confirmed)
		recordBetween(snapshot, b.Connected, b.Snapshot)
	})
	c.Handshake, c.Confirmation, c.Snapshot = latency(handshake.Percentiles()), latency(confirmation.Percentiles()), latency(snapshot.Percentiles())
	if last > first {
		c.Seconds = time.Duration(last - first).Seconds()
		c.PerSecond = float64(c.Connected) / c.Seconds
	}
	return c
}

// recordBetween records the time between two milestones that were reached.
func recordBetween(h *freshness.Histogram, from, to int64) {
	if from != 0 && to != 0 {
		h.Record(to - from)
	}
}

// idle reads what the server holds for dashboards to which nothing happens.
func (r *run) idle(ctx context.Context, before sample) error {
	stop := r.progress.track("leave the server alone for "+r.scenario.Settle.String(), 1, func() int { return 0 })
	defer stop()
	begin, err := r.sample()
	if err != nil {
		return err
	}
	if err := rest(ctx, r.scenario.Settle); err != nil {
		return err
	}
	after, err := r.sample()
	if err != nil || r.target.process == nil {
		return err
	}
	r.report.Idle = &Idle{
		RSSBefore:    before.server.RSS,
		RSSAfter:     after.server.RSS,
		PerDashboard: float64(after.server.RSS-before.server.RSS) / float64(r.report.Connect.Ready),
		ServerCores:  cores(after.server.CPU-begin.server.CPU, after.at-begin.at),
	}
	return nil
}
