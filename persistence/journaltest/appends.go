package journaltest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"outcry/persistence"
)

func versionsAreContiguous(t *testing.T, k *kit) {
	all := events("k", 5)
	k.mustAppend(t, "ann", 0, all[:2]...)
	k.mustAppend(t, "ann", 2, all[2])
	k.mustAppend(t, "ann", 3, all[3:]...)
	equal(t, "events of ann", k.read(t, "ann", 0), texts(0, all...))
}

func anotherVersionConflicts(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, events("k", 2)...)
	for _, expected := range []uint64{0, 1, 3, 1 << 63} {
		if err := k.append(t, "ann", expected, event("other", "x")); !errors.Is(err, persistence.ErrConflict) {
			t.Errorf("an append after %d to a stream at 2: %v, want ErrConflict", expected, err)
		}
	}
	if err := k.append(t, "ben", 1, event("", "x")); !errors.Is(err, persistence.ErrConflict) {
		t.Errorf("an append after 1 to a new stream: %v, want ErrConflict", err)
	}
	equal(t, "events of ann", k.read(t, "ann", 0), texts(0, events("k", 2)...))
	equal(t, "streams", k.streams(t), []string{"ann"})
}

// An append may be queued before the one in front of it is refused. It must not
// get its place.
func appendBehindARefusedOneConflicts(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, event("known", "x"))
	answers := make(chan error, 3)
	for i, key := range []string{"known", "second", "third"} {
		k.Append(persistence.Append{Stream: "ann", Expected: uint64(i) + 1, Events: []persistence.Event{event(key, "y")}, Done: func(err error) { answers <- err }})
	}
	if err := receive(t, answers); !isDuplicate(err, map[int]uint64{0: 1}) {
		t.Errorf("the known key: %v, want a duplicate of 1", err)
	}
	for range 2 {
		if err := receive(t, answers); !errors.Is(err, persistence.ErrConflict) {
			t.Errorf("behind the refused one: %v, want ErrConflict", err)
		}
	}
	equal(t, "events of ann", k.read(t, "ann", 0), texts(0, event("known", "x")))
}

func receive(t *testing.T, answers <-chan error) error {
	t.Helper()
	select {
	case err := <-answers:
		return err
	case <-time.After(patience):
		t.Fatalf("no answer in %s", patience)
		return nil
	}
}

func isDuplicate(err error, known map[int]uint64) bool {
	var d *persistence.DuplicateError
	return errors.As(err, &d) && maps.Equal(d.Known, known)
}

func knownKeyIsADuplicate(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, event("a", "1"), event("", "2"), event("c", "3"))
	check := func(when string) {
		t.Helper()
		err := k.append(t, "ann", 3, event("new", "x"), event("c", "x"), event("", "x"), event("a", "x"))
		if !isDuplicate(err, map[int]uint64{1: 3, 3: 1}) {
			t.Errorf("%s: %v, want a duplicate of 3 and 1 at 1 and 3", when, err)
		}
		if _, err := k.Lookup("ann", "new"); !errors.Is(err, persistence.ErrNotFound) {
			t.Errorf("%s: the new key of the refused append: %v, want ErrNotFound", when, err)
		}
	}
	check("at once")
	if k.reopen(t) {
		check("after reopening")
	}
	k.mustAppend(t, "ann", 3, event("new", "4"))
}

func keyTwiceIsInvalid(t *testing.T, k *kit) {
	few := []persistence.Event{event("a", "1"), event("", "2"), event("", "3"), event("a", "4")}
	many := events("k", 100)
	many = append(many, event("k50", "again"))
	for _, all := range [][]persistence.Event{few, many} {
		if err := k.append(t, "ann", 0, all...); !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("a key twice among %d events: %v, want ErrInvalid", len(all), err)
		}
	}
	equal(t, "streams", k.streams(t), nil)
}

func keysBelongToTheirStream(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, event("a", "1"))
	k.mustAppend(t, "ben", 0, event("x", "1"), event("a", "2"))
	for stream, want := range map[string]uint64{"ann": 1, "ben": 2} {
		if version, err := k.Lookup(stream, "a"); err != nil || version != want {
			t.Errorf("key a of %s is at %d, %v; want %d", stream, version, err, want)
		}
	}
}

