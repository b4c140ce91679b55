package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// checkUntouched opens damaged files: an error must leave all of them as they are,
// otherwise all events are there.
func checkUntouched(t *testing.T, what string, damaged map[string][]byte, heads map[string]uint64) (refused bool) {
	t.Helper()
	dir := write(t, damaged)
	got, err := reread(t, dir)
	if err == nil {
		if !maps.Equal(got, heads) {
			t.Errorf("%s: %v are left of %v and nothing says so", what, got, heads)
		}
		return false
	}
	if !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("%s: %v, want ErrCorrupt", what, err)
	}
	after := files(t, dir)
	for name, before := range damaged {
		if name != lockName && name != "LOCK" && !slices.Equal(after[name], before) {
			t.Errorf("%s: %s was changed before %v was reported", what, name, err)
		}
	}
	return true
}

// Whatever byte of whatever file is flipped: nothing is missing, or the journal does
// not open and says so. What Badger has in its logs alone is in the second copy too.
func TestAFlippedByteLosesNothingInSilence(t *testing.T) {
	for name, c := range map[string]struct {
		files   func(t testing.TB, commits, events int) (map[string][]byte, map[string]uint64)
		pattern string
		flips   int
		refused bool // some flips keep the journal from opening
	}{
		"log after a kill":         {crashed, "*.mem", 16, false},
		"value log after a kill":   {crashed, "*.vlog", 8, false},
		"second copy after a kill": {crashed, "recent-1.log", 10, false},
		"table":                    {closed, "*.sst", 20, true},
		"list of tables":           {closed, "MANIFEST", 16, false},
		"list after a kill":        {crashed, "MANIFEST", 8, false},
		"key registry":             {closed, "KEYREGISTRY", 6, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, heads := c.files(t, 60, 20)
			file := only(t, all, c.pattern)
			random := rand.New(rand.NewPCG(7, 8))
			refused := 0
			for range c.flips {
				at, bit := random.IntN(lastNonZero(all[file])+1), byte(1)<<random.IntN(8)
				if checkUntouched(t, file, with(all, file, func(data []byte) { data[at] ^= bit }), heads) {
					refused++
				}
			}
			if refused > 0 != c.refused {
				t.Errorf("%s: %d of %d flips kept the journal from opening", file, refused, c.flips)
			}
		})
	}
}

// A byte in the head of a log is read before anything in it.
func TestAFlippedByteInTheHeadOfALogLosesNothing(t *testing.T) {
	afterKill, heads := crashed(t, 30, 5)
	withData := only(t, afterKill, "*.mem")
	empty := maps.Clone(afterKill)
	empty["00007.mem"] = make([]byte, 20+emptyEnd)
	for at := range 20 {
		checkNotRefused(t, with(afterKill, withData, func(data []byte) { data[at] ^= 4 }), heads)
		checkNotRefused(t, with(empty, "00007.mem", func(data []byte) { data[at] ^= 4 }), heads)
		checkNotRefused(t, with(afterKill, "000001.vlog", func(data []byte) { data[at] ^= 4 }), heads)
	}
}

func checkNotRefused(t *testing.T, changed map[string][]byte, heads map[string]uint64) {
	t.Helper()
	if got, err := reread(t, write(t, changed)); err != nil || !maps.Equal(got, heads) {
		t.Errorf("%v, %v; want %v", got, err, heads)
	}
}

func TestALogThatWasCutOrRemovedLosesNothing(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "*.mem")
	for _, size := range []int{-1, 0, 1, 19, 20, 1000, lastNonZero(all[name]) - 1, lastNonZero(all[name])} {
		cut := maps.Clone(all)
		if delete(cut, name); size >= 0 {
			cut[name] = all[name][:size]
		}
		checkNotRefused(t, cut, heads)
	}
}

