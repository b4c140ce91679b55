package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"outcry/persistence"
	"outcry/persistence/memjournal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, store *memjournal.Journal, now func() time.Time) *Log {
	t.Helper()
	l, err := Open(store, now)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newStore(t *testing.T) *memjournal.Journal {
	t.Helper()
	store := memjournal.New(time.Now)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func saved(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Saved(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTheNewestChangesOutliveTheProcessInTheirOrder(t *testing.T) {
	store := newStore(t)
	at := time.UnixMilli(1_000_000)
	now := func() time.Time { at = at.Add(time.Millisecond); return at }
	l := open(t, store, now)
	saved(t, l) // nothing to wait for
	if got := l.Newest(10); len(got) != 0 || got == nil {
		t.Fatalf("%v", got)
	}
	const more = 25
	for i := range MaxEntries/2 + more {
		l.Add(Entry{UserID: "ann", Key: "first", To: fmt.Sprint(i)}, Entry{UserID: "ann", Key: "second", To: fmt.Sprint(i)})
	}
	saved(t, l)
	l = open(t, store, now)
	all := l.Newest(MaxEntries + 1)
	if len(all) != MaxEntries {
		t.Fatalf("%d entries", len(all))
	}
	for i, e := range all {
		last := MaxEntries/2 + more - 1
		want := Entry{At: 1_000_000 + int64(last-i/2+1), UserID: "ann", Key: []string{"second", "first"}[i%2], To: fmt.Sprint(last - i/2)}
		if e != want {
			t.Fatalf("entry %d is %+v, want %+v", i, e, want)
		}
	}
	if got := l.Newest(3); len(got) != 3 || got[0] != all[0] || got[2] != all[2] {
		t.Errorf("%+v", got)
	}
}

func TestLongValuesNeverMakeTheLogTooLongToSave(t *testing.T) {
	store := newStore(t)
	l := open(t, store, time.Now)
	for i := range 40 {
		l.Add(Entry{Key: fmt.Sprint(i), From: strings.Repeat("<", 20_000)}) // each as long as six, in JSON
		saved(t, l)
	}
	if got := open(t, store, time.Now).Newest(MaxEntries); len(got) == 0 || got[0].Key != "39" {
		t.Errorf("%d entries", len(got))
	}
}

func TestWhatCouldNotBeSavedIsSavedWithTheNextChange(t *testing.T) {
	store := newStore(t)
	l := open(t, store, time.Now)
	store.Fail(errors.New("full"))
	l.Add(Entry{Key: "a"})
	if err := l.Saved(t.Context()); !errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if got := l.Newest(1); len(got) != 1 || got[0].Key != "a" {
		t.Errorf("%+v", got)
	}
	store.Fail(nil)
	l.Add(Entry{Key: "b"})
	saved(t, l)
	if got := open(t, store, time.Now).Newest(5); len(got) != 2 || got[0].Key != "b" || got[1].Key != "a" {
		t.Errorf("%+v", got)
	}
}

func TestWaitingToBeSavedEndsWithItsContext(t *testing.T) {
	store := newStore(t)
	l := open(t, store, time.Now)
	store.Hold()
	defer store.Release()
	l.Add(Entry{Key: "a"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Saved(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestALogThatCannotBeReadBeginsAnewAndSaysSo(t *testing.T) {
	store := newStore(t)
	done := make(chan error, 1)
	store.Put([]persistence.Document{{Key: documentKey, Value: []byte(`[{"at":1},nonsense`)}}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	l, err := Open(store, time.Now)
	if err == nil || len(l.Newest(5)) != 0 {
		t.Error(err)
	}
	l.Add(Entry{Key: "b"})
	saved(t, l)
	if got := open(t, store, time.Now).Newest(5); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}
