package journaltest

import (
	"errors"
	"math"
	"testing"

	"outcry/persistence"
)

func readGoesForward(t *testing.T, k *kit) {
	all := events("k", 5)
	k.mustAppend(t, "ann", 0, all...)
	k.mustAppend(t, "anna", 0, event("z", "of another"))
	for after := range uint64(5) {
		equal(t, "events", k.read(t, "ann", after), texts(after, all[after:]...))
	}
	for _, after := range []uint64{5, 6, 100, math.MaxUint64} {
		equal(t, "events behind the last", k.read(t, "ann", after), nil)
	}
	equal(t, "events of an unknown stream", k.read(t, "nobody", 0), nil)
}

func readBackGoesBack(t *testing.T, k *kit) {
	all := events("k", 5)
	k.mustAppend(t, "ann", 0, all...)
	k.mustAppend(t, "am", 0, event("z", "of another"))
	back := func(n int) []string {
		out := texts(0, all[:n]...)
		for i := range n / 2 {
			out[i], out[n-1-i] = out[n-1-i], out[i]
		}
		return out
	}
	for before := uint64(1); before <= 6; before++ {
		equal(t, "events", k.readBack(t, "ann", before), back(int(before)-1))
	}
	for _, before := range []uint64{0, 7, 100, math.MaxUint64} {
		equal(t, "all events", k.readBack(t, "ann", before), back(5))
	}
	equal(t, "events of an unknown stream", k.readBack(t, "nobody", 0), nil)
}

func readerMayStopEarly(t *testing.T, k *kit) {
	for _, name := range []string{"ann", "ben"} {
		if err := k.appendOpen(t, name, 0, persistence.Opened, events("k", 5)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.put(t, persistence.Document{Key: "a", Value: []byte("1")}, persistence.Document{Key: "b", Value: []byte("2")}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, err := range k.Read("ann", 0) {
		if seen++; err != nil || seen == 2 {
			break
		}
	}
	for _, err := range k.ReadBack("ann", 0) {
		if seen++; err != nil || seen == 4 {
			break
		}
	}
	for _, err := range k.Streams() {
		if seen++; err != nil || seen == 5 {
			break
		}
	}
	for _, err := range k.Scan("", "z") {
		if seen++; err != nil || seen == 6 {
			break
		}
	}
	for _, err := range k.OpenStreams() {
		if seen++; err != nil || seen == 7 {
			break
		}
	}
	if seen != 7 {
		t.Errorf("%d records before stopping, want 7", seen)
	}
	k.mustAppend(t, "ann", 5, event("", "still works"))
}

// A reader is not told what is appended after it began, nor kept from it.
func readerSeesOneMoment(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, events("k", 3)...)
	seen := 0
	for _, err := range k.Read("ann", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 1 {
			k.mustAppend(t, "ann", 3, event("", "meanwhile"))
		}
	}
	if seen != 3 {
		t.Errorf("a reader saw %d events, want the 3 from when it began", seen)
	}
}

func lookupFindsAKeysVersion(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, event("a", "1"), event("", "2"), event("c", "3"))
	for key, want := range map[string]uint64{"a": 1, "c": 3} {
		if version, err := k.Lookup("ann", key); err != nil || version != want {
			t.Errorf("key %s is at %d, %v; want %d", key, version, err, want)
		}
	}
	for _, unknown := range [][2]string{{"ann", "b"}, {"ann", ""}, {"ann", "ca"}, {"nobody", "a"}} {
		if _, err := k.Lookup(unknown[0], unknown[1]); !errors.Is(err, persistence.ErrNotFound) {
			t.Errorf("key %q of %s: %v, want ErrNotFound", unknown[1], unknown[0], err)
		}
	}
}

func streamsAreInByteOrder(t *testing.T, k *kit) {
	equal(t, "streams of an empty journal", k.streams(t), nil)
	for _, name := range []string{"b", "aa", "\xff", "a", "B", "a\x00b", "ab"} {
		k.mustAppend(t, name, 0, event("", name))
	}
	equal(t, "streams", k.streams(t), []string{"B", "a", "a\x00b", "aa", "ab", "b", "\xff"})
}

func namesDoNotRunIntoEachOther(t *testing.T, k *kit) {
	names := []string{"a", "ab", "abc", "a\x00", "\x00", "a\x00\x00\x00\x00\x00\x00\x00\x01"}
	for _, name := range names {
		k.mustAppend(t, name, 0, event("key of "+name, "1 "+name), event("bc", "2 "+name))
	}
	for _, name := range names {
		want := texts(0, event("key of "+name, "1 "+name), event("bc", "2 "+name))
		equal(t, "events of "+name, k.read(t, name, 0), want)
		equal(t, "events of "+name+" back", k.readBack(t, name, 0), []string{want[1], want[0]})
	}
}

func checkpointIsReplaced(t *testing.T, k *kit) {
	k.mustAppend(t, "ann", 0, events("k", 3)...)
	if _, err := k.Checkpoint("ann"); !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("before the first: %v, want ErrNotFound", err)
	}
	check := func(version uint64, data string) {
		t.Helper()
		c, err := k.Checkpoint("ann")
		if err != nil || c.Version != version || string(c.Data) != data {
			t.Errorf("checkpoint %d %q, %v; want %d %q", c.Version, c.Data, err, version, data)
		}
	}
	for i, data := range []string{"first", "second", ""} {
		version := uint64(i) + 1
		if err := k.saveCheckpoint(t, "ann", persistence.Checkpoint{Version: version, Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
		check(version, data)
	}
	k.SaveCheckpoint("ann", persistence.Checkpoint{Version: 3, Data: []byte("nobody waits")}, nil)
	k.mustAppend(t, "ben", 0, event("", "behind it"))
	check(3, "nobody waits")
	if k.reopen(t) {
		check(3, "nobody waits")
	}
	if _, err := k.Checkpoint("an"); !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("of a stream without: %v, want ErrNotFound", err)
	}
}
