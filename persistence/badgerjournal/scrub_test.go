package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// unscrubbed opens a journal that examines itself only when a test has it do so.
func unscrubbed(t testing.TB, dir string) *Journal {
	t.Helper()
	j := newJournal(dir, smallOptions(), zerolog.Nop(), time.Now)
	j.scrub.rest = func(ctx context.Context, _, _ int64) error { return ctx.Err() }
	if err := j.reopen(); err != nil {
		t.Fatal(err)
	}
	j.running.Go(j.commitLoop)
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// appendOne appends an event to a stream and returns how that ended.
func appendOne(j *Journal, stream string, expected uint64) error {
	return <-queueAppend(j, stream, expected, fmt.Sprint("new", expected))
}

// set and remove change an entry of a closed journal.
func set(key, value []byte) func(*badger.Txn) error {
	return func(txn *badger.Txn) error { return txn.Set(key, value) }
}

func remove(keys ...[]byte) func(*badger.Txn) error {
	return func(txn *badger.Txn) (err error) {
		for _, key := range keys {
			err = errors.Join(err, txn.Delete(key))
		}
		return err
	}
}

func TestScrubRepairsWhatElseTheJournalHolds(t *testing.T) {
	key, mark, checkpoint := idempotencyKey(nil, "a", "k1"), plainKey(nil, kindStream, "a"), plainKey(nil, kindCheckpoint, "a")
	for name, change := range map[string]func(*badger.Txn) error{
		"a missing key":        remove(key),
		"a damaged key":        set(key, []byte{1, 2}),
		"a key astray":         set(key, sealVersion(key, 3)),
		"an unlisted stream":   remove(mark),
		"a damaged mark":       set(mark, []byte("x")),
		"a damaged checkpoint": set(checkpoint, []byte("x")),
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t)
			tamper(t, dir, change)
			j := unscrubbed(t, dir)
			j.scrub.pass(t.Context())
			if s := j.ScrubStanding(); s.Found != 1 || s.Repaired != 1 || s.Open != 0 || s.Damaged != 0 || s.Passes != 1 {
				t.Fatalf("%+v", s)
			}
			if err := <-queueAppend(j, "a", 3, "k1"); !isDuplicateOf(err, 2) {
				t.Errorf("the key of event 2 again: %v", err)
			}
			if err := appendOne(j, "a", 3); err != nil {
				t.Errorf("another event: %v", err)
			}
			j.scrub.pass(t.Context())
			if s := j.ScrubStanding(); s.Found != 1 || s.Passes != 2 {
				t.Errorf("the next pass: %+v", s)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if r, err := Verify(dir, smallOptions(), zerolog.Nop()); err != nil || r.Found > 0 || r.Events != 7 {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
}

func TestScrubStopsAppendsToWhatItCannotRepair(t *testing.T) {
	event, key, checkpoint := eventKey(nil, "a", 2), idempotencyKey(nil, "a", "k1"), plainKey(nil, kindCheckpoint, "a")
	for name, c := range map[string]struct {
		change func(*badger.Txn) error
		says   string
	}{
		"a missing event":  {remove(event), "a: events 2 to 2 are missing"},
		"a missing end":    {remove(eventKey(nil, "a", 3), idempotencyKey(nil, "a", "k2")), "checkpoint of a is at version 3, and its events end at 2"},
		"no event is left": {remove(eventKey(nil, "a", 1), event, eventKey(nil, "a", 3)), "a: its events are missing"},
		"nothing but keys": {remove(eventKey(nil, "a", 1), event, eventKey(nil, "a", 3), plainKey(nil, kindStream, "a"), checkpoint), `idempotency key "k0" of a leads to event 1, which is missing`},
		"a damaged event":  {set(event, []byte("\x01????garbage")), "event 2 of a: not what was written"},
		"a key of an event that another has": {func(txn *badger.Txn) error {
			return errors.Join(
				txn.Set(event, appendEvent(nil, event, &persistence.Event{Key: "k0", Data: []byte("{}")})),
				txn.Delete(key))
		}, `event 2 of a: its idempotency key "k0" leads to event 1`},
		"a key without an event":         {set(idempotencyKey(nil, "a", "k9"), sealVersion(idempotencyKey(nil, "a", "k9"), 3)), `idempotency key "k9" of a leads to event 3, which has the key "k2"`},
		"a damaged key without an event": {set(idempotencyKey(nil, "a", "k9"), []byte("x")), `idempotency key "k9" of a: too short`},
		"an early checkpoint":            {set(checkpoint, sealCheckpoint(checkpoint, persistence.Checkpoint{Version: 4})), "checkpoint of a is at version 4, and its events end at 3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t)
			tamper(t, dir, c.change)
			j := unscrubbed(t, dir)
			j.scrub.pass(t.Context())
			s := j.ScrubStanding()
			if s.Damaged != 1 || s.Open != 1 || s.Repaired != 0 || len(s.First) != 1 || s.First[0].Stream != "a" || !strings.Contains(s.First[0].Text, c.says) {
				t.Fatalf("%+v, want %q", s, c.says)
			}
			err := appendOne(j, "a", 3)
			if !errors.Is(err, persistence.ErrCorrupt) || !strings.Contains(err.Error(), "append to a: ") || !strings.Contains(err.Error(), "--accept-loss") {
				t.Errorf("append to a: %v", err)
			}
			if err := appendOne(j, "b", 3); err != nil {
				t.Errorf("append to b, which is whole: %v", err)
			}
			j.scrub.pass(t.Context())
			if again := j.ScrubStanding(); again.Found != s.Found || again.Damaged != 1 {
				t.Errorf("the next pass: %+v", again)
			}
		})
	}
}

func TestScrubNamesWhatBelongsToNoStream(t *testing.T) {
	document := plainKey(nil, kindDocument, "d")
	dir := written(t)
	tamper(t, dir, func(txn *badger.Txn) error {
		return errors.Join(txn.Set(document, []byte("x")), txn.Set([]byte("zzz"), []byte("x")), txn.Set([]byte("e\x00"), []byte("x")))
	})
	j := unscrubbed(t, dir)
	j.scrub.pass(t.Context())
	s := j.ScrubStanding()
	if s.Found != 3 || s.Open != 3 || s.Damaged != 0 {
		t.Fatalf("%+v", s)
	}
	if i := slices.IndexFunc(s.First, func(p persistence.Problem) bool { return strings.Contains(p.Text, `"d"`) }); i < 0 || !strings.Contains(s.First[i].Advice, "once it is saved anew") {
		t.Errorf("%+v", s.First)
	}
	put(t, j, "d", "v")
	j.scrub.pass(t.Context())
	if s := j.ScrubStanding(); s.Found != 3 || s.Open != 2 {
		t.Errorf("after the document was saved anew: %+v", s)
	}
}

// Events that are gone with all that leads to them show only by what the committer
// remembers.
func TestScrubMissesTheEndThatTheCommitterRemembers(t *testing.T) {
	dir := t.TempDir()
	j := unscrubbed(t, dir)
	for i := range uint64(3) {
		if err := appendOne(j, "a", i); err != nil {
			t.Fatal(err)
		}
	}
	err := j.view(func(*badger.Txn) error {
		return j.database.Update(remove(eventKey(nil, "a", 3), idempotencyKey(nil, "a", "new2")))
	})
	if err != nil {
		t.Fatal(err)
	}
	j.scrub.pass(t.Context())
	const want = "a ends at event 2, and its events up to 3 were saved"
	if s := j.ScrubStanding(); s.Damaged != 1 || s.First[0].Text != want {
		t.Fatalf("%+v", s)
	}
	j.scrub.pass(t.Context())
	if err := appendOne(j, "a", 2); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("the end is missing still: %v", err)
	}
}

// What reads meet stops appends at once, and is looked at without waiting for a pass.
func TestDamageThatIsReadStopsAppendsUntilItIsRepaired(t *testing.T) {
	key, checkpoint := idempotencyKey(nil, "a", "k1"), plainKey(nil, kindCheckpoint, "a")
	reads := map[string]func(j *Journal) error{
		"Read": func(j *Journal) (err error) {
			for _, err = range j.Read("a", 0) {
			}
			return err
		},
		"ReadBack": func(j *Journal) (err error) {
			for _, err = range j.ReadBack("a", 0) {
			}
			return err
		},
		"Lookup":     func(j *Journal) error { _, err := j.Lookup("a", "k1"); return err },
		"Checkpoint": func(j *Journal) error { _, err := j.Checkpoint("a"); return err },
		"Append":     func(j *Journal) error { return <-queueAppend(j, "a", 3, "k1") },
	}
	for name, c := range map[string]struct {
		change func(*badger.Txn) error
		mended bool
	}{
		"Read":       {remove(eventKey(nil, "a", 2)), false},
		"ReadBack":   {remove(eventKey(nil, "a", 2)), false},
		"Lookup":     {set(key, []byte("x")), true},
		"Append":     {set(key, []byte("x")), true},
		"Checkpoint": {set(checkpoint, []byte("x")), true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t)
			tamper(t, dir, c.change)
			j := unscrubbed(t, dir)
			if err := reads[name](j); !errors.Is(err, persistence.ErrCorrupt) {
				t.Fatal(err)
			}
			if err := appendOne(j, "a", 3); !errors.Is(err, persistence.ErrCorrupt) {
				t.Errorf("append after damage was read: %v", err)
			}
			j.scrub.examineSuspects(t.Context())
			if err := appendOne(j, "a", 3); c.mended != (err == nil) {
				t.Errorf("append after the stream was examined: %v", err)
			}
		})
	}
}

