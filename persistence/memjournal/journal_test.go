package memjournal_test

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"outcry/persistence"
	"outcry/persistence/journaltest"
	"outcry/persistence/memjournal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	journaltest.Run(t, journaltest.Subject{
		Open: func(_ testing.TB, now func() time.Time) journaltest.Journal { return memjournal.New(now) },
	})
}

func TestHoldKeepsAppendsUntilRelease(t *testing.T) {
	j := memjournal.New(time.Now)
	defer j.Close()
	j.Hold()
	done := make(chan error, 1)
	j.Append(persistence.Append{Stream: "ann", Events: []persistence.Event{{Key: "a"}}, Done: func(err error) { done <- err }})
	for range j.Read("ann", 0) {
		t.Fatal("an event that is held was read")
	}
	select {
	case err := <-done:
		t.Fatalf("answered while held: %v", err)
	default:
	}
	j.Release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestFailRefusesUntilItIsTakenBack(t *testing.T) {
	j := memjournal.New(time.Now)
	defer j.Close()
	try := func() error {
		done := make(chan error, 1)
		j.Append(persistence.Append{Stream: "ann", Events: []persistence.Event{{Key: "a"}}, Done: func(err error) { done <- err }})
		return <-done
	}
	j.Fail(errors.New("the disk is full"))
	if err := try(); !errors.Is(err, persistence.ErrUnavailable) || !errors.Is(j.Available(), persistence.ErrUnavailable) {
		t.Fatalf("a failing journal: %v, %v; want ErrUnavailable", err, j.Available())
	}
	j.Fail(nil)
	if err := try(); err != nil {
		t.Fatal(err)
	}
}
