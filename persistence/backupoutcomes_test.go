package persistence_test

import (
	"errors"
	"testing"
	"time"

	"outcry/persistence"
	"outcry/persistence/memjournal"
)

// put saves a document and waits for the outcome.
func put(t *testing.T, begin func(done func(error))) error {
	t.Helper()
	outcome := make(chan error, 1)
	begin(func(err error) { outcome <- err })
	select {
	case err := <-outcome:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("no answer")
		return nil
	}
}

func TestTheLastGoodBackupOutlivesItsProcess(t *testing.T) {
	store := memjournal.New(time.Now)
	t.Cleanup(func() { store.Close() })
	open := func() *persistence.BackupOutcomes {
		t.Helper()
		o, err := persistence.OpenBackupOutcomes(store)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := open()
	if last, failed := o.Standing(); last != (persistence.LastBackup{}) || failed != 0 {
		t.Errorf("before the first: %+v, %d failed", last, failed)
	}
	want := persistence.LastBackup{Ended: time.Unix(1_800_000_000, 123e6).UTC(), Bytes: 1 << 40, Took: 90 * time.Second}
	if err := put(t, func(done func(error)) { o.Taken(want, done) }); err != nil {
		t.Fatal(err)
	}
	o.Failed()
	if last, failed := o.Standing(); last != want || failed != 1 {
		t.Errorf("%+v, %d failed", last, failed)
	}
	if last, failed := open().Standing(); last != want || failed != 0 {
		t.Errorf("in the next process: %+v, %d failed", last, failed)
	}
}

// A full disk keeps no backup from being good.
func TestABackupIsKnownWhereTheJournalCannotBeWritten(t *testing.T) {
	store := memjournal.New(time.Now)
	t.Cleanup(func() { store.Close() })
	o, err := persistence.OpenBackupOutcomes(store)
	if err != nil {
		t.Fatal(err)
	}
	store.Fail(errors.New("the disk is full"))
	want := persistence.LastBackup{Ended: time.Unix(1, 0), Bytes: 1}
	if err := put(t, func(done func(error)) { o.Taken(want, done) }); !errors.Is(err, persistence.ErrUnavailable) {
		t.Error(err)
	}
	if last, _ := o.Standing(); last != want {
		t.Errorf("%+v", last)
	}
}

func TestALastBackupThatCannotBeReadIsAsNone(t *testing.T) {
	store := memjournal.New(time.Now)
	t.Cleanup(func() { store.Close() })
	if err := put(t, func(done func(error)) {
		store.Put([]persistence.Document{{Key: "backup/last", Value: []byte(`{"bytes":1,"ended":7}`)}}, done)
	}); err != nil {
		t.Fatal(err)
	}
	o, err := persistence.OpenBackupOutcomes(store)
	if err == nil || o == nil {
		t.Fatal("nothing is said of what cannot be read")
	}
	if last, _ := o.Standing(); last != (persistence.LastBackup{}) {
		t.Errorf("%+v", last)
	}
}
