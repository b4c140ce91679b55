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

// salvage salvages a directory, which must then be a journal without problems
// that opens, and returns how many events its streams have.
func salvage(t *testing.T, dir string) (Salvaged, map[string]uint64) {
	t.Helper()
	before := files(t, dir)
	s, err := Salvage(dir, smallOptions(), zerolog.Nop(), time.Unix(1_790_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range before {
		if name != lockName && !bytes.Equal(files(t, s.Kept)[name], data) {
			t.Errorf("%s of the damaged journal was changed", name)
		}
	}
	report, err := Verify(dir, smallOptions(), zerolog.Nop())
	if err != nil || report.Found > 0 {
		t.Fatalf("what was salvaged: %+v, %v", report, err)
	}
	heads, err := reread(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, heads
}

// says reports whether a sentence is among the losses.
func (s *Salvaged) says(sentence string) bool {
	return slices.ContainsFunc(s.Losses, func(loss string) bool { return strings.Contains(loss, sentence) })
}

// A log is read up to its damage, and the rest comes from the second copy.
func TestSalvageReadsALogUpToItsDamage(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "*.mem")
	damaged := with(all, name, func(data []byte) { data[lastNonZero(data)/2] ^= 4 })
	if s, got := salvage(t, write(t, damaged)); !maps.Equal(got, heads) || s.Lost != 0 {
		t.Errorf("with a second copy: %v, want %v; %q", got, heads, s.Losses)
	}
	delete(damaged, recentNames[0])
	_, got := salvage(t, write(t, damaged))
	for stream, had := range heads {
		if got[stream] == 0 || got[stream] >= had {
			t.Errorf("without a second copy: %s had %d events and has %d", stream, had, got[stream])
		}
	}
}

func TestSalvageReadsATableAroundItsDamage(t *testing.T) {
	all, heads := closed(t, 60, 20)
	name := only(t, all, "*.sst")
	random := rand.New(rand.NewPCG(15, 16))
	for range 6 {
		at := random.IntN(len(all[name]))
		dir := write(t, with(all, name, func(data []byte) { data[at] ^= 1 << random.IntN(8) }))
		if _, err := Open(dir, smallOptions(), zerolog.Nop(), time.Now); err == nil {
			continue // nothing that matters was damaged
		}
		s, got := salvage(t, dir)
		for stream, had := range heads {
			if got[stream] != had && !s.says(stream) && !s.says("cannot be read") {
				t.Errorf("byte %d: %s had %d events and has %d: %q", at, stream, had, got[stream], s.Losses)
			}
		}
		if s.Lost == 0 {
			t.Errorf("byte %d: nothing was lost, they say: %v of %v", at, got, heads)
		}
	}
}

// Where a checkpoint stands for events that are lost, the account and what came
// after are kept.
func TestSalvageGoesOnFromACheckpoint(t *testing.T) {
	for name, c := range map[string]struct {
		lose       []uint64
		checkpoint uint64
		end        uint64
		says       string
	}{
		"before it":        {[]uint64{2}, 3, 6, "a: events 2 to 2 are lost; it ends at 6 now"},
		"before and after": {[]uint64{2, 5}, 3, 4, "a: events 2 to 2 are lost, events 5 to 6 are lost; it ends at 4 now"},
		"its own":          {[]uint64{1, 3}, 3, 6, "a: events 1 to 1 are lost, events 3 to 3 are lost; it ends at 6 now"},
		"all behind":       {[]uint64{3, 4, 5, 6}, 3, 2, "a: events 3 to 6 are lost; it ends at 2 now"},
		"without one":      {[]uint64{2}, 0, 1, "a: events 2 to 6 are lost; it ends at 1 now"},
		"all":              {[]uint64{1, 2, 3, 4, 5, 6}, 3, 0, "a: all its events are lost, 6 at least"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "journal")
			j := open(t, dir, time.Now)
			for i := range uint64(6) {
				if err := <-queueAppend(j, "a", i, fmt.Sprint("k", i+1)); err != nil {
					t.Fatal(err)
				}
			}
			if c.checkpoint > 0 {
				j.SaveCheckpoint("a", persistence.Checkpoint{Version: c.checkpoint, Data: []byte("state")}, nil)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			tamper(t, dir, func(txn *badger.Txn) error {
				for _, version := range c.lose {
					if err := txn.Set(eventKey(nil, "a", version), []byte("\x01????garbage")); err != nil {
						return err
					}
				}
				return nil
			})
			s, err := Salvage(dir, smallOptions(), zerolog.Nop(), time.Now())
			if err != nil || !s.says(c.says) {
				t.Fatalf("%q, %v; want %q", s.Losses, err, c.says)
			}
			if r, err := Verify(dir, smallOptions(), zerolog.Nop()); err != nil || r.Found > 0 {
				t.Errorf("what was given up is a problem still: %q, %v", r.Problems, err)
			}
			checkGoesOn(t, dir, c.checkpoint, c.end)
		})
	}
}

// checkGoesOn appends to stream a after its end, and finds its checkpoint if
// that is not behind it.
func checkGoesOn(t *testing.T, dir string, checkpoint, end uint64) {
	t.Helper()
	j := open(t, dir, time.Now)
	defer j.Close()
	kept, err := j.Checkpoint("a")
	if usable := checkpoint > 0 && checkpoint <= end; usable && (err != nil || kept.Version != checkpoint) || !usable && !errors.Is(err, persistence.ErrNotFound) {
		t.Errorf("the checkpoint: %d, %v", kept.Version, err)
	}
	if end > 0 {
		if err := <-queueAppend(j, "a", end, fmt.Sprint("k", end)); !isDuplicateOf(err, end) {
			t.Errorf("the last key that is kept: %v, want a duplicate of %d", err, end)
		}
	}
	if err := <-queueAppend(j, "a", end, fmt.Sprint("k", end+1)); err != nil {
		t.Errorf("what was lost, sent again after %d: %v", end, err)
	}
}

func TestSalvageMendsWhatLeadsNowhere(t *testing.T) {
	dir := written(t)
	key := idempotencyKey(nil, "a", "k1")
	tamper(t, dir, func(txn *badger.Txn) error {
		return errors.Join(
			txn.Set(key, sealVersion(key, 9)),
			txn.Set(idempotencyKey(nil, "b", "k0"), []byte("x")),
			txn.Delete(plainKey(nil, kindStream, "b")),
			txn.Set(plainKey(nil, kindDocument, "d"), []byte("x")),
		)
	})
	s, heads := salvage(t, dir)
	if heads["a"] != 3 || heads["b"] != 3 || !s.says(`document "d" is too short`) || !s.says("a: events 4 to 9 are lost; it ends at 3 now") {
		t.Errorf("%v %q", heads, s.Losses)
	}
}

func TestSalvageLeavesNothingOfAFailure(t *testing.T) {
	dir := written(t)
	key := plainKey(nil, kindMeta, "format")
	newer := seal(key, []byte("2"))
	newer[0] = 2
	tamper(t, dir, func(txn *badger.Txn) error { return txn.Set(key, newer) })
	if _, err := Salvage(dir, smallOptions(), zerolog.Nop(), time.Now()); err == nil || !strings.Contains(err.Error(), "a newer one") {
		t.Errorf("a newer format was salvaged: %v", err)
	}
	beside, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(beside) != 1 {
		t.Errorf("%v are left, %v", beside, err)
	}
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	if _, err := Salvage(j.dir, smallOptions(), zerolog.Nop(), time.Now()); !errors.Is(err, persistence.ErrLocked) {
		t.Errorf("an open journal was salvaged: %v", err)
	}
}

func TestDamageIsLeftAloneByVerify(t *testing.T) {
	all, heads := closed(t, 60, 20)
	name := only(t, all, "*.sst")
	damaged := with(all, name, func(data []byte) { data[len(data)/2] ^= 1 })
	dir := write(t, damaged)
	before, err := Verify(dir, smallOptions(), zerolog.Nop())
	if err != nil || before.Found != 1 || !strings.Contains(before.Problems[0], name) {
		t.Fatalf("%+v %v", before, err)
	}
	checkUntouched(t, name, damaged, heads)
	if !bytes.Equal(files(t, dir)[name], damaged[name]) {
		t.Errorf("%s was changed", name)
	}
}
