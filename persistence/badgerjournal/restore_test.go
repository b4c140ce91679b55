package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/persistence/backup"
)

// tryRestore restores into a directory and returns the error.
func tryRestore(file []byte, dir string) error {
	_, err := Restore(bytes.NewReader(file), dir, smallOptions(), false, zerolog.Nop())
	return err
}

// backupOf is a backup of the journal that written makes.
func backupOf(t *testing.T, dir string) []byte {
	t.Helper()
	j := open(t, dir, time.Now)
	defer j.Close()
	file, _ := backUp(t, j)
	return file
}

// untouched makes sure that a refused restore left nothing.
func untouched(t *testing.T, dir string) {
	t.Helper()
	for _, path := range []string{dir, dir + ".restore"} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there: %v", filepath.Base(path), err)
		}
	}
}

func TestARestoreRefusesWhatIsNotWhole(t *testing.T) {
	file := backupOf(t, written(t))
	foreign := []byte("xforeign")
	for name, c := range map[string]struct {
		file []byte
		want error
		says string
	}{
		"nothing":          {nil, backup.ErrNotBackup, "0 bytes"},
		"another file":     {[]byte(strings.Repeat("symbol,price\n", 100)), backup.ErrNotBackup, ""},
		"half a header":    {file[:12], backup.ErrCut, "12 bytes"},
		"a header":         {file[:24+4], backup.ErrCut, ""},
		"half":             {file[:len(file)/2], backup.ErrCut, fmt.Sprint(len(file)/2, " bytes")},
		"all but a byte":   {file[:len(file)-1], backup.ErrCut, ""},
		"a byte more":      {append(bytes.Clone(file), 0), backup.ErrDamaged, "something follows its end"},
		"a newer journal":  {made(t, FormatVersion+1), backup.ErrNewer, "use the program that made it"},
		"damaged values":   {made(t, FormatVersion, backup.Entry{Key: eventKey(nil, "a", 1), Value: []byte("not sealed")}), backup.ErrDamaged, `event 1 of "a"`},
		"an unknown entry": {made(t, FormatVersion, backup.Entry{Key: foreign, Value: seal(foreign, nil)}), backup.ErrDamaged, "unknown kind"},
	} {
		dir := filepath.Join(t.TempDir(), "journal")
		if err := tryRestore(c.file, dir); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		untouched(t, dir)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		changed := bytes.Clone(file)
		changed[random.IntN(len(changed))] ^= 1 << random.IntN(8)
		dir := filepath.Join(t.TempDir(), "journal")
		if err := tryRestore(changed, dir); err == nil {
			t.Fatal("a changed bit does not show")
		}
		untouched(t, dir)
	}
}

