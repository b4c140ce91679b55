package bench

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// WriteTable writes the report for people. Why a run failed is for Err to say.
func (r *Report) WriteTable(w io.Writer) error {
	p := &printer{w: w}
	p.line("%s, %d cores, Linux %s, %s, load %s", r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go, r.Machine.Load)
	p.line("%s dashboards × %d of %s symbols%s, seed %d, %s", grouped(r.Workload.Dashboards), r.Workload.SymbolsPerDashboard,
		grouped(r.Workload.Symbols), map[bool]string{true: " in batches"}[r.Workload.Batch], r.Workload.Seed, r.Server.describe())
	p.line("")
	r.writeConnect(p)
	r.writeSteps(p)
	r.writeStalled(p)
	r.writeStorms(p)
	p.line("%s", r.word())
	if p.err != nil {
		return fmt.Errorf("write the report: %w", p.err)
	}
	return nil
}

func (r *Report) writeConnect(p *printer) {
	if c := r.Connect; c != nil {
		p.line("connect    %s of %s ready, %s connections/s", grouped(c.Ready), grouped(r.Workload.Dashboards), grouped(int64(c.PerSecond)))
		p.line("handshake  %s", c.Handshake)
		p.line("snapshot   %s", c.Snapshot)
	}
	if i := r.Idle; i != nil {
		p.line("idle       %s before, %s after: %s a dashboard; %.2f cores", megabytes(i.RSSBefore), megabytes(i.RSSAfter), kilobytes(i.PerDashboard), i.ServerCores)
	} else if r.Server.Unseen != "" {
		p.line("idle       unknown: %s", r.Server.Unseen)
	}
	p.line("")
}

func (r *Report) writeSteps(p *printer) {
	if len(r.Steps) == 0 {
		return
	}
	table := tabwriter.NewWriter(p, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := &printer{w: table}
	row.line("ticks/s\tfed/s\tsettled/s\tquotes/s\tcoalesced\tP50\tP95\tP99\tmax\tMB/s\tserver\tRSS\tbench\tothers\tdriver late\tunsettled\t")
	for _, s := range r.Steps {
		row.line("%s\t%s\t%s\t%s\t%.2f\t%s\t%s\t%s\t%s\t%.1f\t%s\t%s\t%.2f\t%.2f\t%s\t%s\t", s.named(),
			grouped(int64(s.FedPerSecond)), grouped(int64(s.SettledPerSecond)), grouped(int64(s.DeliveredPerSecond)), s.Coalescing,
			shown(s.Freshness.P50), shown(s.Freshness.P95), shown(s.Freshness.P99), shown(s.Freshness.Max), s.BytesPerSecond/1e6,
			r.seen(fmt.Sprintf("%.2f", s.ServerCores)), r.seen(megabytes(s.ServerRSS)), s.BenchCores, s.OtherCores, shown(s.DriverLate.P99), grouped(s.Unsettled))
	}
	if err := table.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.line("")
	p.line("Freshness: for every tick, until the dashboard holds it or a newer one. server, bench, others: processor cores.")
	for _, s := range r.Steps {
		if !s.DriverKept {
			p.line("At %v ticks/s the driver did not keep its own pace (P99 %s late): this machine was too busy for the step.", s.Rate, shown(s.DriverLate.P99))
		}
	}
}

// named tells a step from the others.
func (s *Step) named() string {
	if s.Stalled > 0 {
		return fmt.Sprintf("%v beside %s stalled", s.Rate, grouped(s.Stalled))
	}
	return fmt.Sprint(s.Rate)
}

// seen hides figures of a server that cannot be observed.
func (r *Report) seen(figure string) string {
	if r.Server.PID == 0 {
		return "-"
	}
	return figure
}

func (o Observed) describe() string {
	if o.Own {
		return "a server started for this run"
	}
	return o.URL
}

// String gives the distribution in one line.
func (l Latency) String() string {
	return fmt.Sprintf("P50 %s, P95 %s, P99 %s, max %s", shown(l.P50), shown(l.P95), shown(l.P99), shown(l.Max))
}

// printer writes lines and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, arguments ...any) {
	fmt.Fprintf(p, format+"\n", arguments...)
}

// Write passes on to the writer until it fails.
func (p *printer) Write(b []byte) (n int, err error) {
	if p.err != nil {
		return 0, p.err
	}
	n, p.err = p.w.Write(b)
	return n, p.err
}

// shown words milliseconds.
func shown(milliseconds float64) string {
	switch {
	case milliseconds < 10:
		return fmt.Sprintf("%.2fms", milliseconds)
	case milliseconds < 1000:
		return fmt.Sprintf("%.0fms", milliseconds)
	}
	return fmt.Sprintf("%.1fs", milliseconds/1000)
}

func megabytes(bytes int64) string   { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
func kilobytes(bytes float64) string { return fmt.Sprintf("%.1f KB", bytes/1e3) }

// grouped writes a count with commas.
func grouped[T int | int64](n T) string {
	digits := strconv.FormatInt(int64(n), 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
