package mailbox_test

import (
	"sync/atomic"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"outcry/actors/actortest"
	"outcry/actors/mailbox"
)

// Actors on the ordinary dispatcher run while every worker is busy, each
// message in order, with a flush at the end of each run.
func TestOrdinaryActorsDoNotWaitForWorkers(t *testing.T) {
	r := newRig(t, mailbox.DefaultOptions())
	release := make(chan struct{})
	defer close(release)
	for i := range r.dispatcher.Workers() {
		busy := r.spawn(t, i, func(ctx actor.Context) {
			if _, wait := ctx.Message().(string); wait {
				<-release
			}
		})
		r.system.Root.Send(busy, "wait")
	}
	const actorsCount, messages = 50, 200
	var handled, flushes, disorder atomic.Int64
	for range actorsCount {
		next := 0
		pid := r.system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
			switch m := ctx.Message().(type) {
			case int:
				if m != next {
					disorder.Add(1)
				}
				next++
				handled.Add(1)
			case *mailbox.Flush:
				flushes.Add(1)
			}
		}, append(r.dispatcher.OrdinaryProps(), actor.WithGuardian(r.supervisor))...))
		for i := range messages {
			r.system.Root.Send(pid, i)
		}
	}
	actortest.Eventually(t, "all messages", func() bool { return handled.Load() == actorsCount*messages })
	actortest.Eventually(t, "a flush for each actor", func() bool { return flushes.Load() >= actorsCount })
	if disorder.Load() != 0 {
		t.Errorf("%d messages out of order", disorder.Load())
	}
}
