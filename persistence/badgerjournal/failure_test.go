package badgerjournal

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// openFailing opens a journal whose commits go through a function.
func openFailing(t *testing.T, dir string, commit func(*badger.Txn) error) *Journal {
	t.Helper()
	j := newJournal(dir, smallOptions(), zerolog.Nop(), time.Now)
	j.commitTxn = commit
	if err := j.reopen(); err != nil {
		t.Fatal(err)
	}
	j.start()
	t.Cleanup(func() { j.Close() })
	return j
}

// queue appends one event and returns where the answer comes.
func queueAppend(j *Journal, stream string, expected uint64, key string) chan error {
	answer := make(chan error, 2)
	j.Append(persistence.Append{Stream: stream, Expected: expected, Events: []persistence.Event{{Key: key, Data: []byte("x")}}, Done: func(err error) { answer <- err }})
	return answer
}

// eventually tries an append until the journal has opened again.
func eventually(t *testing.T, j *Journal, stream string, expected uint64, key string) error {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := <-queueAppend(j, stream, expected, key)
		if !errors.Is(err, persistence.ErrUnavailable) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond) // nothing says when, the loop asks
	}
}

// versions reads a stream's versions and fails if they have a gap.
func versions(t *testing.T, j *Journal, stream string) uint64 {
	t.Helper()
	var last uint64
	for r, err := range j.Read(stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if last++; r.Version != last {
			t.Fatalf("event %d follows %d", r.Version, last-1)
		}
	}
	return last
}

var errBroken = errors.New("the disk broke")

// A commit that fails may be on disk nonetheless: nobody was told, and whoever
// tries again is told the truth.
func TestAFailedCommitAcknowledgesNothing(t *testing.T) {
	for _, onDisk := range []bool{false, true} {
		t.Run(fmt.Sprintf("on disk %t", onDisk), func(t *testing.T) {
			var failing atomic.Bool
			reached, proceed := make(chan struct{}), make(chan struct{})
			j := openFailing(t, t.TempDir(), func(txn *badger.Txn) error {
				if !failing.Load() {
					return txn.Commit()
				}
				reached <- struct{}{}
				<-proceed
				failing.Store(false)
				if onDisk {
					if err := txn.Commit(); err != nil {
						return err
					}
				}
				return errBroken
			})
			if err := <-queueAppend(j, "ann", 0, "a"); err != nil {
				t.Fatal(err)
			}
			failing.Store(true)
			first := queueAppend(j, "ann", 1, "b")
			<-reached
			behind := queueAppend(j, "ann", 2, "c")
			close(proceed)
			err := <-first
			if !errors.Is(err, persistence.ErrUnknown) || !errors.Is(err, errBroken) {
				t.Fatalf("a commit that failed: %v, want ErrUnknown", err)
			}
			if err := <-behind; !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrUnknown) {
				t.Fatalf("behind it: %v, want ErrUnavailable alone", err)
			}
			err = eventually(t, j, "ann", 1, "b")
			if onDisk && !errors.Is(err, persistence.ErrConflict) || !onDisk && err != nil {
				t.Fatalf("tried again: %v", err)
			}
			if onDisk {
				if err := <-queueAppend(j, "ann", 2, "b"); !isDuplicateOf(err, 2) {
					t.Fatalf("tried again behind it: %v, want a duplicate of 2", err)
				}
			}
			if got := versions(t, j, "ann"); got != 2 {
				t.Fatalf("ann is at %d, want 2", got)
			}
		})
	}
}

func isDuplicateOf(err error, version uint64) bool {
	var d *persistence.DuplicateError
	return errors.As(err, &d) && d.Known[0] == version
}

