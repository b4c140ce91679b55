package bench

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progressEvery is how often a bar is drawn again.
const progressEvery = 100 * time.Millisecond

// progress tells a waiting person what is going on: bars on a terminal, a line
// for each phase elsewhere.
type progress struct {
	out  io.Writer
	bars bool
}

func newProgress(out io.Writer) progress {
	file, ok := out.(*os.File)
	return progress{out: out, bars: ok && term.IsTerminal(int(file.Fd()))}
}

// track announces a phase and follows it until stop is called.
func (p progress) track(phase string, total int, done func() int) (stop func()) {
	if !p.bars {
		fmt.Fprintln(p.out, phase)
		return func() {}
	}
	bar := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(p.out),
		progressbar.OptionSetDescription(phase),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
	)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = bar.Set(min(done(), total)) // a bar that cannot be drawn must not stop the run
			case <-quit:
				_ = bar.Finish()
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}
