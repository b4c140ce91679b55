package badgerjournal

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"outcry/persistence"
)

func openStreams(t *testing.T, j *Journal) (names []string) {
	t.Helper()
	for name, err := range j.OpenStreams() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func TestBackupsKeepOpenMarks(t *testing.T) {
	j := open(t, written(t), time.Now)
	file, contents := backUp(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	dir, report := restore(t, file)
	if contents.Open != 1 || report.Report.Open != 1 {
		t.Errorf("%d open marks in the backup, %d in what was restored", contents.Open, report.Report.Open)
	}
	restored := open(t, dir, time.Now)
	defer restored.Close()
	if got := openStreams(t, restored); !slices.Equal(got, []string{"b"}) {
		t.Errorf("open are %q", got)
	}
}

// A stream that lost its end may have lost the event that opened it.
func TestSalvageKeepsOrSetsTheOpenMarksOfStreamsThatAreLeft(t *testing.T) {
	dir := written(t)
	mark, astray := plainKey(nil, kindOpen, "b"), plainKey(nil, kindOpen, "c")
	tamper(t, dir, func(txn *badger.Txn) error {
		return errors.Join(
			txn.Set(mark, []byte("damaged")),
			txn.Set(astray, seal(astray, nil)),
			txn.Delete(plainKey(nil, kindCheckpoint, "a")),
			txn.Delete(eventKey(nil, "a", 3)),
		)
	})
	s, heads := salvage(t, dir)
	j := open(t, dir, time.Now)
	defer j.Close()
	if got := openStreams(t, j); heads["a"] != 2 || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("open are %q of %v; %q", got, heads, s.Losses)
	}
	if err := <-queueOpen(j, "a", 2, persistence.Closed); err != nil {
		t.Fatal(err)
	}
	if got := openStreams(t, j); !slices.Equal(got, []string{"b"}) {
		t.Errorf("open are %q", got)
	}
}

func queueOpen(j *Journal, stream string, expected uint64, change persistence.OpenChange) chan error {
	answer := make(chan error, 1)
	j.Append(persistence.Append{
		Stream: stream, Expected: expected, Open: change, Events: []persistence.Event{{}},
		Done: func(err error) { answer <- err },
	})
	return answer
}
