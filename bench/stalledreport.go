package bench

import (
	"fmt"
	"slices"
	"text/tabwriter"
)

// Stalled compares a load with and without dashboards that do not read.
type Stalled struct {
	Rate       float64        `json:"rate"`
	Dashboards int            `json:"dashboards"` // that do not read
	Rounds     []StalledRound `json:"rounds"`

	// The server's own memory, and the kernel's for its sockets, on average of the
	// rounds and for each of the dashboards.
	RSSPerDashboard    float64 `json:"rss_per_dashboard"`
	KernelPerDashboard float64 `json:"kernel_per_dashboard"`

	// Without and With are the freshness at all others, of all rounds together.
	Without Latency `json:"without"`
	With    Latency `json:"with"`
	// Shift is by how much the P99 differs, in percent.
	Shift float64 `json:"p99_shift_percent"`

	// What came of them once they read again.
	Due       int64          `json:"due"`
	Unsettled int64          `json:"unsettled"`
	Delivered int64          `json:"delivered"`
	Lost      map[string]int `json:"lost,omitempty"`
}

// StalledRound is one comparison.
type StalledRound struct {
	Before  Holding `json:"before"`
	After   Holding `json:"after"`
	Without Latency `json:"without"`
	With    Latency `json:"with"`
}

// Holding is what a server holds at rest.
type Holding struct {
	RSS     int64 `json:"rss"`
	Sockets int   `json:"sockets"` // 0: not known
	Kernel  int64 `json:"kernel"`  // of the sockets, on the server's side
}

func (s *Stalled) sumUp(without, with Latency) {
	s.Without, s.With = without, with
	if without.P99 > 0 {
		s.Shift = (with.P99/without.P99 - 1) * 100
	}
	for _, round := range s.Rounds {
		each := float64(len(s.Rounds) * s.Dashboards)
		s.RSSPerDashboard += float64(round.After.RSS-round.Before.RSS) / each
		s.KernelPerDashboard += float64(round.After.Kernel-round.Before.Kernel) / each
	}
}

func (r *Report) judgeStalled(s Stalled) {
	at := fmt.Sprintf("stalled at %v ticks/s", s.Rate)
	if len(s.Lost) > 0 {
		r.fail("%s: %s dashboards were cut off, so what they cost is not known: %s", at, grouped(sum(s.Lost)), causes(s.Lost))
	}
	if s.Unsettled > 0 {
		r.fail("%s: %s of %s updates did not arrive when they were read again", at, grouped(s.Unsettled), grouped(s.Due))
	}
	if s.Delivered >= s.Due {
		r.fail("%s: every update was sent, so the buffers of the sockets took all of them and nobody was slow: feed more, or for longer", at)
	}
	w := r.Workload
	if w.MaxStalledKB > 0 {
		r.judgeStalledMemory(at, s)
	}
	if w.MaxStalledShift > 0 && s.Shift > w.MaxStalledShift {
		r.fail("%s: the P99 of the others is %.1f %% higher, over %v %%", at, s.Shift, w.MaxStalledShift)
	}
}

// judgeStalledMemory holds what a dashboard costs to its bound: the server's memory
// and, beside it, the kernel's.
func (r *Report) judgeStalledMemory(at string, s Stalled) {
	held := (s.RSSPerDashboard + s.KernelPerDashboard) / 1e3
	switch {
	case r.Server.PID == 0:
		r.fail("%s: the memory of the server is not known: %s", at, r.Server.Unseen)
	case slices.ContainsFunc(s.Rounds, func(round StalledRound) bool { return round.After.Sockets == 0 }):
		r.fail("%s: the kernel does not tell the memory of the server's sockets", at)
	case held > r.Workload.MaxStalledKB:
		r.fail("%s: each costs %.1f KB, the server's and the kernel's memory together, over %v KB", at, held, r.Workload.MaxStalledKB)
	}
}

func (r *Report) writeStalled(p *printer) {
	for _, s := range r.Stalled {
		p.line("")
		p.line("Stalled: %s dashboards that do not read, at %v ticks/s, beside %s that do; each round first without and then with them.",
			grouped(s.Dashboards), s.Rate, grouped(r.Workload.Dashboards))
		table := tabwriter.NewWriter(p, 0, 0, 2, ' ', tabwriter.AlignRight)
		row := &printer{w: table}
		row.line("round\tRSS\twith\teach\tkernel\twith\teach\tP99 of the others\twith\tshift\t")
		for i, round := range s.Rounds {
			one := Stalled{Dashboards: s.Dashboards, Rounds: []StalledRound{round}}
			one.sumUp(round.Without, round.With)
			r.stalledRow(row, fmt.Sprint(i+1), [4]string{megabytes(round.Before.RSS), megabytes(round.After.RSS), kernelMemory(round.Before), kernelMemory(round.After)}, &one)
		}
		r.stalledRow(row, "all", [4]string{}, &s)
		if err := table.Flush(); err != nil && p.err == nil {
			p.err = err
		}
		p.line("RSS: the server's memory at rest. kernel: its memory for the server's side of the connections, no part of RSS. Together %s each.",
			r.seen(kilobytes(s.RSSPerDashboard+s.KernelPerDashboard)))
		p.line("Once they read again they got all of %s updates in %s quotes.", grouped(s.Due-s.Unsettled), grouped(s.Delivered))
	}
}

func (r *Report) stalledRow(row *printer, name string, held [4]string, s *Stalled) {
	row.line("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%+.1f %%\t", name,
		r.seen(held[0]), r.seen(held[1]), r.seen(kilobytes(s.RSSPerDashboard)), r.seen(held[2]), r.seen(held[3]), r.seen(kilobytes(s.KernelPerDashboard)),
		shown(s.Without.P99), shown(s.With.P99), s.Shift)
}

func kernelMemory(h Holding) string {
	if h.Sockets == 0 {
		return "unknown"
	}
	return megabytes(h.Kernel)
}