func TestASecondCopyThatWasCutOrRemovedIsNotMissed(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "recent-1.log")
	for _, size := range []int{-1, 0, 1, 7, 8, 1000, len(all[name]) - 1} {
		cut := maps.Clone(all)
		if delete(cut, name); size >= 0 {
			cut[name] = all[name][:size]
		}
		checkNotRefused(t, cut, heads)
	}
}

// A power cut leaves a part of the commit in flight, or none of it.
func TestACommitThatWasNotFinishedIsNoDamage(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	log, second := only(t, all, "*.mem"), only(t, all, "recent-1.log")
	end := lastNonZero(all[log])
	heads["stream2"] -= 5 // the last of 30 commits to 3 streams
	for _, cut := range []int{1, 2, 30, 200} {
		torn := with(all, log, func(data []byte) { clear(data[end-cut:]) })
		torn[second] = all[second][:len(all[second])-1]
		checkNotRefused(t, torn, heads)
	}
}

func TestATableThatIsMissingIsNamed(t *testing.T) {
	all, _ := closed(t, 60, 20)
	name := only(t, all, "*.sst")
	without := maps.Clone(all)
	delete(without, name)
	if _, err := reread(t, write(t, without)); !errors.Is(err, persistence.ErrCorrupt) || !strings.Contains(err.Error(), name) {
		t.Errorf("%s is missing: %v", name, err)
	}
}

// Without its list of tables Badger deletes them all.
func TestAListOfTablesThatIsMissingOrTornLosesNothing(t *testing.T) {
	all, heads := closed(t, 60, 20)
	list := all[badger.ManifestFilename]
	for name, data := range map[string][]byte{
		"missing": nil, "empty": {}, "damaged": append(slices.Clone(list[:20]), 'x'), "head alone": list[:8],
		"torn by a power cut": append(slices.Clone(list), 0, 0, 0, 30, 1, 2, 3, 4, 5),
	} {
		t.Run(name, func(t *testing.T) {
			changed := maps.Clone(all)
			if changed[badger.ManifestFilename] = data; data == nil {
				delete(changed, badger.ManifestFilename)
			}
			checkNotRefused(t, changed, heads)
		})
	}
}

// A write to the list of tables that was cut off hides the writes that follow it: the
// list then names tables that were replaced since.
func TestAListOfTablesWithAGapLosesNothing(t *testing.T) {
	all, heads := closed(t, 60, 20)
	before, replaced := all[badger.ManifestFilename], only(t, all, "*.sst")
	dir := write(t, all)
	db, err := badger.Open(smallOptions().badger(dir, badgerLog{log: zerolog.Nop()}).WithCompactL0OnClose(true))
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	all = files(t, dir)
	if _, there := all[replaced]; there || !bytes.HasPrefix(all[badger.ManifestFilename], before) {
		t.Fatalf("%s is there, or the list was written anew", replaced)
	}
	changes := all[badger.ManifestFilename][len(before):]
	for _, cut := range []int{0, 3, 7, 11} {
		for _, longer := range []byte{0, 1, 20, 60} { // than the write that follows it
			torn := slices.Clone(changes[:cut+1])
			torn[min(cut, 3)] += longer
			changed := maps.Clone(all)
			changed[badger.ManifestFilename] = slices.Concat(before, torn, changes)
			checkNotRefused(t, changed, heads)
			changed[replaced] = []byte{} // as Badger leaves it if it is killed while it removes it
			checkNotRefused(t, changed, heads)
		}
	}
}

