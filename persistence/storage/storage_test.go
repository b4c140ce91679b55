package storage_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"outcry/persistence"
	"outcry/persistence/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, data string) storage.Storage {
	t.Helper()
	s, err := storage.Open(data, storage.DefaultOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// An engine asks whether it has a storage to close, so there must be none, rather
// than one without content.
func TestWhatIsNotOpenIsNoStorage(t *testing.T) {
	wrong := storage.DefaultOptions()
	wrong.MaxGroup = 0
	if s, err := storage.Prepare(t.TempDir(), wrong, zerolog.Nop(), time.Now); s != nil || err == nil {
		t.Errorf("settings that are not allowed: %v, %v", s, err)
	}
	data := t.TempDir()
	open(t, data)
	if s, err := storage.Open(data, storage.DefaultOptions(), zerolog.Nop(), time.Now); s != nil || !errors.Is(err, persistence.ErrLocked) {
		t.Errorf("while another has it open: %v, %v", s, err)
	}
}

func TestAPreparedStorageIsUnavailableUntilItBegins(t *testing.T) {
	s, err := storage.Prepare(t.TempDir(), storage.DefaultOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Examine()
	if err := s.Available(); !errors.Is(err, persistence.ErrUnavailable) {
		t.Errorf("before it begins: %v", err)
	}
	if err := errors.Join(s.Begin(), s.Available()); err != nil {
		t.Error(err)
	}
}

func TestAStoppedJournalIsLookedAfterAndRestored(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	if _, err := storage.Find(data); err == nil || !strings.Contains(err.Error(), "there is no journal in") {
		t.Errorf("where there is none: %v", err)
	}
	s := open(t, data)
	done := make(chan error, 1)
	s.Append(persistence.Append{Stream: "ann", Events: []persistence.Event{{Key: "a"}}, Done: func(err error) { done <- err }})
	if err := errors.Join(<-done, s.Close()); err != nil {
		t.Fatal(err)
	}
	stopped, err := storage.Find(data)
	if err != nil {
		t.Fatal(err)
	}
	want := persistence.Contents{Streams: 1, Events: 1, Keys: 1}
	if report, err := stopped.Verify(); err != nil || report.Found > 0 || report.Contents != want {
		t.Errorf("%+v, %v", report, err)
	}
	if before, after, err := stopped.Compact(); err != nil || before <= 0 || after <= 0 {
		t.Errorf("compacted from %d to %d bytes, %v", before, after, err)
	}
	if s, err = stopped.Open(); err != nil {
		t.Fatal(err)
	}
	report, err := storage.SaveBackup(file, func(w io.Writer) error {
		contents, size, err := s.Backup(context.Background(), w)
		if contents != want || size <= 0 {
			t.Errorf("the backup has %s in %d bytes", contents, size)
		}
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil || report.Contents != want {
		t.Fatalf("%+v, %v", report, err)
	}
	backup, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := storage.Restore(bytes.NewReader(backup), data, false); err == nil {
		t.Error("a restore replaced a journal")
	}
	restored, told, err := storage.Restore(bytes.NewReader(backup), t.TempDir(), false)
	if err != nil || told.Report.Contents != want {
		t.Fatalf("%+v, %v", told, err)
	}
	if report, err := restored.Verify(); err != nil || report.Contents != want {
		t.Errorf("%+v, %v", report, err)
	}
}