// A sender that saw events which are not there any more has the stream examined.
func TestAppendAfterEventsThatAreMissingHasTheStreamExamined(t *testing.T) {
	dir := written(t)
	tamper(t, dir, remove(plainKey(nil, kindStream, "a")))
	j := unscrubbed(t, dir)
	if err := appendOne(j, "a", 3); !errors.Is(err, persistence.ErrConflict) {
		t.Fatal(err)
	}
	j.scrub.examineSuspects(t.Context())
	if err := appendOne(j, "a", 3); err != nil {
		t.Error(err)
	}
}

func TestCheckpointOfADamagedStreamDoesNotReplaceANewerOne(t *testing.T) {
	dir := written(t)
	tamper(t, dir, remove(eventKey(nil, "a", 3)))
	j := unscrubbed(t, dir)
	j.scrub.pass(t.Context())
	save := func(version uint64) error {
		saved := make(chan error, 1)
		j.SaveCheckpoint("a", persistence.Checkpoint{Version: version}, func(err error) { saved <- err })
		return <-saved
	}
	if err := save(2); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("an older one: %v", err)
	}
	if err := save(4); err != nil {
		t.Errorf("a newer one: %v", err)
	}
}

// What an operator gave up is no damage, and reading it stops no appends.
func TestScrubAcceptsWhatWasGivenUp(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, time.Now)
	for i := range uint64(6) {
		if err := appendOne(j, "a", i); err != nil {
			t.Fatal(err)
		}
	}
	j.SaveCheckpoint("a", persistence.Checkpoint{Version: 3}, nil)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	tamper(t, dir, remove(eventKey(nil, "a", 2)))
	if _, err := Salvage(dir, smallOptions(), zerolog.Nop(), time.Now()); err != nil {
		t.Fatal(err)
	}
	j = unscrubbed(t, dir)
	j.scrub.pass(t.Context())
	for _, err := range j.ReadBack("a", 0) {
		if err != nil && !errors.Is(err, persistence.ErrCorrupt) {
			t.Error(err)
		}
	}
	if s := j.ScrubStanding(); s.Found != 0 {
		t.Errorf("%+v", s)
	}
	if err := appendOne(j, "a", 6); err != nil {
		t.Error(err)
	}
	// Without the checkpoint, which stands for it, the loss is another.
	if err := j.view(func(*badger.Txn) error { return j.database.Update(remove(plainKey(nil, kindCheckpoint, "a"))) }); err != nil {
		t.Fatal(err)
	}
	j.scrub.pass(t.Context())
	if s := j.ScrubStanding(); s.Damaged != 1 || !strings.Contains(s.First[0].Text, "its checkpoint is missing") {
		t.Errorf("%+v", s)
	}
}

func TestQuarantineIsNotEndedByAnExaminationThatBeganBefore(t *testing.T) {
	q := newQuarantine()
	q.add(Finding{Stream: "a"}, 7)
	_, began := q.known("a")
	q.add(Finding{Stream: "a"}, 0)
	if q.lift("a", began) || !q.holds("a") {
		t.Error("ended by an examination that began before damage was met again")
	}
	known, began := q.known("a")
	if known != 7 || !q.lift("a", began) || q.holds("a") || q.refuse("a") != nil {
		t.Errorf("known %d", known)
	}
}
