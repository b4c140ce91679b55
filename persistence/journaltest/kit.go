package journaltest

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"outcry/persistence"
)

// patience is how long an answer may take before a test gives up on it.
const patience = time.Minute

// kit is one journal under test and its clock.
type kit struct {
	Journal
	subject Subject
	clock   *clock
	closed  bool
}

// clock is moved by the tests. atomic: written by the test, read by the journal.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

func newKit(t testing.TB, s Subject) *kit {
	c := &clock{}
	c.ns.Store(time.Now().UnixNano())
	k := &kit{Journal: s.Open(t, c.now), subject: s, clock: c}
	t.Cleanup(func() { k.close(t) })
	return k
}

func (k *kit) close(t testing.TB) {
	t.Helper()
	if k.closed {
		return
	}
	k.closed = true
	if err := k.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// reopen closes the journal and opens it again; false if it forgets.
func (k *kit) reopen(t testing.TB) bool {
	t.Helper()
	if k.subject.Reopen == nil {
		return false
	}
	k.close(t)
	k.Journal, k.closed = k.subject.Reopen(t, k.Journal, k.clock.now), false
	return true
}

// wait has f start something and returns what it reports.
func wait(t failer, f func(done func(error))) error {
	t.Helper()
	reported := make(chan error, 2)
	f(func(err error) { reported <- err })
	select {
	case err := <-reported:
		return err
	case <-time.After(patience):
		t.Fatalf("no answer in %s", patience)
		return nil
	}
}

// failer is what testing.TB and rapid.T share.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func (k *kit) append(t failer, stream string, expected uint64, events ...persistence.Event) error {
	t.Helper()
	return wait(t, func(done func(error)) {
		k.Append(persistence.Append{Stream: stream, Expected: expected, Events: events, Done: done})
	})
}

// appendOpen is append with a change of the open mark.
func (k *kit) appendOpen(
	t failer, stream string, expected uint64, open persistence.OpenChange, events ...persistence.Event,
) error {
	t.Helper()
	return wait(t, func(done func(error)) {
		k.Append(persistence.Append{Stream: stream, Expected: expected, Events: events, Open: open, Done: done})
	})
}

func (k *kit) mustAppend(t failer, stream string, expected uint64, events ...persistence.Event) {
	t.Helper()
	if err := k.append(t, stream, expected, events...); err != nil {
		t.Fatalf("append to %s after %d: %v", stream, expected, err)
	}
}

func (k *kit) put(t failer, documents ...persistence.Document) error {
	t.Helper()
	return wait(t, func(done func(error)) { k.Put(documents, done) })
}

func (k *kit) saveCheckpoint(t failer, stream string, c persistence.Checkpoint) error {
	t.Helper()
	return wait(t, func(done func(error)) { k.SaveCheckpoint(stream, c, done) })
}

// event has a key, "" for none, and data made of a text.
func event(key, data string) persistence.Event {
	return persistence.Event{Key: key, Data: []byte(data)}
}

// events are n events with keys prefix1, prefix2 and so on.
func events(prefix string, n int) []persistence.Event {
	out := make([]persistence.Event, n)
	for i := range out {
		out[i] = event(fmt.Sprint(prefix, i+1), fmt.Sprintf("data of %s%d", prefix, i+1))
	}
	return out
}

// read returns the events after a version, as text.
func (k *kit) read(t failer, stream string, after uint64) []string {
	t.Helper()
	var out []string
	for r, err := range k.Read(stream, after) {
		if err != nil {
			t.Fatalf("read %s after %d: %v", stream, after, err)
		}
		out = append(out, text(r))
	}
	return out
}

func (k *kit) readBack(t failer, stream string, before uint64) []string {
	t.Helper()
	var out []string
	for r, err := range k.ReadBack(stream, before) {
		if err != nil {
			t.Fatalf("read %s before %d: %v", stream, before, err)
		}
		out = append(out, text(r))
	}
	return out
}

func text(r persistence.Record) string { return fmt.Sprintf("%d %s %s", r.Version, r.Key, r.Data) }

// texts are what read returns of events that follow a version.
func texts(after uint64, events ...persistence.Event) []string {
	var out []string
	for i, e := range events {
		out = append(out, text(persistence.Record{Version: after + uint64(i) + 1, Key: e.Key, Data: e.Data}))
	}
	return out
}

func (k *kit) streams(t failer) []string {
	t.Helper()
	return collect(t, "streams", k.Streams())
}

func (k *kit) openStreams(t failer) []string {
	t.Helper()
	return collect(t, "open streams", k.OpenStreams())
}

func collect(t failer, what string, names iter.Seq2[string, error]) []string {
	t.Helper()
	var out []string
	for name, err := range names {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		out = append(out, name)
	}
	return out
}

// scan returns documents as key=value.
func (k *kit) scan(t failer, from, to string) []string {
	t.Helper()
	var out []string
	for d, err := range k.Scan(from, to) {
		if err != nil {
			t.Fatalf("scan from %q to %q: %v", from, to, err)
		}
		out = append(out, d.Key+"="+string(d.Value))
	}
	return out
}

// equal compares what was found with what should be.
func equal(t failer, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %s\nwant %s", what, strings.Join(got, " | "), strings.Join(want, " | "))
	}
}
