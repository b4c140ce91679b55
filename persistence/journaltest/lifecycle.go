package journaltest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"outcry/persistence"
)

func doneMayCallTheJournal(t *testing.T, k *kit) {
	const n = 50
	finished := make(chan error, 1)
	var next func(version uint64)
	next = func(version uint64) {
		k.Append(persistence.Append{Stream: "ann", Expected: version, Events: events(fmt.Sprint(version, "-"), 1), Done: func(err error) {
			if err != nil || version+1 == n {
				finished <- err
				return
			}
			next(version + 1)
		}})
	}
	next(0)
	if err := receive(t, finished); err != nil {
		t.Fatal(err)
	}
	if got := len(k.read(t, "ann", 0)); got != n {
		t.Errorf("%d events, want %d", got, n)
	}
}

// Each goroutine fights for the head of a few streams, as portfolios never
// should: every append that was acknowledged is there once, no other is.
func manyGoroutinesAppend(t *testing.T, k *kit) {
	const writers, each, streams = 16, 60, 4
	var acknowledged [streams]atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			var heads [streams]uint64
			for i := range each {
				s := random.IntN(streams)
				err := k.append(t, fmt.Sprint(s), heads[s], event(fmt.Sprint(w, "-", i), "x"))
				switch {
				case err == nil:
					acknowledged[s].Add(1)
					heads[s]++
				case errors.Is(err, persistence.ErrConflict):
					for r, err := range k.Read(fmt.Sprint(s), heads[s]) {
						if err != nil {
							t.Errorf("read: %v", err)
							break
						}
						heads[s] = r.Version
					}
				default:
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for s := range streams {
		if got, want := len(k.read(t, fmt.Sprint(s), 0)), int(acknowledged[s].Load()); got != want {
			t.Errorf("stream %d has %d events, %d were acknowledged", s, got, want)
		}
	}
}

func closeKeepsWhatWasQueued(t *testing.T, k *kit) {
	const n = 500
	var durable atomic.Int64
	var answered sync.WaitGroup
	answered.Add(n)
	for i := range n {
		k.Append(persistence.Append{Stream: "ann", Expected: uint64(i), Events: events(fmt.Sprint(i, "-"), 1), Done: func(err error) {
			if err == nil {
				durable.Add(1)
			}
			answered.Done()
		}})
	}
	if k.reopen(t) {
		if got := len(k.read(t, "ann", 0)); got != n {
			t.Errorf("%d events after reopening, want %d", got, n)
		}
	} else {
		k.close(t)
	}
	answered.Wait()
	if durable.Load() != n {
		t.Errorf("%d appends before Close were made durable, want %d", durable.Load(), n)
	}
}

func closedJournalRefuses(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, event("a", "1"))
	if err := k.Available(); err != nil {
		t.Errorf("an open journal: %v", err)
	}
	k.close(t)
	for what, err := range map[string]error{
		"Append":         k.append(t, "ann", 1, event("b", "2")),
		"SaveCheckpoint": k.saveCheckpoint(t, "ann", persistence.Checkpoint{Version: 1}),
		"Put":            k.put(t, document("a", "1")),
		"Available":      k.Available(),
	} {
		if !errors.Is(err, persistence.ErrClosed) {
			t.Errorf("%s of a closed journal: %v, want ErrClosed", what, err)
		}
	}
	if err := k.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func everythingIsThereAfterReopening(t *testing.T, k *kit) {
	if k.subject.Reopen == nil {
		t.Skip("it forgets")
	}
	want := map[string][]string{}
	for i := range 20 {
		name := fmt.Sprint("stream", i)
		all := events("k", i+1)
		k.mustAppend(t, name, 0, all...)
		want[name] = texts(0, all...)
	}
	for range 3 {
		k.reopen(t)
		for name, events := range want {
			equal(t, name, k.read(t, name, 0), events)
		}
		if got := len(k.streams(t)); got != len(want) {
			t.Errorf("%d streams, want %d", got, len(want))
		}
	}
	k.mustAppend(t, "stream3", 4, event("new", "x"))
}
