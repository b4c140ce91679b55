package badgerjournal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// The contract's limits are above what fits into one transaction only by settings
// that are not allowed.
func TestTheSmallestSettingsHoldWhatTheContractAllows(t *testing.T) {
	j, err := Open(t.TempDir(), smallestOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	db, err := j.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer db.release()
	stream, key := strings.Repeat("s", persistence.MaxStreamBytes), strings.Repeat("k", persistence.MaxKeyBytes)
	events := make([]persistence.Event, persistence.MaxAppendEvents)
	for i := range events {
		events[i] = persistence.Event{Key: key, Data: make([]byte, persistence.MaxAppendBytes/len(events)-len(key))}
	}
	documents := make([]persistence.Document, persistence.MaxPutDocuments)
	for i := range documents {
		documents[i] = persistence.Document{Key: key, Value: make([]byte, persistence.MaxPutBytes/len(documents)-len(key))}
	}
	checkpoint := persistence.Checkpoint{Data: make([]byte, persistence.MaxCheckpointBytes)}
	for what, r := range map[string]*request{
		"append":     {append: &persistence.Append{Stream: stream, Events: events}},
		"put":        {documents: documents},
		"checkpoint": {checkpoint: &checkpointRequest{stream, checkpoint}},
	} {
		if c := (&committer{}); !c.fits(db, r) {
			count, bytes := r.size()
			t.Errorf("the largest %s has %d entries and %d bytes, a transaction at most %d and %d",
				what, count, bytes, db.MaxBatchCount(), db.MaxBatchSize())
		}
	}
}

// Whether a transaction has room for a request is our sum and Badger's refusal:
// they must agree on the last entry, since a request that is refused half way ends
// the process.
func TestATransactionMayBeFullToTheLastEntry(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	db, err := j.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer db.release()
	limit := int(db.MaxBatchCount())
	one, more := 0, 0
	for n := limit - 4; n <= limit+1; n++ {
		commits, stored := 0, 0
		c := &committer{journal: j, heads: map[string]uint64{}, commitTxn: func(txn *badger.Txn) error {
			commits++
			return txn.Commit()
		}}
		group := make([]*request, n)
		for i := range group {
			group[i] = &request{documents: []persistence.Document{{Key: fmt.Sprint(i), Value: []byte("x")}}, done: func(err error) {
				if err == nil {
					stored++
				}
			}}
		}
		if c.write(db, group); stored != n {
			t.Fatalf("%d of %d documents were stored", stored, n)
		}
		if commits == 1 {
			one++
		} else {
			more++
		}
	}
	if one == 0 || more == 0 {
		t.Errorf("%d groups fitted into one transaction and %d into several, around the limit", one, more)
	}
}

func TestANewerFormatIsRefusedAndNotCalledDamage(t *testing.T) {
	key := plainKey(nil, kindMeta, "format")
	newer := seal(key, []byte("2"))
	newer[0] = 2 // as are its values
	damaged := seal(key, []byte("1"))
	damaged[valueHeadBytes] ^= 1
	for name, c := range map[string]struct {
		value   []byte
		says    string
		corrupt bool
	}{
		"newer":   {newer, "has format 2 and this program reads 1", false},
		"damaged": {damaged, "the checksum differs", true},
		"short":   {[]byte{1}, "too short", true},
	} {
		dir := written(t)
		tamper(t, dir, func(txn *badger.Txn) error { return txn.Set(key, c.value) })
		_, err := Open(dir, smallOptions(), zerolog.Nop(), time.Now)
		if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, persistence.ErrCorrupt) != c.corrupt {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheManualHasTheReserveOfTheCode(t *testing.T) {
	manual, err := os.ReadFile("../../docs/journal.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(manual)), " ")
	for _, want := range []string{
		fmt.Sprintf("at least %d memory tables", reserveTables),
		fmt.Sprintf("the %d in memory, the %d that the first level may have, which one compaction copies with the %d of the level below, and %d that", memTables, stallTables, baseTables, reserveTables-memTables-stallTables-baseTables),
		fmt.Sprintf("free space (%d MiB)", DefaultOptions().ReserveBytes>>20),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("docs/journal.md does not say %q", want)
		}
	}
}
