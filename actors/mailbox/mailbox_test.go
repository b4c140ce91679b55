package mailbox_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"outcry/actors"
	"outcry/actors/actortest"
	"outcry/actors/conflation"
	"outcry/actors/mailbox"
)

func TestMain(m *testing.M) { actortest.VerifyNoLeaks(m) }

type rig struct {
	system     *actors.System
	dispatcher *mailbox.Dispatcher
	supervisor actor.SupervisorStrategy
}

func newRig(t testing.TB, o mailbox.Options) *rig {
	t.Helper()
	system := actors.NewSystem(slog.DiscardHandler)
	d, err := mailbox.NewDispatcher(o, system.ActorSystem, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Stop()
		system.Shutdown()
	})
	return &rig{system: system, dispatcher: d, supervisor: actors.RestartOnFailure("test", zerolog.Nop())}
}

// spawn starts an actor on worker i.
func (r *rig) spawn(t testing.TB, i int, receive actor.ReceiveFunc) *actor.PID {
	t.Helper()
	return r.system.Root.Spawn(actor.PropsFromFunc(receive,
		actor.WithMailbox(r.dispatcher.SessionMailbox),
		actor.WithDispatcher(r.dispatcher.Worker(i)),
		actor.WithGuardian(r.supervisor)))
}

// watch asks a watcher to watch slots.
type watch struct{ slots []*conflation.Slot }

type unwatch struct{ symbol string }

// watcher is an actor that counts what it is given.
type watcher struct {
	box     *mailbox.Mailbox
	flushes atomic.Int64
	ticks   atomic.Int64
	last    atomic.Uint64 // Ticks of the newest frame given
}

func (w *watcher) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *mailbox.Bound:
		w.box = m.Mailbox
	case *watch:
		w.box.Watch(m.slots)
	case *unwatch:
		subscriptions := w.box.Subscriptions()
		for i := range subscriptions.Len() {
			if subscriptions.Slot(i).Symbol() == m.symbol {
				w.box.Unwatch(i)
				break
			}
		}
	case *mailbox.Flush:
		w.flushes.Add(1)
		subscriptions := w.box.Subscriptions()
		for i := range subscriptions.Len() {
			if f, merged := subscriptions.Next(i); f != nil {
				w.ticks.Add(int64(merged))
				w.last.Store(f.Ticks)
				m.Quotes++
			}
		}
	}
}

func TestLastOfABurstAlwaysArrives(t *testing.T) {
	for _, workers := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			o := mailbox.DefaultOptions()
			o.Workers = workers
			r := newRig(t, o)
			slot := conflation.NewSlot("A")
			var watchers []*watcher
			for i := range 60 {
				w := &watcher{}
				watchers = append(watchers, w)
				r.system.Root.Send(r.spawn(t, i%workers, w.Receive), &watch{[]*conflation.Slot{slot}})
			}
			const burst = 5000
			for i := range burst {
				slot.Publish(&conflation.Frame{Ticks: uint64(i + 1), Received: time.Now().UnixNano()})
			}
			for i, w := range watchers {
				actortest.Eventually(t, fmt.Sprintf("watcher %d to hold the last tick", i), func() bool { return w.last.Load() == burst })
			}
		})
	}
}

func TestMessageDoesNotWaitForThePace(t *testing.T) {
	o := mailbox.DefaultOptions()
	o.Workers, o.Budget, o.PaceFloor, o.PaceCeiling = 1, time.Minute, time.Minute, time.Minute
	r := newRig(t, o)
	slot := conflation.NewSlot("A")
	w := &watcher{}
	pid := r.spawn(t, 0, w.Receive)
	r.system.Root.Send(pid, &watch{[]*conflation.Slot{slot}})
	slot.Publish(&conflation.Frame{Ticks: 1})
	actortest.Eventually(t, "the first flush", func() bool { return w.last.Load() == 1 })
	// The worker rests for a minute now. A tick waits, a message does not, and
	// the flush behind the message takes the tick along.
	slot.Publish(&conflation.Frame{Ticks: 2})
	r.system.Root.Send(pid, "notice")
	actortest.Eventually(t, "the message's flush", func() bool { return w.last.Load() == 2 })
}

func TestTickThatNobodyOnAWorkerWatchesCostsItNoFlush(t *testing.T) {
	o := mailbox.DefaultOptions()
	o.Workers = 1
	r := newRig(t, o)
	slots := make([]*conflation.Slot, 100)
	watchers := make([]*watcher, 100)
	for i := range slots {
		slots[i] = conflation.NewSlot(fmt.Sprint(i))
		watchers[i] = &watcher{}
		r.system.Root.Send(r.spawn(t, 0, watchers[i].Receive), &watch{slots[i : i+1]})
	}
	for _, w := range watchers {
		actortest.Eventually(t, "all to watch", func() bool { return w.flushes.Load() == 1 })
	}
	for i := range 50 {
		slots[7].Publish(&conflation.Frame{Ticks: uint64(i + 1)})
		actortest.Eventually(t, "its watcher", func() bool { return watchers[7].last.Load() == uint64(i+1) })
	}
	for i, w := range watchers {
		if flushes := w.flushes.Load(); i != 7 && flushes != 1 {
			t.Errorf("watcher %d was flushed %d times for another's symbol", i, flushes-1)
		}
	}
}

