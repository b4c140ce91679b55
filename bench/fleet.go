package bench

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"outcry/bench/browser"
	"outcry/bench/freshness"
	"outcry/bench/loop"
)

// fleet is all dashboards of a run, shared out among the event loops.
//
// Immutable after construction; a browser belongs to its loop.
type fleet struct {
	loops    []*loop.Loop
	browsers [][]*browser.Browser // of each loop
}

// newFleet starts the loops; nobody is dialed yet.
func newFleet(s Scenario, o loop.Options, browsers []*browser.Browser, tape *freshness.Tape) (*fleet, error) {
	n := s.Loops
	if n == 0 {
		n = max(1, runtime.NumCPU()/2)
	}
	n = min(n, len(browsers))
	if o.Concurrency > 0 {
		o.Concurrency = max(1, o.Concurrency/n)
	}
	f := &fleet{}
	for i := range n {
		share := browsers[len(browsers)*i/n : len(browsers)*(i+1)/n]
		l, err := loop.New(o, share, tape)
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		f.loops, f.browsers = append(f.loops, l), append(f.browsers, share)
	}
	return f, nil
}

// connect dials everybody and waits until each is ready or has failed.
func (f *fleet) connect(ctx context.Context) error {
	for _, l := range f.loops {
		l.Connect()
	}
	for _, l := range f.loops {
		select {
		case <-l.Settled():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// drop ends every connection at once; connect dials the same dashboards again.
func (f *fleet) drop() {
	for _, l := range f.loops {
		l.Drop()
	}
}

// stall makes every dashboard stop reading, resume lets them go on.
func (f *fleet) stall() {
	for _, l := range f.loops {
		l.Stall()
	}
}

func (f *fleet) resume() {
	for _, l := range f.loops {
		l.Resume()
	}
}

// account is what the fleet found with a tape.
type account struct {
	due       int64 // measured ticks that the dashboards that were ready had to learn of
	unsettled int64 // how many of those they have not; who was lost since counts on
	recorder  *freshness.Recorder
}

// switchTo settles quotes against a tape and into fresh recorders from now on.
// It returns the account until now. Each loop is asked once, so that no quote
// comes between.
func (f *fleet) switchTo(tape *freshness.Tape) account {
	sum := account{recorder: freshness.NewRecorder()}
	for i, l := range f.loops {
		fresh := freshness.NewRecorder()
		l.Do(func(turn *browser.Turn) {
			for _, b := range f.browsers[i] {
				if b.Ready() {
					due, outstanding := b.Due(turn.Tape)
					sum.due, sum.unsettled = sum.due+int64(due), sum.unsettled+int64(outstanding)
				}
			}
			sum.recorder.Merge(turn.Recorder)
			turn.Tape, turn.Recorder = tape, fresh
		})
	}
	return sum
}

// each calls a function with every browser, on the browser's loop.
func (f *fleet) each(visit func(b *browser.Browser)) {
	for i, l := range f.loops {
		l.Do(func(*browser.Turn) {
			for _, b := range f.browsers[i] {
				visit(b)
			}
		})
	}
}

// trailing tells whether any dashboard that was ready waits for a tick.
func (f *fleet) trailing() (waits bool) {
	for i, l := range f.loops {
		l.Do(func(turn *browser.Turn) {
			waits = waits || slices.ContainsFunc(f.browsers[i], func(b *browser.Browser) bool {
				return b.Ready() && b.Trailing(turn.Tape)
			})
		})
	}
	return waits
}

// counts adds up how far the dashboards got.
func (f *fleet) counts() (sum loop.Counts) {
	for _, l := range f.loops {
		c := l.Counts()
		sum.Connected += c.Connected
		sum.Ready += c.Ready
		sum.Failed += c.Failed
	}
	return sum
}

// received returns how many bytes came in.
func (f *fleet) received() (sum int64) {
	for _, l := range f.loops {
		sum += l.Received()
	}
	return sum
}

// failures adds up what went wrong with connections.
func (f *fleet) failures() loop.Failures {
	sum := loop.NewFailures()
	for _, l := range f.loops {
		sum.Merge(l.Failures())
	}
	return sum
}

func (f *fleet) close() error {
	var errs []error
	for _, l := range f.loops {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
