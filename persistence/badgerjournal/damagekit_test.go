package badgerjournal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
)

// fill appends commits of several events each to a few streams and returns how
// many events each has.
func fill(t testing.TB, j *Journal, commits, events int) map[string]uint64 {
	t.Helper()
	heads := map[string]uint64{}
	for i := range commits {
		stream := fmt.Sprint("stream", i%3)
		all := make([]persistence.Event, events)
		for e := range all {
			all[e] = persistence.Event{Key: fmt.Sprintf("key-%d-%d", i, e), Data: bytes.Repeat([]byte(`{"n":1}`), 40)}
		}
		answer := make(chan error, 1)
		j.Append(persistence.Append{Stream: stream, Expected: heads[stream], Events: all, Done: func(err error) { answer <- err }})
		if err := <-answer; err != nil {
			t.Fatal(err)
		}
		heads[stream] += uint64(events)
	}
	return heads
}

// put replaces a document.
func put(t testing.TB, j *Journal, key, value string) {
	t.Helper()
	answer := make(chan error, 1)
	j.Put([]persistence.Document{{Key: key, Value: []byte(value)}}, func(err error) { answer <- err })
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
}

// emptyEnd is how much of the zeros behind the content of a file the tests keep.
const emptyEnd = 8 << 10

// files returns the content of a directory by name, with only the beginning of
// the empty end of the logs.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		data, err := contentOf(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = data[:min(len(data), lastNonZero(data)+emptyEnd)]
	}
	return found
}

// contentOf returns a file with at most emptyEnd of the zeros at its end: a log has up
// to 128 MiB of them.
func contentOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var content []byte
	empty, zeros, chunk := 0, make([]byte, 1<<20), make([]byte, 1<<20)
	for {
		n, err := io.ReadFull(f, chunk)
		switch {
		case bytes.Equal(chunk[:n], zeros[:n]):
			empty += n
		default:
			content = append(append(content, make([]byte, empty)...), chunk[:n]...)
			empty = 0
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return append(content, make([]byte, min(empty, emptyEnd))...), nil
		} else if err != nil {
			return nil, err
		}
	}
}

// write makes a directory of files. Logs get their empty end back.
func write(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if lastNonZero(data) == len(data)-emptyEnd && filepath.Ext(name) != ".sst" {
			if err := os.Truncate(path, 16<<20); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// crashed returns the files of a journal that a process left in the middle of
// its work, and how many events each of its streams has.
func crashed(t testing.TB, commits, events int) (map[string][]byte, map[string]uint64) {
	t.Helper()
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	heads := fill(t, j, commits, events)
	return files(t, j.dir), heads
}

// closed returns the files of a journal that was closed.
func closed(t testing.TB, commits, events int) (map[string][]byte, map[string]uint64) {
	t.Helper()
	j := open(t, t.TempDir(), time.Now)
	heads := fill(t, j, commits, events)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return files(t, j.dir), heads
}

// only returns the name of the one file that matches and has content.
func only(t testing.TB, all map[string][]byte, pattern string) string {
	t.Helper()
	var found []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if ok, _ := filepath.Match(pattern, name); ok && lastNonZero(all[name]) > 0 {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d files match %s: %q, want one", len(found), pattern, found)
	}
	return found[0]
}

// with returns the files with one of them changed.
func with(all map[string][]byte, name string, change func(data []byte)) map[string][]byte {
	all = maps.Clone(all)
	all[name] = slices.Clone(all[name])
	change(all[name])
	return all
}

// reread opens a directory and returns how many events its streams have, or the
// error of opening it.
func reread(t testing.TB, dir string) (map[string]uint64, error) {
	t.Helper()
	j, err := Open(dir, smallOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	heads := map[string]uint64{}
	for stream, err := range j.Streams() {
		if err != nil {
			t.Fatal(err)
		}
		for r, err := range j.Read(stream, 0) {
			if err != nil {
				return nil, err
			}
			heads[stream] = r.Version
		}
	}
	return heads, nil
}

// lastNonZero returns the index of the last byte that is not zero, or -1.
func lastNonZero(data []byte) int {
	const page = 4 << 10
	zeros := make([]byte, page)
	for len(data) >= page && bytes.Equal(data[len(data)-page:], zeros) { // faster than byte by byte
		data = data[:len(data)-page]
	}
	return len(bytes.TrimRight(data, "\x00")) - 1
}
