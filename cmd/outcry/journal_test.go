package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/persistence/memjournal"
	"outcry/persistence/storage"
)

func TestExportedLinesHoldTheEventsAsTheyAre(t *testing.T) {
	journal := memjournal.New(time.Now)
	done := make(chan error, 1)
	journal.Append(persistence.Append{
		Stream: `portfolio/a"b`, Done: func(err error) { done <- err },
		Events: []persistence.Event{{Key: "trade/t-1", Data: []byte(`{"type":"order_filled","quantity":1.50}`)}, {Data: []byte("not JSON")}},
	})
	if err := errors.Join(<-done, journal.Close()); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[uint64]int{0: 2, 1: 1, 2: 0} {
		var out bytes.Buffer
		w := bufio.NewWriter(&out)
		if err := errors.Join(exportStream(w, journal, `portfolio/a"b`, after), w.Flush()); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "\n"); n != want {
			t.Errorf("after %d: %d lines", after, n)
		}
		for line := range strings.Lines(out.String()) {
			var got struct {
				Stream, Key string
				Version     uint64
				Event       json.RawMessage
				Data        []byte
			}
			if err := json.Unmarshal([]byte(line), &got); err != nil || got.Stream != `portfolio/a"b` {
				t.Errorf("%s: %v", line, err)
			}
			switch got.Version {
			case 1:
				if got.Key != "trade/t-1" || string(got.Event) != `{"type":"order_filled","quantity":1.50}` {
					t.Errorf("%s", line)
				}
			case 2:
				if string(got.Data) != "not JSON" || got.Event != nil {
					t.Errorf("%s", line)
				}
			}
		}
	}
}

func TestJournalCommandsSayWhatKeepsThemFromWorking(t *testing.T) {
	nothing := journalFlags{Data: t.TempDir()}
	held := journalFlags{Data: t.TempDir()}
	journal, err := storage.Open(held.Data, storage.DefaultOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := journal.Close(); err != nil {
			t.Error(err)
		}
	}()
	for name, run := range map[string]func(journalFlags) error{
		"verify":  func(f journalFlags) error { return (&JournalVerifyCmd{journalFlags: f}).Run() },
		"export":  func(f journalFlags) error { return (&JournalExportCmd{journalFlags: f}).Run() },
		"compact": func(f journalFlags) error { return (&JournalCompactCmd{journalFlags: f}).Run() },
	} {
		if err := run(nothing); err == nil || !strings.Contains(err.Error(), "there is no journal in") {
			t.Errorf("%s without a journal: %v", name, err)
		}
		if err := run(held); !errors.Is(err, persistence.ErrLocked) || !strings.Contains(err.Error(), "give this one another directory") {
			t.Errorf("%s beside an engine: %v", name, err)
		}
	}
}
