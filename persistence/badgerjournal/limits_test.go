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

// tinyDocuments are as many documents, so small that their number alone fills a
// transaction.
func tinyDocuments(n int64) []persistence.Document {
	documents := make([]persistence.Document, n)
	for i := range documents {
		documents[i] = persistence.Document{Key: fmt.Sprint(i), Value: []byte("x")}
	}
	return documents
}

func put(j *Journal, documents []persistence.Document) error {
	answer := make(chan error, 1)
	j.Put(documents, func(err error) { answer <- err })
	return <-answer
}

// Whether a request fits is our sum and Badger's refusal: they must agree on the
// last entry, since a request that is refused half way ends the process.
func TestATransactionMayBeFullToTheLastEntry(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	db, err := j.acquire()
	if err != nil {
		t.Fatal(err)
	}
	limit := db.MaxBatchCount()
	db.release()
	stored, refused := 0, 0
	for n := limit - 4; n <= limit+1; n++ {
		switch err := put(j, tinyDocuments(n)); {
		case err == nil:
			stored++
		case errors.Is(err, persistence.ErrInvalid):
			refused++
		default:
			t.Fatalf("%d documents of at most about %d: %v", n, limit, err)
		}
	}
	if stored == 0 || refused == 0 {
		t.Errorf("%d were stored and %d refused around the limit", stored, refused)
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
