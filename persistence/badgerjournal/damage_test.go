package badgerjournal

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"outcry/persistence"
)

// lastCommit returns where the last commit of a log begins and ends.
func lastCommit(t *testing.T, data []byte) (from, to int) {
	t.Helper()
	w := walkLog(data)
	if w.commits > 1 {
		to, from = w.end, logHeadBytes
		at := logHeadBytes
		for at < to {
			e, err := decodeEntry(data, at)
			if err != nil {
				t.Fatal(err)
			}
			if at = e.end; e.meta&bitEnd > 0 && at < to {
				from = at
			}
		}
		return from, to
	}
	t.Fatal("a log of one commit")
	return 0, 0
}

func TestAKillInTheMiddleOfACommitIsNoDamage(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "*.mem")
	from, to := lastCommit(t, all[name])
	heads["stream2"] -= 5 // the last of 30 commits to 3 streams
	random := rand.New(rand.NewPCG(1, 2))
	cuts := []int{from + 1, from + 2, to - 1, to - 2, to - crcBytes, to - 30}
	for range 200 {
		cuts = append(cuts, from+1+random.IntN(to-1-from))
	}
	for i, cut := range cuts {
		torn := with(all, name, func(data []byte) { clear(data[cut:to]) })
		w := walkLog(torn[name])
		if unfinished, damage := w.judge(name, torn[name]); !unfinished || damage != nil || w.end != from {
			t.Fatalf("cut %d bytes into the last commit: unfinished %t, kept until %d of %d, %v", cut-from, unfinished, w.end, from, damage)
		}
		if i < 6 {
			if got, err := reread(t, write(t, torn)); err != nil || !maps.Equal(got, heads) {
				t.Fatalf("cut %d bytes into the last commit: %v, %v; want %v", cut-from, got, err, heads)
			}
		}
	}
}

func TestAPowerCutInTheMiddleOfACommitIsNoDamage(t *testing.T) {
	all, heads := crashed(t, 6, 60)
	name := only(t, all, "*.mem")
	from, to := lastCommit(t, all[name])
	heads["stream2"] -= 60
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 200 {
		lost := 0
		torn := with(all, name, func(data []byte) {
			for lost == 0 { // any of the sectors that only the last commit has, or the first one behind the commit before
				for sector := from - from%sectorBytes; sector < to; sector += sectorBytes {
					if random.IntN(4) == 0 {
						clear(data[max(from, sector):min(to, sector+sectorBytes)])
						lost++
					}
				}
			}
		})
		w := walkLog(torn[name])
		if unfinished, damage := w.judge(name, torn[name]); damage != nil || w.end != from {
			t.Fatalf("%d sectors lost: unfinished %t, kept until %d of %d, %v", lost, unfinished, w.end, from, damage)
		}
		if i < 3 {
			if got, err := reread(t, write(t, torn)); err != nil || !maps.Equal(got, heads) {
				t.Fatalf("%d sectors lost: %v, %v; want %v", lost, got, err, heads)
			}
		}
	}
}

// Whatever byte of a log is flipped: it is found, or nothing is missing.
func TestAFlippedByteInALogIsFound(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "*.mem")
	whole := walkLog(all[name])
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 600 {
		at, bit := random.IntN(whole.end), byte(1)<<random.IntN(8)
		flipped := with(all, name, func(data []byte) { data[at] ^= bit })
		w := walkLog(flipped[name])
		_, damage := w.judge(name, flipped[name])
		if damage == nil && w.commits != whole.commits {
			t.Fatalf("byte %d ^ %#x: %d of %d commits are left and nobody says so", at, bit, w.commits, whole.commits)
		}
		if damage != nil && damage.Lost != whole.commits-w.commits {
			t.Errorf("byte %d ^ %#x: %d commits are left of %d, and %d are said to be lost", at, bit, w.commits, whole.commits, damage.Lost)
		}
		if i < 10 {
			checkUntouched(t, flipped, heads)
		}
	}
}

// checkUntouched opens damaged files: an error must name one of them and leave
// all as they are, otherwise all events are there.
func checkUntouched(t *testing.T, damaged map[string][]byte, heads map[string]uint64) (found bool) {
	t.Helper()
	dir := write(t, damaged)
	got, err := reread(t, dir)
	if err == nil {
		if !maps.Equal(got, heads) {
			t.Fatalf("%v are left of %v and nobody says so", got, heads)
		}
		return false
	}
	if !errors.Is(err, persistence.ErrCorrupt) {
		t.Fatalf("%v, want ErrCorrupt", err)
	}
	named := false
	after := files(t, dir)
	delete(after, lockName)
	delete(after, "LOCK")
	for name, before := range damaged {
		named = named || strings.Contains(err.Error(), name)
		if name != lockName && name != "LOCK" && !slices.Equal(after[name], before) {
			t.Errorf("%s was changed before %v was reported", name, err)
		}
	}
	if !named {
		t.Errorf("no file is named: %v", err)
	}
	return true
}

func TestACutLogIsFound(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "*.mem")
	_, to := lastCommit(t, all[name])
	for _, size := range []int{1, 19, 1000, to - 1} {
		cut := maps.Clone(all)
		cut[name] = all[name][:size]
		if !checkUntouched(t, cut, heads) {
			t.Errorf("a log of %d bytes instead of %d: nothing found", size, to)
		}
	}
}

