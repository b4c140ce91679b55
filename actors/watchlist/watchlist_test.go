package watchlist_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"outcry/actors/watchlist"
	"outcry/persistence"
	"outcry/persistence/memjournal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newStore(t *testing.T) *memjournal.Journal {
	store := memjournal.New(time.Now)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func set(l *watchlist.Lists, user string, symbols ...string) error {
	done := make(chan error, 1)
	l.Set(user, symbols, func(err error) { done <- err })
	return <-done
}

func get(t *testing.T, l *watchlist.Lists, user string) []string {
	t.Helper()
	type answer struct {
		symbols []string
		err     error
	}
	done := make(chan answer, 1)
	l.Get(user, func(symbols []string, err error) { done <- answer{symbols, err} })
	a := <-done
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a.symbols
}

func TestListIsTheUsersAndStays(t *testing.T) {
	store := newStore(t)
	l := watchlist.New(store)
	if err := errors.Join(set(l, "ann", "AAPL", "MSFT"), set(l, "bob", "IBM"), set(l, "cid", "IBM"), set(l, "cid")); err != nil {
		t.Fatal(err)
	}
	l.Close()
	l = watchlist.New(store)
	defer l.Close()
	for user, want := range map[string][]string{"ann": {"AAPL", "MSFT"}, "bob": {"IBM"}, "cid": {}, "dan": {}} {
		if diff := cmp.Diff(want, get(t, l, user)); diff != "" {
			t.Errorf("%s: %s", user, diff)
		}
	}
}

func TestListThatCannotBeSavedSaysSo(t *testing.T) {
	store := newStore(t)
	l := watchlist.New(store)
	defer l.Close()
	store.Fail(errors.New("the disk is full"))
	if err := set(l, "ann", "AAPL"); !errors.Is(err, persistence.ErrUnavailable) {
		t.Error(err)
	}
	if got := get(t, l, "ann"); len(got) != 0 {
		t.Error(got)
	}
}
