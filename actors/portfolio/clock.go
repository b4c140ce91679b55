package portfolio

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// parts is in how many parts the clock goes round all accounts: what thousands
// of them do is spread over the interval instead of coming at once.
const parts = 10

// tick lets accounts look at the market, save their value and leave, each at
// its pace, until ctx ends.
func (p *Portfolios) tick(ctx context.Context) {
	o := p.Options()
	values := time.NewTicker(o.valueStep())
	defer values.Stop()
	samples := time.NewTicker(o.sampleStep())
	defer samples.Stop()
	idle := time.NewTicker(o.idleStep())
	defer idle.Stop()
	park := time.NewTicker(parkAfter / 2)
	defer park.Stop()
	var valued, sampled uint8
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.paces:
			was := o
			o = p.Options()
			repace(values, was.valueStep(), o.valueStep())
			repace(samples, was.sampleStep(), o.sampleStep())
			repace(idle, was.idleStep(), o.idleStep())
		case <-values.C:
			valued = (valued + 1) % parts
			p.each(&revalue{at: p.deps.Now()}, func(e *entry) bool { return e.part == valued && e.watched.Load() })
		case <-samples.C:
			sampled = (sampled + 1) % parts
			p.each(&sample{at: p.deps.Now()}, func(e *entry) bool { return e.part == sampled })
		case <-idle.C:
			p.each(&restIdle{at: p.deps.Now()}, func(*entry) bool { return true })
		case <-park.C:
			p.each(&restIdle{at: p.deps.Now()}, func(e *entry) bool { return e.parkable.Load() })
		}
	}
}

// The steps of the clock.
func (o Options) valueStep() time.Duration  { return o.UpdateInterval / parts }
func (o Options) sampleStep() time.Duration { return o.SampleInterval / parts }
func (o Options) idleStep() time.Duration   { return max(o.IdleTimeout/4, time.Millisecond) }

// repace gives a ticker another interval. One whose interval is as it was goes on
// undisturbed, so that frequent changes of other settings do not starve it.
func repace(t *time.Ticker, was, is time.Duration) {
	if was != is {
		t.Reset(is)
	}
}

// each sends a message to the loaded accounts for which wanted holds.
func (p *Portfolios) each(message any, wanted func(*entry) bool) {
	p.mu.Lock()
	var pids []*actor.PID
	for _, e := range p.entries {
		if wanted(e) {
			pids = append(pids, e.pid)
		}
	}
	p.mu.Unlock()
	for _, pid := range pids {
		p.deps.System.Root.Send(pid, message)
	}
}
