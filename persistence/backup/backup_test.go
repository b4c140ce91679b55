package backup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

var made = time.UnixMilli(1_795_476_424_039)

// encode returns a backup of entries.
func encode(t testing.TB, entries []Entry) ([]byte, Summary) {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, Header{Journal: 1, Made: made})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	summary, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), summary
}

// decode reads a backup to its end; the error is not io.EOF.
func decode(in io.Reader) (entries []Entry, r *Reader, err error) {
	if r, err = NewReader(in); err != nil {
		return nil, nil, err
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries, r, nil
		}
		if err != nil {
			return entries, r, err
		}
		entries = append(entries, Entry{bytes.Clone(e.Key), bytes.Clone(e.Value), e.Expires})
	}
}

// few are entries in three blocks.
func few() (entries []Entry) {
	for i := range 60 {
		entries = append(entries, Entry{Key: fmt.Appendf(nil, "key %03d", i), Value: bytes.Repeat([]byte{byte(i)}, 10_000), Expires: uint64(i % 3)})
	}
	return entries
}

func sameEntries(a, b []Entry) bool {
	return slices.EqualFunc(a, b, func(a, b Entry) bool {
		return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) && a.Expires == b.Expires
	})
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfDistinct(rapid.SliceOfN(rapid.Byte(), 1, 20), func(b []byte) string { return string(b) }).Draw(rt, "keys")
		slices.SortFunc(keys, bytes.Compare)
		var entries []Entry
		for _, key := range keys {
			size := rapid.IntRange(0, 60).Draw(rt, "size")
			if size == 60 { // seldom, since these cost most
				size = rapid.SampledFrom([]int{blockBytes, MaxValueBytes}).Draw(rt, "large")
			}
			entries = append(entries, Entry{Key: key, Value: bytes.Repeat(key[:1], size), Expires: rapid.Uint64().Draw(rt, "expires")})
		}
		file, wrote := encode(t, entries)
		got, r, err := decode(iotest.HalfReader(bytes.NewReader(file)))
		if err != nil || !sameEntries(got, entries) {
			rt.Fatalf("%d of %d entries, %v", len(got), len(entries), err)
		}
		if r.Summary() != wrote || wrote.Bytes != uint64(len(file)) || wrote.Entries != uint64(len(entries)) {
			rt.Fatalf("%+v read, %+v written, %d bytes", r.Summary(), wrote, len(file))
		}
		if h := r.Header(); h.Journal != 1 || !h.Made.Equal(made) {
			rt.Fatalf("%+v", h)
		}
	})
}

func TestACutBackupIsNeverTakenForOne(t *testing.T) {
	file, _ := encode(t, few())
	for n := range file {
		if n > 2*headerBytes && n < len(file)-2*trailerBytes && n%1009 != 0 {
			continue // every byte near the ends, and some of each block
		}
		_, _, err := decode(bytes.NewReader(file[:n]))
		if want := ErrCut; n == 0 && !errors.Is(err, ErrNotBackup) || n > 0 && !errors.Is(err, want) {
			t.Fatalf("after %d of %d bytes: %v", n, len(file), err)
		}
	}
}

// blockEnds returns where the header and the blocks of a backup end.
func blockEnds(file []byte) []int {
	ends := []int{headerBytes}
	for at := headerBytes; file[at] == kindBlock; {
		at += blockHead + int(binary.BigEndian.Uint32(file[at+1:]))
		ends = append(ends, at)
	}
	return ends
}

func TestACutBetweenBlocksIsNeverTakenForTheEnd(t *testing.T) {
	file, _ := encode(t, few())
	ends := blockEnds(file)
	if len(ends) < 4 {
		t.Fatalf("%d blocks: the test would show little", len(ends)-1)
	}
	for i, end := range ends {
		if _, _, err := decode(bytes.NewReader(file[:end])); !errors.Is(err, ErrCut) || !strings.Contains(err.Error(), fmt.Sprint(end, " bytes")) {
			t.Errorf("cut at %d: %v", end, err)
		}
		if i == 0 {
			continue
		}
		without := slices.Delete(bytes.Clone(file), ends[i-1], end)
		if _, _, err := decode(bytes.NewReader(without)); !errors.Is(err, ErrDamaged) {
			t.Errorf("without block %d: %v", i, err)
		}
	}
}

func TestAChangedByteShows(t *testing.T) {
	file, _ := encode(t, few())
	for at := range file {
		if at > headerBytes+2*blockHead && at < len(file)-2*trailerBytes && at%1009 != 0 {
			continue
		}
		for _, bit := range []byte{1, 0x80} {
			changed := bytes.Clone(file)
			changed[at] ^= bit
			if _, _, err := decode(bytes.NewReader(changed)); err == nil {
				t.Fatalf("byte %d of %d: nothing shows", at, len(file))
			}
		}
	}
}

