package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"outcry/actors/feed"
)

// progress shows how far a replay is: a bar on a terminal, a line now and then
// elsewhere.
type progress struct {
	out   *os.File
	bar   *progressbar.ProgressBar // nil where out is no terminal
	ticks int
	next  time.Time // of the next line, or update of the bar
}

const lineInterval, barInterval = 5 * time.Second, 100 * time.Millisecond

func newProgress(out *os.File, r *feed.Recording) *progress {
	p := &progress{out: out}
	if term.IsTerminal(int(out.Fd())) {
		p.bar = progressbar.NewOptions64(max(r.Size(), 1),
			progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("replay"),
			progressbar.OptionSetWidth(40), progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish())
	}
	return p
}

// sent counts a tick.
func (p *progress) sent(r *feed.Recording) {
	p.ticks++
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	if p.bar != nil {
		p.next = now.Add(barInterval)
		_ = p.bar.Set64(min(r.Offset(), p.bar.GetMax64())) // a bar that fails to draw is no reason to stop
		return
	}
	if !p.next.IsZero() {
		p.line(r)
	}
	p.next = now.Add(lineInterval)
}

func (p *progress) line(r *feed.Recording) {
	percent := 100 * float64(r.Offset()) / float64(max(r.Size(), 1))
	_, _ = fmt.Fprintf(p.out, "replay: %d ticks sent, %.0f %% of the file\n", p.ticks, percent)
}

// say prints a line without disturbing the bar.
func (p *progress) say(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
