package badgerjournal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
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

// backUp takes a backup into memory.
func backUp(t testing.TB, j *Journal) ([]byte, persistence.Contents) {
	t.Helper()
	var out bytes.Buffer
	contents, size, err := j.Backup(context.Background(), &out)
	if err != nil {
		t.Fatal(err)
	}
	report, err := VerifyBackup(bytes.NewReader(out.Bytes()))
	if err != nil || report.Contents != contents || report.Summary.Bytes != uint64(size) {
		t.Fatalf("%+v written, %+v read: %v", contents, report, err)
	}
	return out.Bytes(), contents
}

// restore makes a journal of a backup in a new directory, which it returns.
func restore(t testing.TB, file []byte) (string, Restored) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "journal")
	restored, err := Restore(bytes.NewReader(file), dir, smallOptions(), false, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir + ".restore"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the restore left its workshop: %v", err)
	}
	return dir, restored
}

// TestABackupIsOneMomentOfAJournalThatIsWritten takes backups while streams grow:
// each has all that was acknowledged before it began, and of later commits all or
// nothing.
func TestABackupIsOneMomentOfAJournalThatIsWritten(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	heads := fill(t, j, 30, 5)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		head := heads["stream0"]
		for {
			select {
			case <-stop:
				return
			default:
			}
			answer := make(chan error, 2)
			events := []persistence.Event{{Data: []byte("{}")}, {Data: []byte("{}")}, {Data: []byte("{}")}}
			j.Append(persistence.Append{Stream: "stream0", Expected: head, Events: events, Done: func(err error) { answer <- err }})
			if err := <-answer; err != nil {
				t.Error(err)
				return
			}
			head += uint64(len(events))
		}
	}()
	for range 5 {
		before := versions(t, j, "stream0")
		file, contents := backUp(t, j)
		dir, restored := restore(t, file)
		if restored.Report.Found > 0 || restored.Report.Contents != contents {
			t.Fatalf("%+v, want %+v", restored.Report, contents)
		}
		got, err := reread(t, dir)
		if err != nil {
			t.Fatal(err)
		}
		if at := got["stream0"]; at < before || (at-heads["stream0"])%3 != 0 || at > versions(t, j, "stream0") {
			t.Errorf("stream0 is at %d; %d was acknowledged before the backup", at, before)
		}
		for _, name := range []string{"stream1", "stream2"} {
			if got[name] != heads[name] {
				t.Errorf("%s is at %d, want %d", name, got[name], heads[name])
			}
		}
	}
	close(stop)
	<-stopped
}

func TestABackupReadsManyIteratorsAsOneMoment(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	data := bytes.Repeat([]byte("x"), 60<<10)
	var head uint64
	add := func() {
		answer := make(chan error, 1)
		j.Append(persistence.Append{Stream: "large", Expected: head, Events: []persistence.Event{{Data: data}, {Data: data}}, Done: func(err error) { answer <- err }})
		if err := <-answer; err != nil {
			t.Error(err)
		}
		head += 2
	}
	for head*uint64(len(data)) < 2*iteratorBytes+iteratorBytes/2 {
		add()
	}
	was := head
	var first bool
	var out bytes.Buffer
	_, _, err := j.Backup(t.Context(), writerFunc(func(p []byte) (int, error) {
		if !first { // the backup has begun: what follows is none of it
			first = true
			for range 20 {
				add()
			}
		}
		return out.Write(p)
	}))
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := restore(t, out.Bytes())
	if got, err := reread(t, dir); err != nil || !maps.Equal(got, map[string]uint64{"large": was}) {
		t.Errorf("%v %v, want %d events", got, err, was)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestABackupEndsWhenItsReaderLeaves(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	fill(t, j, 30, 5)
	gone := errors.New("the client is gone")
	if _, _, err := j.Backup(t.Context(), writerFunc(func([]byte) (int, error) { return 0, gone })); !errors.Is(err, gone) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	_, _, err := j.Backup(ctx, writerFunc(func([]byte) (int, error) {
		cancel(gone)
		<-ctx.Done()
		return 0, ctx.Err()
	}))
	if !errors.Is(err, gone) {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

// TestASlowReaderOfABackupKeepsNobodyWaiting closes a journal, and lets one fail
// and open again, while nobody takes what a backup reads.
func TestASlowReaderOfABackupKeepsNobodyWaiting(t *testing.T) {
	broken := make(chan bool, 1)
	j := openFailing(t, t.TempDir(), func(txn *badger.Txn) error {
		select {
		case <-broken:
			return errBroken
		default:
			return txn.Commit()
		}
	})
	heads := fill(t, j, 30, 5)
	stuck := func() (leave func() error) {
		begun, proceed, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		first := true
		go func() {
			_, _, err := j.Backup(context.Background(), writerFunc(func(p []byte) (int, error) {
				if first {
					first = false
					close(begun)
					<-proceed
				}
				return len(p), nil
			}))
			ended <- err
		}()
		<-begun
		return func() error { close(proceed); return <-ended }
	}
	leave := stuck()
	broken <- true
	if err := <-queueAppend(j, "stream0", heads["stream0"], "fails"); !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatal(err)
	}
	if err := eventually(t, j, "stream0", heads["stream0"], "goes on"); err != nil {
		t.Fatal(err)
	}
	if err := leave(); !errors.Is(err, errEnding) {
		t.Errorf("the backup of a journal that was opened again: %v", err)
	}
	leave = stuck()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := leave(); !errors.Is(err, errEnding) {
		t.Errorf("the backup of a journal that was closed: %v", err)
	}
	if _, _, err := j.Backup(t.Context(), io.Discard); !errors.Is(err, persistence.ErrClosed) {
		t.Error(err)
	}
}

func TestABackupKeepsToItsRate(t *testing.T) {
	j := open(t, t.TempDir(), time.Now)
	defer j.Close()
	fill(t, j, 30, 50)
	took := func(perSecond int64) (time.Duration, int64) {
		o := smallOptions()
		o.BackupByteRate = perSecond
		if err := j.Configure(o); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, size, err := j.Backup(t.Context(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return time.Since(start), size
	}
	const slow = 1 << 20
	got, size := took(slow)
	if least := time.Duration(size-pacedBytes) * time.Second / slow; least < 100*time.Millisecond || got < least {
		t.Errorf("%d bytes took %s: at %d bytes a second it is %s at least", size, got, slow, least)
	}
}

func TestABackupRefusesToCopyDamage(t *testing.T) {
	dir := written(t)
	tamper(t, dir, func(txn *badger.Txn) error {
		return txn.Set(eventKey(nil, "b", 2), []byte("\x01abcdnot what was written"))
	})
	j := open(t, dir, time.Now)
	defer j.Close()
	var out bytes.Buffer
	_, _, err := j.Backup(t.Context(), &out)
	if !errors.Is(err, persistence.ErrCorrupt) || !strings.Contains(err.Error(), `event 2 of "b"`) {
		t.Error(err)
	}
	if _, err := VerifyBackup(&out); !errors.Is(err, backup.ErrCut) && !errors.Is(err, backup.ErrNotBackup) {
		t.Errorf("what was written of it: %v", err)
	}
}
