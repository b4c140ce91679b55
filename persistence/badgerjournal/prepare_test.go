package badgerjournal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
)

func prepare(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Prepare(dir, smallOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func TestAPreparedJournalRefusesUntilItsDirectoryIsFree(t *testing.T) {
	holder := open(t, t.TempDir(), time.Now)
	fill(t, holder, 3, 1)
	next := prepare(t, holder.dir)
	if err := next.Available(); !errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("before it begins: %v", err)
	}
	if _, err := next.Get("x"); !errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("before it begins it reads: %v", err)
	}
	if err := next.Begin(); !errors.Is(err, persistence.ErrLocked) {
		t.Fatalf("while another has the directory: %v", err)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	if err := next.Begin(); err != nil {
		t.Fatal(err)
	}
	if err := <-queueAppend(next, "stream0", 1, "another"); err != nil {
		t.Errorf("behind what the holder wrote: %v", err)
	}
}

// A table that was examined is not read again, which a flipped byte shows that
// nobody finds, unless its file is another than it was.
func TestOnlyTablesThatWereExaminedAreTakenForGood(t *testing.T) {
	all, _ := closed(t, 60, 20)
	name := only(t, all, "*.sst")
	flip := func(path string) {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteAt([]byte{all[name][info.Size()/2] ^ 1}, info.Size()/2); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what  string
		after func(path string)
		want  error
	}{
		{"as it was", func(string) {}, nil},
		{"a byte changed, its time not", flip, nil},
		{"another file of the same content", func(path string) {
			copied := path + ".copy"
			if err := os.WriteFile(copied, all[name], 0o600); err != nil {
				t.Fatal(err)
			}
			flip(copied)
			if err := os.Rename(copied, path); err != nil {
				t.Fatal(err)
			}
		}, persistence.ErrCorrupt},
	} {
		dir := write(t, all)
		j := prepare(t, dir)
		j.Examine()
		c.after(filepath.Join(dir, name))
		if err := j.Begin(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
	dir := write(t, all)
	flip(filepath.Join(dir, name))
	j := prepare(t, dir)
	j.Examine()
	if err := j.Begin(); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("damaged before it was examined: %v", err)
	}
}