// A new list of tables counts Badger's versions from one again: what was written
// often has a far higher one in the tables that are put back.
func TestWithoutItsListOfTablesTheNewestOfEachDocumentIsKept(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	heads := fill(t, j, 60, 20)
	const rounds = 300
	for i := range rounds {
		put(t, j, "counter", fmt.Sprint(i))
	}
	put(t, j, "once", "x")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	all := files(t, j.dir)
	delete(all, badger.ManifestFilename)

	j, err := Open(write(t, all), smallOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	entries := uint64(2 + len(heads)) // documents, heads of streams
	for _, n := range heads {
		entries += 2 * n // an event and its key
	}
	if got := j.Stats().Restored; got != entries {
		t.Errorf("%d entries put back, want each once: %d", got, entries)
	}
	for key, want := range map[string]string{"counter": fmt.Sprint(rounds - 1), "once": "x"} {
		if got, err := j.Get(key); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v; want %q", key, got, err, want)
		}
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

// An opening that was killed left the files that it had put aside.
func TestAnOpeningThatWasKilledIsUndone(t *testing.T) {
	for name, killed := range map[string]func(t *testing.T, s *keptFiles, list map[uint64]bool) error{
		"with a damaged table aside": func(_ *testing.T, s *keptFiles, list map[uint64]bool) error {
			return s.aside(list, map[uint64]error{tablesIn(s.dir)[0]: errChecksum})
		},
		"without its list": func(_ *testing.T, s *keptFiles, _ map[uint64]bool) error {
			err := s.aside(nil, nil)
			_, left := s.leaveOut([]string{badger.ManifestFilename})
			return errors.Join(err, left)
		},
		"after a new list was made": func(t *testing.T, s *keptFiles, _ map[uint64]bool) error {
			err := s.aside(nil, nil)
			_, left := s.leaveOut([]string{badger.ManifestFilename})
			db, opened := badger.Open(smallOptions().badger(s.dir, badgerLog{log: zerolog.Nop()}))
			if err := errors.Join(err, left, opened); err != nil {
				t.Fatal(err)
			}
			return errors.Join(db.Update(func(txn *badger.Txn) error { return txn.Set([]byte("x"), nil) }), db.Close())
		},
		"while its files were removed": func(_ *testing.T, s *keptFiles, list map[uint64]bool) error {
			return errors.Join(s.aside(list, nil), os.Rename(s.kept, filepath.Join(s.dir, openedName)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			all, heads := closed(t, 60, 20)
			dir := write(t, all)
			list, _ := readList(dir)
			if err := killed(t, newKeptFiles(dir), list); err != nil {
				t.Fatal(err)
			}
			if got, err := reread(t, dir); err != nil || !maps.Equal(got, heads) {
				t.Errorf("%v, %v; want %v", got, err, heads)
			}
			for _, left := range []string{keptName, openedName} {
				if _, err := os.Stat(filepath.Join(dir, left)); !os.IsNotExist(err) {
					t.Errorf("%s is left: %v", left, err)
				}
			}
		})
	}
}

// A process that was killed between a compaction that lost all it made and its repair
// left the tables that were replaced. Badger gives their names to new ones.
func TestTablesThatWereReplacedAreFoundBesideNewOnesOfTheirNames(t *testing.T) {
	all, heads := closed(t, 60, 20)
	j := open(t, write(t, all), time.Now)
	defer j.Close()
	put(t, j, "d", "v")
	killed := files(t, j.dir)
	const head = 8 // bytes of a list of no tables
	killed[badger.ManifestFilename] = killed[badger.ManifestFilename][:head]
	checkNotRefused(t, killed, heads)
}

func FuzzRecent(f *testing.F) {
	r := newRecentCommits(f.TempDir(), 1<<20)
	if err := r.begin(); err != nil {
		f.Fatal(err)
	}
	r.add([]byte("key"), []byte("value"), 7, false)
	r.add([]byte("other"), nil, 0, true)
	f.Add(slices.Clone(r.buffer[recentHeadBytes:]))
	f.Add([]byte{})
	r.close()
	f.Fuzz(func(t *testing.T, body []byte) {
		record, whole := parseRecent(body)
		size := 0
		for _, e := range record.entries {
			size += len(e.key) + len(e.value)
		}
		if size > len(body) || whole && len(body) < versionBytes {
			t.Fatalf("%d bytes of entries of %d", size, len(body))
		}
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
