package bench

import "time"

// judge finds the reasons why a run of trades is not good in its figures.
func (r *tradeRun) judge() {
	for _, p := range r.report.Phases {
		r.report.judgePhase(p)
	}
	r.report.judgeNotice()
	if s := r.report.Stored; s != nil && s.Wrong > 0 {
		r.report.fail("%s of %s accounts are not what was acknowledged: %s stored, %s acknowledged, %s sent; %s", grouped(s.Wrong), grouped(s.Accounts),
			grouped(s.Stored), grouped(s.Acknowledged), grouped(s.Sent), s.First)
	}
	limits := r.report.Workload.Limits
	if o := r.report.Opening; o != nil {
		r.report.atMost("opening after a stop", o.AfterStop, limits.MaxOpen)
		r.report.atMost("opening after a kill", o.AfterKill, limits.MaxOpen)
	}
	if p := r.report.Portfolios; p != nil && limits.MaxPortfolioMB > 0 && float64(p.RSSAfter-p.RSSBefore) > limits.MaxPortfolioMB*1e6 {
		r.report.fail("%s portfolios take %s, over %v MB", grouped(p.Portfolios), megabytes(p.RSSAfter-p.RSSBefore), limits.MaxPortfolioMB)
	}
	r.report.Passed = len(r.report.Failures) == 0
}

func (r *TradeReport) judgePhase(p TradePhase) {
	limits := r.Workload.Limits
	if p.Duplicates > 0 {
		r.fail("%s: the server called %s trades duplicates that were sent once", p.Phase, grouped(p.Duplicates))
	}
	switch p.Phase {
	case PhaseBulk:
		r.atLeast(p, limits.MinBulk)
	case PhaseSingle:
		r.atLeast(p, limits.MinSingle)
		r.atMost("single: P99", p.Latency.P99, limits.MaxSingleP99)
	case PhaseAlone:
		r.atMost("alone: P95", p.Latency.P95, limits.MaxAloneP95)
	}
}

func (r *TradeReport) judgeNotice() {
	n := r.Notice
	if n == nil {
		return
	}
	if n.Missing > 0 || n.Repeated > 0 || n.Unexpected > 0 {
		r.fail("notice: of %s trades %s had no notice, %s had several, and %s notices were of no trade", grouped(n.Awaited), grouped(n.Missing), grouped(n.Repeated), grouped(n.Unexpected))
	}
	r.atMost("notice: P95", n.Latency.P95, r.Workload.Limits.MaxNoticeP95)
}

func (r *TradeReport) atLeast(p TradePhase, limit float64) {
	if limit > 0 && p.PerSecond < limit {
		r.fail("%s: %s trades/s, under %s", p.Phase, grouped(int64(p.PerSecond)), grouped(int64(limit)))
	}
}

func (r *TradeReport) atMost(what string, milliseconds float64, limit time.Duration) {
	if limit > 0 && milliseconds > inMilliseconds(limit) {
		r.fail("%s is %s, over %s", what, shown(milliseconds), shown(inMilliseconds(limit)))
	}
}