// made is a backup of entries, of a journal of any format.
func made(t *testing.T, format uint16, entries ...backup.Entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, backup.Header{Journal: format, Made: time.Now()})
	for _, e := range entries {
		if err == nil {
			err = w.Add(e)
		}
	}
	if err == nil {
		_, err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestARestoreReplacesNoJournal(t *testing.T) {
	file := backupOf(t, written(t))
	there := written(t)
	before := files(t, there)
	if err := tryRestore(file, there); err == nil || !strings.Contains(err.Error(), "move it away, or restore into another directory") {
		t.Error(err)
	}
	if after := files(t, there); !maps.EqualFunc(before, after, bytes.Equal) {
		t.Error("the journal that was there is another")
	}

	empty := t.TempDir()
	held := &lock{}
	if err := held.acquire(empty); err != nil {
		t.Fatal(err)
	}
	if err := tryRestore(file, empty); !errors.Is(err, persistence.ErrLocked) {
		t.Errorf("beside an engine that waits for room on its disk: %v", err)
	}
	held.release()
	if err := tryRestore(file, empty); err != nil {
		t.Errorf("into an empty directory: %v", err)
	}
	if report, err := Verify(empty, smallOptions(), zerolog.Nop()); err != nil || report.Found > 0 || report.Events != 6 {
		t.Errorf("%+v %v", report, err)
	}
}

func TestAnEngineThatStartsDuringARestoreKeepsItsJournal(t *testing.T) {
	fresh, dir := t.TempDir(), filepath.Join(t.TempDir(), "journal")
	j := open(t, dir, time.Now)
	defer j.Close()
	if err := moveIn(fresh, dir); err == nil || !strings.Contains(err.Error(), "there is a journal in") {
		t.Error(err)
	}
	if err := j.Available(); err != nil {
		t.Error(err)
	}
}

func TestTwoRestoresDoNotMix(t *testing.T) {
	file := backupOf(t, written(t))
	dir := filepath.Join(t.TempDir(), "journal")
	if err := os.Mkdir(dir+".restore", 0o750); err != nil {
		t.Fatal(err)
	}
	other := &lock{}
	if err := other.acquire(dir + ".restore"); err != nil {
		t.Fatal(err)
	}
	if err := tryRestore(file, dir); !errors.Is(err, persistence.ErrLocked) || !strings.Contains(err.Error(), "another restore") {
		t.Error(err)
	}
	other.release()
	if err := tryRestore(file, dir); err != nil {
		t.Error(err)
	}
}

func TestDocumentsAreForgottenWhenTheyWouldHaveBeen(t *testing.T) {
	source := t.TempDir()
	j := open(t, source, time.Now)
	answer := make(chan error, 1)
	j.Put([]persistence.Document{
		{Key: "for ever", Value: []byte("a")}, {Key: "an hour", Value: []byte("b"), Lifetime: time.Hour},
		{Key: "centuries", Value: []byte("c"), Lifetime: 2 * longLifetime},
	}, func(err error) { answer <- err })
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	file, _ := backUp(t, j)
	dir, _ := restore(t, file)
	now := time.Now()
	r := open(t, dir, func() time.Time { return now })
	defer r.Close()
	lifetimes := func(j *Journal) map[string]time.Duration {
		found := map[string]time.Duration{}
		for d, err := range j.Scan("", "z") {
			if err != nil {
				t.Fatal(err)
			}
			found[d.Key] = d.Lifetime.Round(time.Minute)
		}
		return found
	}
	if want := lifetimes(j); !maps.Equal(lifetimes(r), want) || len(want) != 3 {
		t.Errorf("restored %v, want %v", lifetimes(r), want)
	}
	err := r.view(func(txn *badger.Txn) error {
		item, err := txn.Get(plainKey(nil, kindDocument, "an hour"))
		if err == nil && item.ExpiresAt() < uint64(now.Add(59*time.Minute).Unix()) {
			err = fmt.Errorf("Badger takes it away at %d", item.ExpiresAt())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}

	key := plainKey(nil, kindDocument, "old")
	dir = filepath.Join(t.TempDir(), "journal")
	old := made(t, FormatVersion, backup.Entry{Key: key, Value: sealDocument(key, []byte("v"), now), Expires: 1})
	restored, err := Restore(bytes.NewReader(old), dir, smallOptions(), false, zerolog.Nop())
	if err != nil || restored.Expired != 1 || restored.Report.Documents != 0 {
		t.Errorf("%+v %v", restored, err)
	}
}

func TestProblemsAreRestoredOnlyWhenAccepted(t *testing.T) {
	source := written(t)
	tamper(t, source, func(txn *badger.Txn) error { return txn.Delete(eventKey(nil, "a", 2)) })
	file := backupOf(t, source)
	dir := filepath.Join(t.TempDir(), "journal")
	restored, err := Restore(bytes.NewReader(file), dir, smallOptions(), false, zerolog.Nop())
	if !errors.Is(err, ErrProblems) || restored.Report.Found == 0 {
		t.Errorf("%+v %v", restored, err)
	}
	untouched(t, dir)
	if restored, err = Restore(bytes.NewReader(file), dir, smallOptions(), true, zerolog.Nop()); err != nil || restored.Report.Events != 5 {
		t.Errorf("%+v %v", restored, err)
	}
}

func TestARestoreSaysThatThereIsNoRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	o := smallOptions()
	o.ReserveBytes = 1 << 60
	_, err := Restore(bytes.NewReader(backupOf(t, written(t))), dir, o, false, zerolog.Nop())
	if !errors.Is(err, persistence.ErrUnavailable) || !strings.Contains(err.Error(), "make room") {
		t.Error(err)
	}
	untouched(t, dir)
}
