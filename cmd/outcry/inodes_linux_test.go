package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"outcry/actors/actortest"
	"outcry/persistence/storage"
	"outcry/transport/auth"
)

// A disk whose inodes are taken by other files stops trades with a reason, and loses
// none; trading goes on by itself once they are free.
func TestADiskWithoutInodesRefusesTradesAndLosesNone(t *testing.T) {
	t.Parallel()
	s := newService(t, "")
	if err := os.MkdirAll(s.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", s.data(), "tmpfs", 0, "size=900m,nr_inodes=1000"); err != nil {
		t.Skipf("mounting a small disk is not permitted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(s.data(), syscall.MNT_DETACH) })
	s.start(exec.Command(s.program(), "serve", "--config", s.file(), "--data", s.data(), "--listen", "127.0.0.1:0"), "OUTCRY_JOURNAL_MEM_TABLE_BYTES="+strconv.Itoa(8<<20))
	executor := &trader{s: s, random: rand.New(rand.NewPCG(3, 4))}
	executor.post(1000)
	if len(executor.refused) > 0 {
		t.Fatal(executor.refused)
	}
	s.expect(http.MethodGet, "/metrics", auth.Trader, "", fmt.Sprintf("outcry_journal_disk_reserve_inodes %d", storage.ReserveFiles))

	others := filepath.Join(s.data(), "others")
	if err := os.Mkdir(others, 0o700); err != nil {
		t.Fatal(err)
	}
	made := 0
	leave := func(inodes int64) {
		for ; *s.health().Journal.FreeInodes > inodes; made++ {
			if err := os.WriteFile(filepath.Join(others, strconv.Itoa(made)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	leave(storage.ReserveFiles + 4)
	for executor.refused == nil { // its own tables take the rest
		executor.post(1000)
	}
	leave(storage.ReserveFiles - 50) // more than a compaction gives back
	h := s.health()
	if h.Journal.Available || h.Status != "unhealthy" || !strings.Contains(h.Journal.Problem, "inodes free and 256 are kept in reserve: remove files") {
		t.Errorf("%s, journal %+v", h.Status, h.Journal)
	}
	if why := executor.refused[0]; !strings.HasPrefix(why, "503 ") || !json.Valid([]byte(why[4:])) || !strings.Contains(why, "JOURNAL_UNAVAILABLE") {
		t.Errorf("a trade was refused with %s", why)
	}
	if err := os.RemoveAll(others); err != nil {
		t.Fatal(err)
	}
	actortest.Eventually(t, "trading goes on", func() bool {
		refused := len(executor.refused)
		executor.post(10)
		return len(executor.refused) == refused
	})
	for table := s.tables(); s.tables() == table; {
		executor.post(1000)
	}
	s.stop()
	s.expectAll(executor.acknowledged)
}
