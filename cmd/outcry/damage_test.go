package main

import (
	"encoding/binary"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/transport/auth"
	"outcry/transport/operator"
)

// loseEvent deletes an event from the journal of an engine that is stopped.
func loseEvent(t *testing.T, data, stream string, version uint64) {
	t.Helper()
	db, err := badger.Open(badger.DefaultOptions(filepath.Join(data, "journal")).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	key := append(binary.BigEndian.AppendUint16([]byte("e"), uint16(len(stream))), stream...)
	key = binary.BigEndian.AppendUint64(key, version)
	err = db.Update(func(txn *badger.Txn) error {
		if _, err := txn.Get(key); err != nil {
			return err
		}
		return txn.Delete(key)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// An account whose journal lost an event takes no trades, says so, and leaves the
// others alone.
func TestDamagedAccountIsRefusedTradesAndOthersTradeOn(t *testing.T) {
	data := t.TempDir()
	e, stop := serveUntil(t, load(t, data, ""), zerolog.Nop())
	ann, bob := &executorOf{user: "ann"}, &executorOf{user: "bob"}
	ann.trade(t, e, 3)
	bob.trade(t, e, 3)
	stop()
	loseEvent(t, data, "portfolio/ann", 2)

	e = serveLoaded(t, load(t, data, ""), zerolog.Nop())
	for e.health().Journal.Scrub.Passes == 0 {
		time.Sleep(time.Millisecond)
	}
	health := e.health()
	if s := health.Journal.Scrub; s.DamagedAccounts != 1 || s.Open != 1 || s.Found != 1 || s.EndedAt == nil || health.Status == "unhealthy" {
		t.Errorf("%s %+v", health.Status, s)
	}
	if stats := e.journalStats(); len(stats.Damage) != 1 || !strings.Contains(stats.Damage[0], "portfolio/ann: events 2 to 2 are missing") {
		t.Errorf("%+v", stats)
	}
	status, answer := send(t, e, auth.Executor, "/api/trades", `{"userId":"ann","id":"ann-9","symbol":"SYM0","quantity":1,"price":1.25,"side":"buy","status":"executed"}`)
	if status != http.StatusServiceUnavailable || !strings.Contains(answer, `"JOURNAL_DAMAGED"`) || !strings.Contains(answer, "account ann") {
		t.Errorf("%d %s", status, answer)
	}
	bob.trade(t, e, 3)
	for e.collector.Stats().Alert.State != operator.Critical {
		e.collector.Sample()
		if time.Since(e.started) > 30*time.Second {
			t.Fatalf("%+v", e.collector.Stats().Alert)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
