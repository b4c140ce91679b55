package badgerjournal

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"outcry/persistence/journaltest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimVariable); dir != "" {
		victim(dir)
		return
	}
	if dir := os.Getenv(restorerVariable); dir != "" {
		endlessRestores(dir)
		return
	}
	if dir := os.Getenv(saverVariable); dir != "" {
		endlessSaves(dir)
		return
	}
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set("25") // each opens journals; the memory journal is held to the same by a hundred
	}
	goleak.VerifyTestMain(m, append(leftByFailedOpens(), goleak.Cleanup(func(code int) {
		os.RemoveAll(childDir)
		os.Exit(code)
	}))...)
}

// leftByFailedOpens are goroutines that Badger does not end when it fails to open, as at
// damaged files. A database that was opened and not closed has others besides.
func leftByFailedOpens() (options []goleak.Option) {
	for _, function := range []string{
		"github.com/dgraph-io/badger/v4.(*DB).monitorCache",
		"github.com/dgraph-io/badger/v4.(*DB).updateSize",
		"github.com/dgraph-io/badger/v4/y.(*WaterMark).process",
		"github.com/dgraph-io/ristretto/v2.(*Cache[...]).processItems",
		"github.com/dgraph-io/ristretto/v2.(*defaultPolicy[...]).processItems",
		"github.com/dgraph-io/ristretto/v2/z.(*AllocatorPool).freeupAllocators",
	} {
		options = append(options, goleak.IgnoreTopFunction(function))
	}
	return options
}

// smallOptions make a journal that is cheap to open.
func smallOptions() Options {
	o := DefaultOptions()
	o.MemTableBytes, o.BlockCacheBytes, o.ReserveBytes = 8<<20, 8<<20, 192<<20
	return o
}

func open(t testing.TB, dir string, now func() time.Time) *Journal {
	t.Helper()
	j, err := Open(dir, smallOptions(), zerolog.Nop(), now)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// tinyOptions are smaller than is allowed. Badger does after a megabyte with them what it
// does after eight with the smallest: for tests that write until it has compacted, or
// until a disk is full. One append may have 150 kB.
func tinyOptions() Options {
	o := smallOptions()
	o.MemTableBytes, o.ReserveBytes = 1<<20, reserveTables<<20
	return o
}

// openTiny is Open with tinyOptions.
func openTiny(dir string, log zerolog.Logger) (*Journal, error) {
	j := newJournal(dir, tinyOptions(), log, time.Now)
	j.failure = errNotBegun
	if err := j.Begin(); err != nil {
		return nil, err
	}
	return j, nil
}

// smallestOptions are the smallest that are allowed.
func smallestOptions() Options {
	o := smallOptions()
	o.MemTableBytes, o.MaxQueueBytes = minMemTableBytes, minQueueBytes
	return o
}

// TestContract holds the journal to the contract, whatever its settings. Every third
// time one is opened again it is by way of a backup and its restore, which must not
// make a difference.
func TestContract(t *testing.T) {
	open := func(t testing.TB, dir string, now func() time.Time) *Journal {
		t.Helper()
		j, err := Open(dir, smallestOptions(), zerolog.Nop(), now)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	reopened := 0
	journaltest.Run(t, journaltest.Subject{
		Open: func(t testing.TB, now func() time.Time) journaltest.Journal { return open(t, t.TempDir(), now) },
		Reopen: func(t testing.TB, closed journaltest.Journal, now func() time.Time) journaltest.Journal {
			j := open(t, closed.(*Journal).dir, now)
			if reopened++; reopened%3 != 1 {
				return j
			}
			file, _ := backUp(t, j)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			dir, _ := restore(t, file)
			return open(t, dir, now)
		},
	})
}
