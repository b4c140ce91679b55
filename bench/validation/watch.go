package validation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// WatchOptions is how long a server is watched, and how often it is looked at.
type WatchOptions struct {
	Options
	For, Every time.Duration
	JSON       bool // a JSON object for each look instead of a line
}

// leastEvery keeps a watch from being a load.
const leastEvery = time.Second

// Validate says what is wrong with the options.
func (o *WatchOptions) Validate() error {
	errs := []error{o.Options.Validate()}
	if o.Every < leastEvery {
		errs = append(errs, fmt.Errorf("every: %v is not allowed: must be %v or more", o.Every, leastEvery))
	}
	if o.For < o.Every {
		errs = append(errs, fmt.Errorf("for: %v is not allowed: must be at least as long as from one look to the next, %v", o.For, o.Every))
	}
	if len(o.Only) > 0 {
		errs = append(errs, errors.New("only: a watch makes all checks: leave it out"))
	}
	return errors.Join(errs...)
}

// Look is what a watch saw at one time.
type Look struct {
	Time time.Time `json:"time"`
	Assessment
	ErrorRate   *float64 `json:"errorRate"` // these are nil where the server did not say
	P95Ms       *float64 `json:"p95Ms"`
	Connections *int64   `json:"connections"`
	RoundTripMs *float64 `json:"roundTripMs"`
}

// Watch looks at a server again and again, writes what it sees, and ends when the
// time is over, ctx ends, or the deployment is to be taken back. The error is that
// of the writer, or says what is wrong with the options.
func Watch(ctx context.Context, o WatchOptions, w io.Writer) (*Summary, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Anonymous = true
	return watch(ctx, o, w, func(ctx context.Context) (*Report, error) { return Run(ctx, o.Options) })
}

// watch is Watch with whatever looks.
func watch(ctx context.Context, o WatchOptions, w io.Writer, look func(context.Context) (*Report, error)) (*Summary, error) {
	s := &Summary{URL: o.URL, Began: time.Now().UTC(), Looks: map[State]int{Normal: 0, Warned: 0, Critical: 0}}
	next := time.NewTicker(o.Every)
	defer next.Stop()
	over := time.NewTimer(o.For)
	defer over.Stop()
	var samples []sample
	for {
		at := time.Now()
		report, err := look(ctx)
		if ctx.Err() != nil { // what it saw was cut short
			return s.end(true), nil
		}
		if err != nil {
			return s.end(false), err
		}
		l := seen(report)
		l.Time = at.UTC()
		s.add(l)
		if err := l.write(w, o.JSON); err != nil {
			return s.end(false), err
		}
		samples = append(samples, sample{at, l.State == Critical})
		if s.Rollback = rollback(samples); s.Rollback != "" {
			return s.end(false), nil
		}
		select {
		case <-over.C:
			return s.end(false), nil
		case <-ctx.Done():
			return s.end(true), nil
		case <-next.C:
		}
	}
}

// seen is what a watch keeps of a report.
func seen(r *Report) Look {
	l := Look{Assessment: assess(r), RoundTripMs: r.RoundTripMs}
	if h := r.Health; h != nil {
		l.ErrorRate, l.P95Ms, l.Connections = &h.ErrorRate, &h.Latency.P95, &h.WebSocket.Connections
	}
	return l
}

// write writes a look as a line.
func (l *Look) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, l, "")
	}
	line := fmt.Sprintf("%s  %-8s", l.Time.Format(time.RFC3339), l.State)
	if l.ErrorRate != nil {
		line += fmt.Sprintf("  errors %.1f %%  P95 %.1f ms  %d connections", 100**l.ErrorRate, *l.P95Ms, *l.Connections)
	}
	if l.RoundTripMs != nil {
		line += fmt.Sprintf("  round trip %.2f ms", *l.RoundTripMs)
	}
	if len(l.Reasons) > 0 {
		line += "  " + strings.Join(l.Reasons, "; ")
	}
	if _, err := fmt.Fprintln(w, line); err != nil {
		return fmt.Errorf("write what was seen: %w", err)
	}
	return nil
}