func appendsKeepTheirOrder(t *testing.T, k *kit) {
	const n, streams = 300, 3
	type answer struct {
		stream, i int
		err       error
	}
	answers := make(chan answer, n*streams)
	for i := range n {
		for s := range streams {
			k.Append(persistence.Append{
				Stream: fmt.Sprint("stream", s), Expected: uint64(i), Events: []persistence.Event{event(fmt.Sprint(i), "x")},
				Done: func(err error) { answers <- answer{s, i, err} },
			})
		}
	}
	var next [streams]int
	for range n * streams {
		a := <-answers
		if a.err != nil {
			t.Fatalf("append %d of stream %d: %v", a.i, a.stream, a.err)
		}
		if a.i != next[a.stream] {
			t.Fatalf("stream %d answered append %d, want %d", a.stream, a.i, next[a.stream])
		}
		next[a.stream]++
	}
}

func limitsAreInvalid(t *testing.T, k *kit) {
	long := strings.Repeat("x", max(persistence.MaxStreamBytes, persistence.MaxKeyBytes)+1)
	big := func(n int) []byte { return make([]byte, n+1) }
	for what, err := range map[string]error{
		"no stream":           k.append(t, "", 0, event("a", "1")),
		"a long stream":       k.append(t, long, 0, event("a", "1")),
		"no events":           k.append(t, "ann", 0),
		"a long key":          k.append(t, "ann", 0, event("a", "1"), event(long, "2")),
		"a big event":         k.append(t, "ann", 0, event("a", "1"), persistence.Event{Data: big(persistence.MaxEventBytes)}),
		"a nameless stream":   k.saveCheckpoint(t, "", persistence.Checkpoint{Version: 1}),
		"a big checkpoint":    k.saveCheckpoint(t, "ann", persistence.Checkpoint{Version: 1, Data: big(persistence.MaxCheckpointBytes)}),
		"a nameless value":    k.put(t, persistence.Document{Value: []byte("x")}),
		"a long name":         k.put(t, persistence.Document{Key: long, Value: []byte("x")}),
		"a big document":      k.put(t, persistence.Document{Key: "d", Value: big(persistence.MaxDocumentBytes)}),
		"a negative lifetime": k.put(t, persistence.Document{Key: "d", Value: []byte("x"), Lifetime: -1}),
	} {
		if !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", what, err)
		}
	}
	equal(t, "streams", k.streams(t), nil)
	equal(t, "documents", k.scan(t, "", "\xff"), nil)
	if _, err := k.Checkpoint("ann"); !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("the checkpoint of ann: %v, want ErrNotFound", err)
	}
}

func whatIsJustAllowedIsStored(t *testing.T, k *kit) {
	stream, key := strings.Repeat("s", persistence.MaxStreamBytes), strings.Repeat("k", persistence.MaxKeyBytes)
	data := bytes.Repeat([]byte{0, 255}, persistence.MaxEventBytes/2)
	k.mustAppend(t, stream, 0, persistence.Event{Key: key, Data: data}, persistence.Event{})
	equal(t, "events", k.read(t, stream, 0), texts(0, persistence.Event{Key: key, Data: data}, persistence.Event{}))
	state := bytes.Repeat([]byte("c"), persistence.MaxCheckpointBytes)
	if err := k.saveCheckpoint(t, stream, persistence.Checkpoint{Version: 2, Data: state}); err != nil {
		t.Fatal(err)
	}
	if c, err := k.Checkpoint(stream); err != nil || c.Version != 2 || !bytes.Equal(c.Data, state) {
		t.Errorf("the largest checkpoint: version %d, %d bytes, %v", c.Version, len(c.Data), err)
	}
	value := bytes.Repeat([]byte("d"), persistence.MaxDocumentBytes)
	if err := k.put(t, persistence.Document{Key: key, Value: value}); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(key); err != nil || !bytes.Equal(got, value) {
		t.Errorf("the largest document: %d bytes, %v", len(got), err)
	}
}

func callersMayReuseTheirMemory(t *testing.T, k *kit) {
	data := []byte("first")
	k.mustAppend(t, "ann", 0, persistence.Event{Data: data})
	copy(data, "XXXXX")
	equal(t, "events of ann", k.read(t, "ann", 0), texts(0, event("", "first")))
	value := []byte("first")
	if err := k.put(t, persistence.Document{Key: "d", Value: value}); err != nil {
		t.Fatal(err)
	}
	copy(value, "XXXXX")
	equal(t, "documents", k.scan(t, "", "z"), []string{"d=first"})
}
