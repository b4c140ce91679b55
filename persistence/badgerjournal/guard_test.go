package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// obstruct makes Badger fail to create tables with some of the next numbers: it refuses
// one that is there already.
func obstruct(t *testing.T, dir string, next, count uint64, some func(i uint64) bool) {
	t.Helper()
	for i := range count {
		if some(i) {
			if err := os.WriteFile(table.NewFilename(next+i, dir), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// load appends an event each to random streams, again and again until about so many
// bytes are written, and counts the events of each stream.
func load(t *testing.T, j *Journal, heads map[string]uint64, total int, random *rand.Rand) {
	t.Helper()
	const streams, together, size = 500, 200, 1000
	for ; total > 0; total -= together * size {
		var appends []persistence.Append
		for _, i := range random.Perm(streams)[:together] {
			stream := fmt.Sprint("stream", i)
			data := make([]byte, size/10)
			for i := range data {
				data[i] = byte(random.Uint32())
			}
			appends = append(appends, persistence.Append{
				Stream: stream, Expected: heads[stream],
				Events: []persistence.Event{{Key: fmt.Sprint("key-", heads[stream]+1), Data: bytes.Repeat(data, 10)}},
			})
			heads[stream]++
		}
		for len(appends) > 0 {
			appends = appendTogether(t, j, appends)
		}
	}
}

// appendTogether appends, and returns what was refused for the moment.
func appendTogether(t *testing.T, j *Journal, appends []persistence.Append) (refused []persistence.Append) {
	t.Helper()
	errs := make([]error, len(appends))
	var answers sync.WaitGroup
	answers.Add(len(appends))
	for i, a := range appends {
		a.Done = func(err error) { errs[i] = err; answers.Done() }
		j.Append(a)
	}
	answers.Wait()
	for i, err := range errs {
		if errors.Is(err, persistence.ErrUnavailable) {
			refused = append(refused, appends[i])
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(refused) > 0 {
		time.Sleep(10 * time.Millisecond) // nothing says when, the caller asks
	}
	return refused
}

// checkHeads reads everything and compares.
func checkHeads(t *testing.T, j *Journal, heads map[string]uint64) {
	t.Helper()
	missing := 0
	for stream, want := range heads {
		last, err := readKeyed(j, stream)
		for errors.Is(err, persistence.ErrUnavailable) {
			time.Sleep(10 * time.Millisecond) // nothing says when, the loop asks
			last, err = readKeyed(j, stream)
		}
		if err != nil {
			t.Error(err)
		}
		if last != want {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d streams lack events", missing, len(heads))
	}
}

// readKeyed reads a stream whose events all have keys, and looks each key up.
func readKeyed(j *Journal, stream string) (last uint64, err error) {
	for r, err := range j.Read(stream, 0) {
		if err != nil {
			return last, err
		}
		version, err := j.Lookup(stream, r.Key)
		if err != nil {
			return last, fmt.Errorf("key %q of %s: %w", r.Key, stream, err)
		}
		if version != r.Version || version != last+1 {
			return last, fmt.Errorf("event %d of %s follows %d, and its key leads to %d", r.Version, stream, last, version)
		}
		last = version
	}
	return last, nil
}

func TestACompactionThatCannotCreateATableLosesNothing(t *testing.T) {
	for name, some := range map[string]func(i uint64) bool{
		"every 7th": func(i uint64) bool { return i%7 == 0 },
		"every 5th": func(i uint64) bool { return i%5 == 1 },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, err := openTiny(dir, zerolog.Nop())
			if err != nil {
				t.Fatal(err)
			}
			heads, random := map[string]uint64{}, rand.New(rand.NewPCG(1, 2))
			obstruct(t, dir, 5, 2000, some)
			load(t, j, heads, 8<<20, random)
			waitForGuard(t, j)
			checkHeads(t, j, heads)
			t.Logf("%d entries put back, %d tables", j.restored.Load(), len(j.database.Tables()))
			if j.restored.Load() == 0 {
				t.Error("no entry was put back: nothing was tried")
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if j, err = openTiny(dir, zerolog.Nop()); err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			checkHeads(t, j, heads)
		})
	}
}

// waitForGuard waits until all tables that were replaced have been compared.
func waitForGuard(t *testing.T, j *Journal) {
	t.Helper()
	g := j.database.guard
	deadline := time.Now().Add(time.Minute)
	for quiet := 0; quiet < 5; {
		before, _ := g.oldest()
		if quiet++; before != nil || j.database.incomplete.Load() {
			quiet = 0
		}
		if time.Now().After(deadline) {
			t.Fatal("the guard has not caught up")
		}
		time.Sleep(guardInterval) // nothing says when, the loop asks
	}
}

// Badger does not open before its logs are in tables, for which it may need a
// compaction first.
func TestOpeningWaitsForNoCompaction(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	log := all[only(t, all, "*.mem")]
	for i := range 6 {
		all[fmt.Sprintf("%05d.mem", i+1)] = log
	}
	dir := write(t, all)
	o := smallOptions().badger(dir, badgerLog{log: zerolog.Nop()}).WithNumCompactors(0).WithNumLevelZeroTablesStall(1000)
	for i := range 2 * stallTables {
		db, err := badger.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		key := plainKey(nil, kindDocument, fmt.Sprint(i))
		err = db.Update(func(txn *badger.Txn) error { return txn.Set(key, sealDocument(key, []byte("x"), time.Time{})) })
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 { // as left by a process that was killed before it could write them out
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.mem", 90+i)), log, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, fmt.Sprintf("%05d.mem", 90+i)), 16<<20); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := reread(t, dir); err != nil || !maps.Equal(got, heads) {
		t.Errorf("%v, %v; want %v", got, err, heads)
	}
}

// Badger holds its locks while it logs these, and a snapshot waits for them with the
// guard's own.
func TestMessagesUnderLocksOfBadgerWaitForNothing(t *testing.T) {
	log := badgerLog{log: zerolog.Nop(), guard: newGuard()}
	log.guard.mu.Lock()
	defer log.guard.mu.Unlock()
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		log.Infof("L0 was stalled for %s\n", time.Minute)
		log.Debugf("Flushing memtable, mt.size=%d size of flushChan: %d\n", 1, 1)
		log.Debugf("pushed to flush chan\n")
		log.Infof("Lifetime L0 stalled for: %s\n", time.Minute)
	}()
	select {
	case <-logged:
	case <-time.After(10 * time.Second):
		t.Fatal("a message waits for the guard")
	}
}