// TestIndexAgreesWithAModel subscribes, unsubscribes and publishes at random:
// every watcher gets every tick of what it watches, and only that.
func TestIndexAgreesWithAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := mailbox.DefaultOptions()
		o.Workers = rapid.IntRange(1, 3).Draw(rt, "workers")
		r := newRig(t, o)
		const symbols, actorsN = 4, 5
		var slots [symbols]*conflation.Slot
		var published [symbols]uint64
		for i := range slots {
			slots[i] = conflation.NewSlot(fmt.Sprint(i))
		}
		var watchers [actorsN]*watcher
		var pids [actorsN]*actor.PID
		var watching [actorsN][symbols]bool
		var want [actorsN]int64
		for i := range watchers {
			watchers[i] = &watcher{}
			pids[i] = r.spawn(t, i%o.Workers, watchers[i].Receive)
		}
		settle := func() {
			for i, w := range watchers {
				actortest.Eventually(t, "the ticks that are due", func() bool { return w.ticks.Load() == want[i] })
			}
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			a, s := rapid.IntRange(0, actorsN-1).Draw(rt, "actor"), rapid.IntRange(0, symbols-1).Draw(rt, "symbol")
			switch rapid.IntRange(0, 2).Draw(rt, "step") {
			case 0:
				if watching[a][s] {
					continue
				}
				watching[a][s] = true
				if published[s] > 0 {
					want[a]++ // the snapshot
				}
				r.system.Root.Send(pids[a], &watch{slots[s : s+1]})
			case 1:
				watching[a][s] = false
				r.system.Root.Send(pids[a], &unwatch{fmt.Sprint(s)})
			case 2:
				published[s]++
				for i := range watching {
					if watching[i][s] {
						want[i]++
					}
				}
				slots[s].Publish(&conflation.Frame{Ticks: published[s]})
			}
			awaitHandled(t, r, pids[a])
			settle()
		}
		for i := range watching {
			for s := range watching[i] {
				if watching[i][s] {
					r.system.Root.Send(pids[i], &unwatch{fmt.Sprint(s)})
				}
			}
			awaitHandled(t, r, pids[i])
		}
		for _, slot := range slots {
			if slot.Watched() {
				rt.Fatalf("slot %s is still watched", slot.Symbol())
			}
		}
	})
}

// awaitHandled waits until the actor has handled what was sent to it.
func awaitHandled(t testing.TB, r *rig, pid *actor.PID) {
	t.Helper()
	future := r.system.Root.RequestFuture(pid, &actor.Touch{}, 20*time.Second)
	if _, err := future.Result(); err != nil {
		t.Fatal(err)
	}
}

func TestSuspendedMailboxKeepsItsMessagesInOrder(t *testing.T) {
	o := mailbox.DefaultOptions()
	o.Workers = 1
	r := newRig(t, o)
	var got atomic.Pointer[[]int]
	got.Store(&[]int{})
	pid := r.spawn(t, 0, func(ctx actor.Context) {
		if n, ok := ctx.Message().(int); ok {
			if n == 3 {
				panic("three")
			}
			next := append(append([]int{}, *got.Load()...), n)
			got.Store(&next)
		}
	})
	for i := range 8 {
		r.system.Root.Send(pid, i)
	}
	actortest.Eventually(t, "all but the message that panicked", func() bool { return len(*got.Load()) == 7 })
	if s := fmt.Sprint(*got.Load()); s != "[0 1 2 4 5 6 7]" {
		t.Errorf("got %s", s)
	}
	if p := r.dispatcher.Stats().Panics; p != 1 {
		t.Errorf("%d panics counted", p)
	}
}

func TestStoppedActorLeavesAPoisonPillUnharmedInAFullMailbox(t *testing.T) {
	o := mailbox.DefaultOptions()
	o.Workers, o.Capacity, o.Overflow = 1, 1, mailbox.OverflowDropOldest
	r := newRig(t, o)
	stopped := make(chan struct{})
	pid := r.spawn(t, 0, func(ctx actor.Context) {
		if _, ok := ctx.Message().(*actor.Stopped); ok {
			close(stopped)
		}
	})
	for range 100 {
		r.system.Root.Send(pid, "fill")
	}
	r.system.Root.Poison(pid)
	for range 100 {
		r.system.Root.Send(pid, "fill")
	}
	select {
	case <-stopped:
	case <-time.After(20 * time.Second):
		t.Fatal("the pill was lost")
	}
}

func TestOptionsSayWhatIsAllowed(t *testing.T) {
	bad := mailbox.Options{Budget: -time.Second, PaceFloor: -1, PaceCeiling: time.Hour, BusyShare: 2, Workers: -1, Capacity: 0, Overflow: "panic"}
	err := bad.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{"budget: -1s", "pace_floor", "pace_ceiling: 1h0m0s", "busy_share: 2", "workers: -1", "capacity: 0", `overflow: "panic"`} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("no word about %s in:\n%s", key, err)
		}
	}
	if err := mailbox.DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
}

func TestSettingsOfARunningDispatcherChange(t *testing.T) {
	r := newRig(t, mailbox.DefaultOptions())
	o := r.dispatcher.Options()
	o.Budget = 50 * time.Millisecond
	if err := r.dispatcher.Configure(o); err != nil {
		t.Fatal(err)
	}
	if got := r.dispatcher.Options().Budget; got != o.Budget {
		t.Errorf("budget %s", got)
	}
	o.Budget = 0
	if err := r.dispatcher.Configure(o); err == nil {
		t.Error("a budget of 0 was accepted")
	}
}
