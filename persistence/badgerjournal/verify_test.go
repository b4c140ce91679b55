package badgerjournal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// written is the directory of a closed journal with two streams of three events,
// the second of them open, a checkpoint and a document.
func written(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	j := open(t, dir, time.Now)
	done := make(chan error, 4)
	for _, stream := range []string{"a", "b"} {
		var events []persistence.Event
		for i := range 3 {
			events = append(events, persistence.Event{Key: fmt.Sprint("k", i), Data: []byte(`{"n":1}`)})
		}
		open := persistence.Unchanged
		if stream == "b" {
			open = persistence.Opened
		}
		j.Append(persistence.Append{Stream: stream, Events: events, Open: open, Done: func(err error) { done <- err }})
	}
	j.SaveCheckpoint("a", persistence.Checkpoint{Version: 3, Data: []byte("state")}, func(err error) { done <- err })
	j.Put([]persistence.Document{{Key: "d", Value: []byte("v")}}, func(err error) { done <- err })
	for range 4 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tamper changes a closed journal behind its back.
func tamper(t *testing.T, dir string, change func(txn *badger.Txn) error) {
	t.Helper()
	db, err := badger.Open(smallOptions().badger(dir, badgerLog{log: zerolog.Nop()}))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsNothingInWhatWasWritten(t *testing.T) {
	r, err := Verify(written(t), smallOptions(), zerolog.Nop())
	want := persistence.Contents{Streams: 2, Open: 1, Events: 6, Keys: 6, Checkpoints: 1, Documents: 1}
	if err != nil || r.Found != 0 || r.Contents != want {
		t.Errorf("%+v %v", r, err)
	}
}

func TestVerifyNamesEverythingThatIsNotAsItWasWritten(t *testing.T) {
	set := func(key, value []byte) func(*badger.Txn) error {
		return func(txn *badger.Txn) error { return txn.Set(key, value) }
	}
	remove := func(key []byte) func(*badger.Txn) error {
		return func(txn *badger.Txn) error { return txn.Delete(key) }
	}
	event, key := eventKey(nil, "a", 2), idempotencyKey(nil, "a", "k1")
	checkpoint, openMark := plainKey(nil, kindCheckpoint, "a"), plainKey(nil, kindOpen, "c")
	other := &persistence.Event{Key: "other", Data: []byte("{}")}
	for name, c := range map[string]struct {
		change func(*badger.Txn) error
		want   []string
	}{
		"a missing event":       {remove(event), []string{"a: events 2 to 2 are missing", `key "k1" of a leads to event 2, which is missing`}},
		"a missing first event": {remove(eventKey(nil, "b", 1)), []string{"b: events 1 to 1 are missing", "leads to event 1"}},
		"a damaged event":       {set(event, []byte("\x01????garbage")), []string{"event 2 of a: not what was written"}},
		"an event of elsewhere": {set(event, appendEvent(nil, eventKey(nil, "a", 1), other)), []string{"event 2 of a: not what was written"}},
		"a missing key":         {remove(key), []string{`event 2 of a: its idempotency key "k1" is not known`}},
		"a damaged key":         {set(key, []byte{1, 2}), []string{"too short"}},
		"a key astray":          {set(key, sealVersion(key, 3)), []string{`event 2 of a: its idempotency key "k1" leads to event 3`}},
		"an early checkpoint":   {set(checkpoint, sealCheckpoint(checkpoint, persistence.Checkpoint{Version: 4})), []string{"checkpoint of a is at version 4, and its events end at 3"}},
		"a damaged checkpoint":  {set(checkpoint, []byte("x")), []string{"checkpoint of a: too short"}},
		"an unlisted stream":    {remove(plainKey(nil, kindStream, "b")), []string{"b has events and is not listed", `the open mark of "b" has no stream`}},
		"an open mark astray":   {set(openMark, seal(openMark, nil)), []string{`the open mark of "c" has no stream`}},
		"a damaged open mark":   {set(plainKey(nil, kindOpen, "b"), []byte("x")), []string{`the open mark of "b": too short`}},
		"a damaged document":    {set(plainKey(nil, kindDocument, "d"), []byte("x")), []string{`document "d": too short`}},
		"something else":        {set([]byte("zzz"), []byte("x")), []string{"an entry of an unknown kind"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t)
			tamper(t, dir, c.change)
			r, err := Verify(dir, smallOptions(), zerolog.Nop())
			if err != nil || r.Found != len(c.want) {
				t.Fatalf("%+v %v", r, err)
			}
			for _, want := range c.want {
				if !strings.Contains(strings.Join(r.Problems, "\n"), want) {
					t.Errorf("no %q in %q", want, r.Problems)
				}
			}
		})
	}
}

func TestJournalThatIsOpenIsNeitherVerifiedNorCompacted(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, time.Now)
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := Verify(dir, smallOptions(), zerolog.Nop()); !errors.Is(err, persistence.ErrLocked) {
		t.Error(err)
	}
	if _, _, err := Compact(dir, smallOptions(), zerolog.Nop()); !errors.Is(err, persistence.ErrLocked) {
		t.Error(err)
	}
}

func TestCompactKeepsEverything(t *testing.T) {
	dir := written(t)
	if _, _, err := Compact(dir, smallOptions(), zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(dir, smallOptions(), zerolog.Nop()); err != nil || r.Found != 0 || r.Events != 6 {
		t.Errorf("%+v %v", r, err)
	}
}