func TestWhatIsNoBackupIsToldApart(t *testing.T) {
	file, _ := encode(t, few())
	newer := bytes.Clone(file)
	newer[len(magic)+1] = Format + 1
	for name, c := range map[string]struct {
		file []byte
		want error
		says string
	}{
		"an export":        {[]byte(`{"stream":"portfolio/ann","version":1,"key":"opening"}` + "\n"), ErrNotBackup, "not a backup"},
		"a short text":     {[]byte("hello"), ErrNotBackup, "5 bytes"},
		"a newer format":   {newer, ErrNewer, "format is 2 and this program reads up to 1"},
		"two backups":      {append(bytes.Clone(file), file...), ErrDamaged, "something follows its end"},
		"a byte behind it": {append(bytes.Clone(file), '\n'), ErrDamaged, "something follows its end"},
	} {
		if _, _, err := decode(bytes.NewReader(c.file)); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFailingDiskIsNoDamage(t *testing.T) {
	file, _ := encode(t, few())
	broken := errors.New("input/output error")
	for _, n := range []int{3, headerBytes, 1000, len(file) - 5} {
		_, _, err := decode(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || errors.Is(err, ErrCut) || errors.Is(err, ErrDamaged) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	w, err := NewWriter(&failingWriter{after: 1, err: broken}, Header{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failingWriter struct {
	after int
	err   error
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, w.err
	}
	return len(b), nil
}

func TestAWriterRefusesWhatAReaderWould(t *testing.T) {
	for name, entries := range map[string][]Entry{
		"an empty key":    {{}},
		"a long key":      {{Key: make([]byte, MaxKeyBytes+1)}},
		"a long value":    {{Key: []byte("a"), Value: make([]byte, MaxValueBytes+1)}},
		"the same key":    {{Key: []byte("a")}, {Key: []byte("a")}},
		"another's order": {{Key: []byte("b")}, {Key: []byte("a")}},
	} {
		w, err := NewWriter(io.Discard, Header{})
		for _, e := range entries {
			if err == nil {
				err = w.Add(e)
			}
		}
		if !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEachBlockIsOneBoundedWrite(t *testing.T) {
	var sizes []int
	w, err := NewWriter(writerFunc(func(b []byte) (int, error) { sizes = append(sizes, len(b)); return len(b), nil }), Header{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range few() {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Add(Entry{Key: []byte("z"), Value: make([]byte, MaxValueBytes)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if largest := slices.Max(sizes); len(sizes) < 5 || largest > blockHead+maxBlockBytes {
		t.Errorf("writes of %d bytes", sizes)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// FuzzReader makes sure that a reader takes nothing but what a writer would have
// written, whatever the bytes.
func FuzzReader(f *testing.F) {
	file, _ := encode(f, []Entry{{Key: []byte("a"), Value: []byte("1")}, {Key: []byte("b"), Expires: 1 << 40}})
	f.Add(file)
	f.Add(file[:len(file)-trailerBytes])
	empty, _ := encode(f, nil)
	f.Add(empty)
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, r, err := decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, r.Header())
		for _, e := range entries {
			if err == nil {
				err = w.Add(e)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Close(); err != nil || r.Summary().Bytes != uint64(len(data)) {
			t.Fatalf("%+v %v", r.Summary(), err)
		}
		again, _, err := decode(&out)
		if err != nil || !sameEntries(again, entries) {
			t.Fatal(err)
		}
	})
}

// FuzzBlock gives a reader blocks and a trailer whose checksums are right, which a
// fuzzer does not find by itself.
func FuzzBlock(f *testing.F) {
	f.Add([]byte("\x01a\x01b\x00"), uint64(1))
	f.Add([]byte("\x01a\xff\xff\xff\xff\x0fb\x00"), uint64(1))
	f.Add([]byte("\x01b\x00\x00\x01a\x00\x00"), uint64(2))
	f.Fuzz(func(t *testing.T, payload []byte, entries uint64) {
		if len(payload) > maxBlockBytes {
			return
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, Header{Made: made})
		if err != nil {
			t.Fatal(err)
		}
		w.block, w.summary.Entries = append(w.block, payload...), entries
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, _, err := decode(&out)
		if err == nil && uint64(len(got)) != entries {
			t.Fatalf("%d entries of %d", len(got), entries)
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	})
}
