package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTable writes the report for people. Why a run failed is for Err to say.
func (r *TradeReport) WriteTable(w io.Writer) error {
	p := &printer{w: w}
	p.line("%s, %d cores, Linux %s, %s, load %s", r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go, r.Machine.Load)
	p.line("%s accounts × %d of %s symbols, %s%s", grouped(r.Workload.Accounts), r.Workload.Positions, grouped(r.Workload.Symbols), r.Server.describe(), r.Disk.describe())
	p.line("")
	r.writePhases(p)
	if n := r.Notice; n != nil {
		p.line("notice     %s of %s trades: %s", grouped(n.Awaited-n.Missing), grouped(n.Awaited), n.describe())
		p.line("quotes     %s beside; driver late %s", n.Step.Freshness, shown(n.Step.DriverLate.P99))
	}
	if o := r.Opening; o != nil {
		p.line("open       %s trades, %s: %s after a stop, %s after a kill", grouped(o.Trades), megabytes(o.JournalSize), shown(o.AfterStop), shown(o.AfterKill))
	}
	if s := r.Stored; s != nil {
		p.line("stored     %s of %s acknowledged trades, %s sent; %s of %s accounts differ", grouped(s.Stored), grouped(s.Acknowledged), grouped(s.Sent), grouped(s.Wrong), grouped(s.Accounts))
	}
	if m := r.Portfolios; m != nil {
		p.line("portfolios %s of %d positions: %s before, %s after: %s, %s each; loaded in %.1fs, %s", grouped(m.Portfolios), m.Positions,
			megabytes(m.RSSBefore), megabytes(m.RSSAfter), megabytes(m.RSSAfter-m.RSSBefore), kilobytes(m.PerPortfolio), m.LoadSeconds, m.Load)
	}
	p.line("")
	p.line("%s", r.word())
	if p.err != nil {
		return fmt.Errorf("write the report: %w", p.err)
	}
	return nil
}

func (r *TradeReport) writePhases(p *printer) {
	table := tabwriter.NewWriter(p, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := &printer{w: table}
	row.line("phase\ttrades\tacknowledged\tper second\tP50\tP95\tP99\tmax\tserver\tRSS\tbench\tothers\trefused\t")
	line := func(phase Phase, load string, acknowledged int64, perSecond float64, l Latency, u Usage, refused int64) {
		server, rss := fmt.Sprintf("%.2f", u.ServerCores), megabytes(u.ServerRSS)
		if r.Server.PID == 0 {
			server, rss = "-", "-"
		}
		row.line("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.2f\t%s\t", phase, load, grouped(acknowledged), grouped(int64(perSecond)),
			shown(l.P50), shown(l.P95), shown(l.P99), shown(l.Max), server, rss, u.BenchCores, u.OtherCores, grouped(refused))
	}
	for _, f := range r.Phases {
		line(f.Phase, f.Load, f.Acknowledged, f.PerSecond, f.Latency, f.Usage, f.Overloaded)
	}
	if n := r.Notice; n != nil {
		line(PhaseNotice, "1 a request, at its own pace", n.Awaited, n.TradesPerSecond, n.Latency, n.Step.Usage, 0)
	}
	if err := table.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.line("")
	p.line("Latency: of a request until it is acknowledged as durable; of a notice, from its request. server, bench, others: processor cores.")
}

func (d Disk) describe() string {
	switch {
	case d.Folder == "":
		return ""
	case d.Volatile:
		return fmt.Sprintf(", data on %s, which is memory: fsync costs nothing there", d.Filesystem)
	}
	return fmt.Sprintf(", data on %s", d.Filesystem)
}
