package journaltest

import (
	"errors"
	"testing"

	"outcry/persistence"
)

func openMarksChangeWithTheirEvents(t *testing.T, k *kit) {
	equal(t, "open streams of an empty journal", k.openStreams(t), nil)
	must := func(stream string, expected uint64, open persistence.OpenChange) {
		t.Helper()
		if err := k.appendOpen(t, stream, expected, open, event("", "x")); err != nil {
			t.Fatalf("append to %s after %d: %v", stream, expected, err)
		}
	}
	check := func(want ...string) {
		t.Helper()
		equal(t, "open streams", k.openStreams(t), want)
		if k.reopen(t) {
			equal(t, "open streams after reopening", k.openStreams(t), want)
		}
	}
	must("never", 0, persistence.Unchanged)
	must("closed", 0, persistence.Closed)
	must("\xff", 0, persistence.Opened)
	must("b", 0, persistence.Unchanged)
	must("b", 1, persistence.Opened)
	must("a", 0, persistence.Opened)
	check("a", "b", "\xff")
	must("a", 1, persistence.Unchanged)
	must("b", 2, persistence.Opened)
	must("\xff", 1, persistence.Closed)
	check("a", "b")
	must("a", 2, persistence.Closed)
	must("b", 3, persistence.Closed)
	must("b", 4, persistence.Closed)
	check()
}

func refusedAppendChangesNoOpenMark(t *testing.T, k *kit) {
	if err := k.appendOpen(t, "ann", 0, persistence.Opened, event("a", "1")); err != nil {
		t.Fatal(err)
	}
	k.mustAppend(t, "ben", 0, event("a", "1"))
	for what, err := range map[string]error{
		"a conflict":   k.appendOpen(t, "ann", 7, persistence.Closed, event("b", "2")),
		"a duplicate":  k.appendOpen(t, "ann", 1, persistence.Closed, event("a", "2")),
		"no events":    k.appendOpen(t, "ann", 1, persistence.Closed),
		"of a new one": k.appendOpen(t, "eve", 1, persistence.Opened, event("a", "1")),
	} {
		if err == nil {
			t.Errorf("%s was appended", what)
		}
	}
	if err := k.appendOpen(t, "ben", 1, persistence.Closed+1, event("b", "2")); !errors.Is(err, persistence.ErrInvalid) {
		t.Errorf("an unknown change: %v, want ErrInvalid", err)
	}
	equal(t, "open streams", k.openStreams(t), []string{"ann"})
}

// The last append decides, also among those that share a commit.
func lastOpenMarkOfAPipelineStays(t *testing.T, k *kit) {
	const n = 200
	answers := make(chan error, 2*n)
	done := func(err error) { answers <- err }
	for i := range uint64(n) {
		mark, other := persistence.Opened, persistence.Closed
		if i%2 == 1 {
			mark, other = other, mark
		}
		one := []persistence.Event{event("", "x")}
		k.Append(persistence.Append{Stream: "ends closed", Expected: i, Open: mark, Events: one, Done: done})
		k.Append(persistence.Append{Stream: "ends open", Expected: i, Open: other, Events: one, Done: done})
	}
	for range 2 * n {
		if err := receive(t, answers); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "open streams", k.openStreams(t), []string{"ends open"})
}
