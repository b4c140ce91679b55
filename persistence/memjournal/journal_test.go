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

func begin(j *memjournal.Journal, expected uint64, key string) chan error {
	done := make(chan error, 1)
	j.Append(persistence.Append{
		Stream: "ann", Expected: expected, Events: []persistence.Event{{Key: key}}, Done: func(err error) { done <- err },
	})
	return done
}

func try(j *memjournal.Journal, expected uint64, key string) error { return <-begin(j, expected, key) }

func TestALostOutcomeIsOfOneAppend(t *testing.T) {
	for _, happens := range []bool{false, true} {
		j := memjournal.New(time.Now)
		broke := errors.New("the disk broke")
		j.LoseOutcome(happens, broke)
		if err := try(j, 7, "a"); !errors.Is(err, persistence.ErrConflict) {
			t.Errorf("a refused append: %v", err)
		}
		err := try(j, 0, "a")
		if !errors.Is(err, persistence.ErrUnknown) || !errors.Is(err, persistence.ErrUnavailable) || !errors.Is(err, broke) {
			t.Errorf("happens %t: %v, want ErrUnknown", happens, err)
		}
		var head uint64
		if _, err := j.Lookup("ann", "a"); (err == nil) != happens {
			t.Errorf("happens %t: its key: %v", happens, err)
		} else if happens {
			head = 1
		}
		if err := try(j, head, "b"); err != nil {
			t.Errorf("the append after it: %v", err)
		}
		j.Close()
	}
}

func TestAForeignAppendComesBeforeThoseThatAreHeld(t *testing.T) {
	j := memjournal.New(time.Now)
	defer j.Close()
	j.Hold()
	done := begin(j, 0, "a")
	if err := j.AppendAtHead("ann", persistence.Opened, persistence.Event{Key: "foreign"}); err != nil {
		t.Fatal(err)
	}
	j.Release()
	if err := <-done; !errors.Is(err, persistence.ErrConflict) {
		t.Errorf("%v, want ErrConflict", err)
	}
	j.Cut("ann", 0)
	if err := try(j, 0, "foreign"); err != nil {
		t.Errorf("a key that was cut: %v", err)
	}
}
