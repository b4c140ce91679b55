package loop

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/bench/benchtest"
	"outcry/bench/browser"
)

// eventually waits for what the loop will see, within the patience of a test.
func (w *world) eventually(t *testing.T, what string, reached func(*browser.Turn) bool) {
	t.Helper()
	for deadline, done := time.Now().Add(20*time.Second), false; !done; {
		w.Do(func(turn *browser.Turn) { done = reached(turn) })
		if !done && time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func (w *world) trailing(turn *browser.Turn) bool {
	for _, b := range w.browsers {
		if b.Trailing(turn.Tape) {
			return true
		}
	}
	return false
}

func TestDroppedBrowsersComeBackAndAreRecovered(t *testing.T) {
	server := newServer(t, benchtest.Behaviour{})
	w := newWorld(t, server.URL, 9, func(o *Options) { o.Concurrency = 2 })
	w.feed(t, server.URL, 2)
	w.settle(t)
	for range 3 {
		w.Drop()
		if got := w.Counts(); got.Connected != 0 || got.Ready != 0 {
			t.Fatalf("counts after the drop: %+v", got)
		}
		w.settle(t)
		if diff := cmp.Diff(Counts{Connected: 9, Ready: 9}, w.Counts()); diff != "" {
			t.Fatalf("counts (-want +got):\n%s\n%v", diff, w.Failures())
		}
		for _, b := range w.browsers {
			w.Do(func(*browser.Turn) {
				if !b.Recovered || b.Quotes != 2 || b.Bytes == 0 {
					t.Errorf("recovered %v, intake %+v", b.Recovered, b.Intake)
				}
			})
		}
	}
	if len(w.Failures().Lost)+len(w.Failures().Connect) != 0 {
		t.Errorf("dropping on purpose counts as %+v", w.Failures())
	}
}

func TestBrowsersThatWereLostAreNotDialedAgain(t *testing.T) {
	server := newServer(t, benchtest.Behaviour{Packets: func(n int, _ string, seq int) []string {
		if n == 2 && seq == 3 {
			return []string{"41"}
		}
		return nil
	}})
	w := newWorld(t, server.URL, 3, nil)
	w.feed(t, server.URL, 2)
	w.settle(t)
	w.feed(t, server.URL, w.tape.Ticks())
	w.eventually(t, "one is lost", func(*browser.Turn) bool { return w.failed.Load() == 1 })
	w.Drop()
	w.settle(t)
	if diff := cmp.Diff(Counts{Connected: 2, Ready: 2, Failed: 1}, w.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s\n%v", diff, w.Failures())
	}
}

func TestStalledBrowsersReadNothingUntilTheyResume(t *testing.T) {
	server := newServer(t, benchtest.Behaviour{})
	w := newWorld(t, server.URL, 4, func(o *Options) { o.ReceiveBufferBytes = 4 << 10 })
	w.feed(t, server.URL, 2)
	w.settle(t)
	w.Stall()
	w.Stall() // changes nothing
	received := w.Received()
	w.feed(t, server.URL, w.tape.Ticks())
	w.Do(func(turn *browser.Turn) {
		if !w.trailing(turn) || w.Received() != received {
			t.Errorf("%d bytes were read by browsers that stall", w.Received()-received)
		}
	})
	w.Resume()
	w.eventually(t, "the newest quotes", func(turn *browser.Turn) bool { return !w.trailing(turn) })
	if w.Received() == received || len(w.Failures().Lost) != 0 {
		t.Errorf("%d bytes, lost %v", w.Received()-received, w.Failures().Lost)
	}
}
