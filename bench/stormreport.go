package bench

import (
	"fmt"
	"text/tabwriter"
)

// The names of the two storms after a pause.
const (
	stormQuiet = "quiet"
	stormBusy  = "busy"
)

// Storm is the whole fleet coming back after it lost its connections at once.
type Storm struct {
	Name         string  `json:"name"`
	PauseSeconds float64 `json:"pause_s"`      // with nobody connected
	Missed       int     `json:"missed_ticks"` // of each symbol, meanwhile
	Connect              // Snapshot is until they show their symbols again

	Recovered int   `json:"recovered"` // went on where they were, without subscribing
	Bytes     int64 `json:"bytes"`     // until they showed their symbols again, all together
	Quotes    int64 `json:"quotes"`    // of that
	Shape     int64 `json:"shape"`     // bytes of those quotes that belong to no number
	Repeated  int64 `json:"repeated"`  // quotes that brought nothing new
	Behind    int   `json:"behind"`    // dashboards that did not get the newest of each symbol
	ServerRSS int64 `json:"server_rss,omitempty"`
}

// each divides what all dashboards got among them.
func (s *Storm) each(sum int64) float64 { return float64(sum) / float64(max(s.Ready, 1)) }

func (r *Report) judgeStorms() {
	for i := range r.Storms {
		s := &r.Storms[i]
		at := "storm " + s.Name
		r.judgeConnect(at+": ", &s.Connect)
		if s.Recovered < s.Ready {
			r.fail("%s: %s of %s dashboards were not recovered", at, grouped(s.Ready-s.Recovered), grouped(s.Ready))
		}
		if s.Behind > 0 {
			r.fail("%s: %s dashboards did not get the newest quotes", at, grouped(s.Behind))
		}
	}
	r.judgePauses()
	w := r.Workload
	if w.MaxStormGrowth == 0 || len(r.Storms) < 2 {
		return
	}
	first, last := r.Storms[0], r.Storms[len(r.Storms)-1]
	switch {
	case r.Server.PID == 0:
		r.fail("storms: the memory of the server is not known: %s", r.Server.Unseen)
	case float64(last.ServerRSS) > w.MaxStormGrowth*float64(first.ServerRSS):
		r.fail("storms: the server's memory grew from %s after the first to %s after the last, over %v times", megabytes(first.ServerRSS), megabytes(last.ServerRSS), w.MaxStormGrowth)
	}
}

// judgePauses compares the storm after a quiet pause with the one after a busy
// pause: a snapshot costs what is shown, not what was missed.
func (r *Report) judgePauses() {
	var quiet, busy *Storm
	for i := range r.Storms {
		switch s := &r.Storms[i]; s.Name {
		case stormQuiet:
			quiet = s
		case stormBusy:
			busy = s
		}
	}
	if quiet == nil || busy == nil || quiet.Ready == 0 || busy.Ready == 0 {
		return // what is missing has a failure of its own
	}
	if quiet.each(quiet.Quotes+quiet.Repeated) != busy.each(busy.Quotes+busy.Repeated) || quiet.each(quiet.Shape) != busy.each(busy.Shape) {
		r.fail("storms: %d ticks of each symbol that were missed change what a dashboard is sent: %.2f quotes with %.1f bytes besides numbers, instead of %.2f with %.1f",
			busy.Missed, busy.each(busy.Quotes+busy.Repeated), busy.each(busy.Shape), quiet.each(quiet.Quotes+quiet.Repeated), quiet.each(quiet.Shape))
	}
}

func (r *Report) writeStorms(p *printer) {
	if len(r.Storms) == 0 {
		return
	}
	p.line("")
	p.line("Storms: all connections are dropped at once, half of them by a reset, and come back at once.")
	table := tabwriter.NewWriter(p, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := &printer{w: table}
	row.line("storm\taway\tmissed\tready\trecovered\tconnects/s\thandshake P99\tsnapshot P99\tbytes each\tquotes each\tbesides numbers\tRSS\t")
	for i := range r.Storms {
		s := &r.Storms[i]
		row.line("%s\t%vs\t%s\t%s\t%s\t%s\t%s\t%s\t%.0f\t%.2f\t%.1f\t%s\t", s.Name, s.PauseSeconds, grouped(s.Missed), grouped(s.Ready), grouped(s.Recovered),
			grouped(int64(s.PerSecond)), shown(s.Handshake.P99), shown(s.Snapshot.P99), s.each(s.Bytes), s.each(s.Quotes+s.Repeated), s.each(s.Shape), r.seen(megabytes(s.ServerRSS)))
	}
	if err := table.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	p.line("missed: ticks of each symbol while nobody was connected. each: a dashboard, from the dial until it shows all of its symbols; of the quotes, what is no part of a number.")
}

// judgeConnect looks at how dashboards got in.
func (r *Report) judgeConnect(at string, c *Connect) {
	if len(c.Failures) > 0 {
		r.fail("%s%s of %s dashboards did not get ready: %s", at, grouped(sum(c.Failures)), grouped(r.Workload.Dashboards), causes(c.Failures))
	}
	w := r.Workload
	if w.MinConnects > 0 && c.PerSecond < w.MinConnects {
		r.fail("%s%s connections/s, under %s", at, grouped(int64(c.PerSecond)), fmt.Sprint(w.MinConnects))
	}
	if w.MaxHandshakeP99 > 0 && c.Handshake.P99 > w.MaxHandshakeP99 {
		r.fail("%sP99 of the handshakes is %s, over %s", at, shown(c.Handshake.P99), shown(w.MaxHandshakeP99))
	}
}