// From the moment that an outcome is reported as unknown a read says what stays, or
// that it cannot say yet: never what only the memory of the failed commit has.
func TestAfterAnUnknownOutcomeReadsShowWhatStays(t *testing.T) {
	for _, onDisk := range []bool{false, true} {
		t.Run(fmt.Sprintf("on disk %t", onDisk), func(t *testing.T) {
			var failing atomic.Bool
			j := openFailing(t, t.TempDir(), func(txn *badger.Txn) error {
				if failing.CompareAndSwap(true, false) {
					if onDisk {
						return errors.Join(txn.Commit(), errBroken)
					}
					return errBroken
				}
				return txn.Commit()
			})
			if err := <-queueAppend(j, "ann", 0, "a"); err != nil {
				t.Fatal(err)
			}
			seen := make(chan error, 1)
			failing.Store(true)
			done := func(err error) {
				if !errors.Is(err, persistence.ErrUnknown) {
					t.Errorf("a commit that failed: %v, want ErrUnknown", err)
				}
				_, err = j.Lookup("ann", "b") // the journal cannot open again before: it waits for this goroutine
				seen <- err
			}
			events := []persistence.Event{{Key: "b"}}
			j.Append(persistence.Append{Stream: "ann", Expected: 1, Open: persistence.Opened, Events: events, Done: done})
			if err := <-seen; !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrUnknown) {
				t.Errorf("read at once: %v, want ErrUnavailable alone", err)
			}
			want, open := uint64(1), 0
			if onDisk {
				want, open = 2, 1
			}
			for j.Available() != nil {
				time.Sleep(time.Millisecond) // nothing says when, the loop asks
			}
			if got := versions(t, j, "ann"); got != want {
				t.Errorf("ann is at %d, want %d", got, want)
			}
			if got := openStreams(t, j); len(got) != open {
				t.Errorf("open are %q, want %d", got, open)
			}
			if err := <-queueAppend(j, "ann", want, "c"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A duplicate or a conflict that is known from the same transaction alone is no
// truth before that is durable.
func TestAVerdictWaitsForItsCommit(t *testing.T) {
	var failing atomic.Bool
	reached, proceed := make(chan struct{}, 1), make(chan struct{})
	j := openFailing(t, t.TempDir(), func(txn *badger.Txn) error {
		if failing.Load() {
			reached <- struct{}{}
			<-proceed
			if failing.CompareAndSwap(true, false) {
				return txn.Commit() // what waited meanwhile is the next group
			}
		}
		return errBroken
	})
	failing.Store(true)
	first := queueAppend(j, "gate", 0, "")
	<-reached
	answers := []chan error{queueAppend(j, "ann", 0, "a"), queueAppend(j, "ann", 1, "a"), queueAppend(j, "ann", 5, "b")}
	close(proceed)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	for i, answer := range answers {
		err := <-answer
		if errors.Is(err, persistence.ErrUnknown) != (i == 0) {
			t.Errorf("append %d of a commit that failed: %v, want ErrUnknown of the first alone", i, err)
		}
		if !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrConflict) || isDuplicateOf(err, 1) {
			t.Errorf("append %d of a commit that failed: %v, want ErrUnavailable alone", i, err)
		}
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	reached, proceed := make(chan struct{}, 1000), make(chan struct{})
	j := openFailing(t, t.TempDir(), func(txn *badger.Txn) error {
		reached <- struct{}{}
		<-proceed
		return txn.Commit()
	})
	first := queueAppend(j, "gate", 0, "")
	<-reached
	events := func(n int) []persistence.Event {
		out := make([]persistence.Event, n)
		for i := range out {
			out[i].Data = make([]byte, persistence.MaxEventBytes)
		}
		return out
	}
	const n = 132
	answers := make(chan error, n+1)
	done := func(err error) { answers <- err }
	j.Append(persistence.Append{Stream: "big", Events: events(2000), Done: done})
	for range n { // 99 MiB, into a queue of 64
		j.Append(persistence.Append{Stream: "ann", Events: events(persistence.MaxAppendBytes / persistence.MaxEventBytes), Done: done})
	}
	close(proceed)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if err := <-answers; !errors.Is(err, persistence.ErrInvalid) {
		t.Errorf("an append that can never fit: %v, want ErrInvalid", err)
	}
	refused := 0
	for range n {
		if err := <-answers; errors.Is(err, persistence.ErrUnavailable) {
			refused++
		}
	}
	if refused < 40 || refused > 54 {
		t.Errorf("%d of %d, of 99 MiB, were refused by a queue of 64", refused, n)
	}
}
