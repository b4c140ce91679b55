package deadline

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type waiter struct {
	name     int
	deadline Entry[waiter]
}

func newWaiter(name int) *waiter {
	w := &waiter{name: name}
	w.deadline.Owner = w
	return w
}

// The model is a slice that is searched.
func TestListAgreesWithAModel(t *testing.T) {
	type entry struct {
		w   *waiter
		due time.Duration
	}
	rapid.Check(t, func(t *rapid.T) {
		var list List[waiter]
		var model []entry
		var now time.Duration
		names := 0
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(0, 5).Draw(t, "passes"))
				w := newWaiter(names)
				names++
				due := now + 10
				list.Add(&w.deadline, due)
				model = append(model, entry{w, due})
			},
			"add with a clock read too early": func(t *rapid.T) {
				w := newWaiter(names)
				names++
				due := now + 9
				list.Add(&w.deadline, due)
				if len(model) > 0 {
					due = max(due, model[len(model)-1].due)
				}
				model = append(model, entry{w, due})
			},
			"remove": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				i := rapid.IntRange(0, len(model)-1).Draw(t, "which")
				e := &model[i].w.deadline
				if !list.Has(e) || !e.Remove() || e.Remove() || list.Has(e) {
					t.Fatal("an entry must be removed once")
				}
				model = slices.Delete(model, i, i+1)
			},
			"pop": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(0, 12).Draw(t, "passes"))
				for w := list.PopDue(now); w != nil; w = list.PopDue(now) {
					if len(model) == 0 || model[0].w != w || model[0].due > now {
						t.Fatalf("%d expired at %d, model %v", w.name, now, model)
					}
					model = model[1:]
				}
				if len(model) > 0 && model[0].due <= now {
					t.Fatalf("%d did not expire at %d", model[0].w.name, now)
				}
			},
			"": func(t *rapid.T) {
				var want []*waiter
				for _, e := range model {
					want = append(want, e.w)
				}
				if got := list.AppendOwners(nil); !slices.Equal(got, want) || list.Len() != len(want) {
					t.Fatalf("list %v of length %d, model %v", got, list.Len(), want)
				}
				next, ok := list.Next()
				if ok != (len(model) > 0) || ok && next != model[0].due {
					t.Fatalf("next %v %v, model %v", next, ok, model)
				}
			},
		})
	})
}

func TestAnEntryIsInOneListOnly(t *testing.T) {
	var a, b List[waiter]
	w := newWaiter(1)
	a.Add(&w.deadline, 1)
	defer func() {
		if recover() == nil {
			t.Error("an entry was added twice")
		}
	}()
	b.Add(&w.deadline, 1)
}

func TestWaitingAllocatesNothing(t *testing.T) {
	q := NewQueue(time.Hour, func(*waiter) {})
	a, b := newWaiter(1), newWaiter(2)
	q.Add(&a.deadline)
	if n := testing.AllocsPerRun(100, func() {
		q.Add(&b.deadline)
		q.Remove(&b.deadline)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	q.Remove(&a.deadline)
}

func TestEntriesExpireInOrderAtTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type expiry struct {
			name int
			at   time.Duration
		}
		start := time.Now()
		var mu sync.Mutex
		var got []expiry
		q := NewQueue(10*time.Second, func(w *waiter) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, expiry{w.name, time.Since(start)})
		})
		waiters := make([]*waiter, 6)
		for i := range waiters { // at 0 s, 1 s, ...
			waiters[i] = newWaiter(i)
			q.Add(&waiters[i].deadline)
			time.Sleep(time.Second)
		}
		q.Add(&waiters[1].deadline) // is in: keeps its time
		if !q.Remove(&waiters[0].deadline) || !q.Remove(&waiters[3].deadline) {
			t.Fatal("too late to remove")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := []expiry{{1, 11 * time.Second}, {2, 12 * time.Second}, {4, 14 * time.Second}, {5, 15 * time.Second}}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if q.Remove(&waiters[1].deadline) {
			t.Error("an expired entry was removed")
		}
	})
}

func TestAQueueIsUsedAgainAfterItWasEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var expired atomic.Int64
		q := NewQueue(time.Second, func(*waiter) { expired.Add(1) })
		w := newWaiter(1)
		for range 3 {
			q.Add(&w.deadline)
			time.Sleep(900 * time.Millisecond)
			q.Remove(&w.deadline)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := expired.Load(); n != 0 {
			t.Fatalf("%d expired, all were removed", n)
		}
		for range 3 {
			q.Add(&w.deadline)
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		if n := expired.Load(); n != 3 {
			t.Errorf("%d expired, want 3", n)
		}
	})
}

// Every entry is either removed or expires, never both, whoever wins.
func TestRemovalAndExpiryExcludeEachOther(t *testing.T) {
	var expired, removed atomic.Int64
	var expiries sync.WaitGroup
	q := NewQueue(time.Millisecond, func(*waiter) {
		expired.Add(1)
		expiries.Done()
	})
	const goroutines, each = 8, 200
	var users sync.WaitGroup
	for range goroutines {
		users.Go(func() {
			for i := range each {
				w := newWaiter(i)
				expiries.Add(1)
				q.Add(&w.deadline)
				if i%2 == 0 {
					time.Sleep(time.Millisecond) // so that some expire first; either is right
				}
				if q.Remove(&w.deadline) {
					removed.Add(1)
					expiries.Done()
				}
			}
		})
	}
	users.Wait()
	expiries.Wait()
	if sum := expired.Load() + removed.Load(); sum != goroutines*each || q.Len() != 0 {
		t.Errorf("%d expired and %d removed of %d; %d left", expired.Load(), removed.Load(), goroutines*each, q.Len())
	}
}
