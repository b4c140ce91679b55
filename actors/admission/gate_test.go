package admission_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"outcry/actors/admission"
)

func TestTryIsRefusedWhereThereIsNoRoom(t *testing.T) {
	g := admission.NewGate(2, func() {})
	admitted := 0
	for range 3 {
		if g.Try() {
			admitted++
		}
	}
	if admitted != 2 || g.Pending() != 2 {
		t.Errorf("%d admitted, %d pending, want 2", admitted, g.Pending())
	}
	g.Done()
	if !g.Try() {
		t.Error("there was room")
	}
}

func TestAcquireWaitsForHalfOfTheRoomAndHurriesThoseWhoMakeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hurried atomic.Int64
		g := admission.NewGate(4, func() { hurried.Add(1) })
		for range 4 {
			if err := g.Acquire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var admitted atomic.Bool
		go func() {
			if g.Acquire(context.Background()) == nil {
				admitted.Store(true)
			}
		}()
		synctest.Wait()
		g.Done()
		synctest.Wait()
		if admitted.Load() || hurried.Load() == 0 {
			t.Errorf("admitted %v after %d calls to hurry", admitted.Load(), hurried.Load())
		}
		g.Done()
		synctest.Wait()
		if !admitted.Load() || g.Pending() != 3 {
			t.Errorf("admitted %v, %d pending", admitted.Load(), g.Pending())
		}
	})
}

func TestANewLimitHoldsAtOnceAndLetsInThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := admission.NewGate(4, func() {})
		for range 4 {
			g.Try()
		}
		var admitted atomic.Int64
		for range 3 {
			go func() {
				if g.Acquire(context.Background()) == nil {
					admitted.Add(1)
				}
			}()
		}
		synctest.Wait()
		g.SetLimit(7) // more than half of it is taken
		synctest.Wait()
		if admitted.Load() != 0 {
			t.Errorf("%d were let in before half of the room was free", admitted.Load())
		}
		g.SetLimit(8)
		synctest.Wait()
		if admitted.Load() != 3 || g.Pending() != 7 {
			t.Errorf("%d were let in, %d pending", admitted.Load(), g.Pending())
		}
		g.SetLimit(2)
		if g.Try() || g.Pending() != 7 {
			t.Errorf("one more was let in; %d pending", g.Pending())
		}
	})
}

func TestAcquireGivesUpWithItsContext(t *testing.T) {
	g := admission.NewGate(1, func() {})
	g.Try()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Acquire(ctx); !errors.Is(err, context.Canceled) || g.Pending() != 1 {
		t.Errorf("%v, %d pending", err, g.Pending())
	}
}

func TestNobodyIsForgotten(t *testing.T) {
	g := admission.NewGate(3, func() {})
	var all sync.WaitGroup
	var most atomic.Int64
	for range 8 {
		all.Go(func() {
			for range 1000 {
				if err := g.Acquire(t.Context()); err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), g.Pending()))
				g.Done()
			}
		})
	}
	all.Wait()
	if g.Pending() != 0 {
		t.Errorf("%d pending", g.Pending())
	}
}