// Whatever byte of a table or of the list of tables is flipped: it is found when
// the journal is opened, or nothing is missing.
func TestAFlippedByteInATableIsFound(t *testing.T) {
	all, heads := closed(t, 60, 20)
	random := rand.New(rand.NewPCG(7, 8))
	for _, c := range []struct {
		pattern   string
		flips     int
		wantFound bool
	}{{"*.sst", 25, true}, {"MANIFEST", 25, true}, {"KEYREGISTRY", 10, false}, {"DISCARD", 3, false}} {
		name, found := c.pattern, 0
		if name == "*.sst" {
			name = only(t, all, c.pattern)
		}
		for range c.flips {
			at, bit := random.IntN(len(all[name])), byte(1)<<random.IntN(8)
			if checkUntouched(t, with(all, name, func(data []byte) { data[at] ^= bit }), heads) {
				found++
			}
		}
		t.Logf("%s: %d of %d flips found", name, found, c.flips)
		if c.wantFound && found < c.flips/2 {
			t.Errorf("%s: %d of %d flips found", name, found, c.flips)
		}
	}
}

func TestAMissingFileIsFound(t *testing.T) {
	all, heads := closed(t, 60, 20)
	for _, name := range []string{only(t, all, "*.sst"), "MANIFEST"} {
		without := maps.Clone(all)
		delete(without, name)
		if dir := write(t, without); !checkMissing(t, dir, name) {
			t.Errorf("%s is missing: nothing found", name)
		}
	}
	if got, err := reread(t, write(t, all)); err != nil || !maps.Equal(got, heads) {
		t.Fatalf("nothing is missing: %v, %v", got, err)
	}
}

func checkMissing(t *testing.T, dir, name string) bool {
	t.Helper()
	_, err := reread(t, dir)
	return errors.Is(err, persistence.ErrCorrupt) && strings.Contains(err.Error(), name)
}

func TestAListOfTablesThatAPowerCutTorePasses(t *testing.T) {
	all, heads := closed(t, 60, 20)
	torn := maps.Clone(all)
	torn[manifestName] = append(slices.Clone(all[manifestName]), 0, 0, 0, 30, 1, 2, 3, 4, 5)
	if got, err := reread(t, write(t, torn)); err != nil || !maps.Equal(got, heads) {
		t.Fatalf("%v, %v; want %v", got, err, heads)
	}
}

// A kill in the moment a log is made leaves an empty one.
func TestEmptyLogsOfAKilledProcessAreNoDamage(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	for _, name := range []string{"00009.mem", "000009.vlog"} {
		dir := write(t, all)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := reread(t, dir); err != nil || !maps.Equal(got, heads) {
			t.Errorf("an empty %s: %v, %v; want %v", name, got, err, heads)
		}
	}
}

func FuzzWalkLog(f *testing.F) {
	all, _ := crashed(f, 4, 2)
	for name, data := range all {
		if filepath.Ext(name) == ".mem" {
			f.Add(data, 60, byte(4))
			f.Add(data[:lastNonZero(data)+1], 0, byte(0))
		}
	}
	f.Add([]byte{}, 0, byte(0))
	f.Fuzz(func(t *testing.T, data []byte, at int, flip byte) {
		if at >= 0 && at < len(data) {
			data[at] ^= flip
		}
		w := walkLog(data)
		if w.end > w.stop || len(data) > logHeadBytes && w.stop > len(data) {
			t.Fatalf("%+v of %d bytes", w, len(data))
		}
		if _, damage := w.judge("x", data); damage != nil && (damage.Lost < 1 || damage.Error() == "") {
			t.Fatalf("%+v", damage)
		}
		_ = checkManifest(data)
	})
}

func FuzzRecord(f *testing.F) {
	key := eventKey(nil, "ann", 7)
	f.Add(key, appendEvent(nil, key, &persistence.Event{Key: "k", Data: []byte("data")}))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if idempotency, data, err := parseEvent(key, value); err == nil {
			if again := appendEvent(nil, key, &persistence.Event{Key: idempotency, Data: data}); len(again) > len(value) {
				t.Fatalf("%x was read, and would be written as %x", value, again)
			}
		}
		_, _ = parseVersion(key, value)
		_, _ = parseCheckpoint(key, value)
		_, _, _ = parseDocument(key, value)
		if stream, rest, err := splitKey(key); err == nil {
			if again := append(streamPrefix(nil, key[0], stream), rest...); !slices.Equal(again, key) {
				t.Fatalf("%x was taken apart as %q and %x", key, stream, rest)
			}
		}
	})
}

func TestDamageIsASentence(t *testing.T) {
	d := &Damage{File: "00001.mem", Offset: 5000, Kept: 4000, Lost: 3, Reason: "it is broken"}
	const want = "00001.mem at byte 5000: it is broken; opening it would lose 3 commits, everything behind byte 4000"
	if d.Error() != want || !errors.Is(fmt.Errorf("x: %w", d), persistence.ErrCorrupt) {
		t.Errorf("%q, want %q", d.Error(), want)
	}
}
