package portfolio

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// tick lets accounts look at the market, save their value and leave, each at
// its pace, until ctx ends.
func (p *Portfolios) tick(ctx context.Context) {
	values := time.NewTicker(p.options.UpdateInterval)
	defer values.Stop()
	samples := time.NewTicker(p.options.SampleInterval)
	defer samples.Stop()
	idle := time.NewTicker(max(p.options.IdleTimeout/4, 10*time.Millisecond))
	defer idle.Stop()
	park := time.NewTicker(parkAfter / 2)
	defer park.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-values.C:
			p.each(&revalue{at: p.deps.Now()}, func(e *entry) bool { return e.watched.Load() })
		case <-samples.C:
			p.each(&sample{at: p.deps.Now()}, nil)
		case <-idle.C:
			p.each(&restIdle{at: p.deps.Now()}, nil)
		case <-park.C:
			p.each(&restIdle{at: p.deps.Now()}, func(e *entry) bool { return e.parkable.Load() })
		}
	}
}

// each sends a message to the loaded accounts for which wanted holds, nil for all.
func (p *Portfolios) each(message any, wanted func(*entry) bool) {
	p.mu.Lock()
	pids := make([]*actor.PID, 0, len(p.entries))
	for _, e := range p.entries {
		if wanted == nil || wanted(e) {
			pids = append(pids, e.pid)
		}
	}
	p.mu.Unlock()
	for _, pid := range pids {
		p.deps.System.Root.Send(pid, message)
	}
}
