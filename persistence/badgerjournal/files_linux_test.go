package badgerjournal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/persistence/descriptors"
)

// takeInodes makes files until so many inodes are left.
func takeInodes(t *testing.T, dir string, leave int64) string {
	t.Helper()
	folder := filepath.Join(dir, "other files")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := 0; inodesOf(t, dir) > leave; i++ {
		if err := os.WriteFile(filepath.Join(folder, strconv.Itoa(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func inodesOf(t *testing.T, dir string) int64 {
	t.Helper()
	state, err := statDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	return state.freeInodes
}

// Appends alone take files until they are refused; what Badger makes after that
// finds inodes, so that nothing is lost.
func TestAppendsStopBeforeInodesEnd(t *testing.T) {
	dir := mount(t, "120m,nr_inodes=2000")
	journal := filepath.Join(dir, "journal")
	acknowledged := map[string]uint64{}
	p := startVictim(t, journal)
	for range 500 {
		p.until(t, "stream", acknowledged)
	}
	others := takeInodes(t, dir, ReserveFiles+8)
	line := p.until(t, "error", acknowledged)
	if !strings.Contains(line, "inodes free and 256 are kept in reserve: remove files") {
		t.Errorf("an append without inodes: %s", line)
	}
	least := inodesOf(t, dir)
	for range 50 {
		p.until(t, "error", acknowledged)
		least = min(least, inodesOf(t, dir))
	}
	p.until(t, "quiet", acknowledged)
	if least < ReserveFiles/4 {
		t.Errorf("%d of %d inodes in reserve were left: too few", least, ReserveFiles)
	}
	if err := os.RemoveAll(others); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		p.until(t, "stream", acknowledged)
	}
	p.end(t, acknowledged)
	checkAcknowledged(t, journal, acknowledged)
}

// Badger opens as many files as it wants, and reports nothing where it cannot.
func TestAppendsStopBeforeDescriptorsEnd(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(leaveVariable, strconv.Itoa(ReserveFiles+30))
	acknowledged := map[string]uint64{}
	p := startVictim(t, dir)
	line := p.until(t, "error", acknowledged)
	if !strings.Contains(line, "descriptors of this process are open and the journal needs 256 more at times: close connections, or raise the limit") {
		t.Errorf("an append without descriptors: %s", line)
	}
	for range 50 {
		p.until(t, "error", acknowledged)
	}
	p.end(t, acknowledged)
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged before")
	}
	checkAcknowledged(t, dir, acknowledged)
}

// How many files a busy journal makes between two looks at the reserve.
func TestTheReserveOfFilesHoldsWhatBadgerMakes(t *testing.T) {
	dir := mount(t, "700m,nr_inodes=2000")
	acknowledged := map[string]uint64{}
	p := startVictim(t, filepath.Join(dir, "journal"))
	most, before := int64(0), inodesOf(t, dir)
	for range 2000 {
		p.until(t, "stream", acknowledged)
		now := inodesOf(t, dir)
		most = max(most, before-now)
		before = now
	}
	p.end(t, acknowledged)
	t.Logf("at most %d files were made between two commits of %d that are kept", most, ReserveFiles)
	if most > ReserveFiles/2 {
		t.Errorf("%d files were made at once, and %d are in reserve: too few", most, ReserveFiles)
	}
}

func TestAFileSystemWithoutInodesHasNoLimitOfThem(t *testing.T) {
	dir := mount(t, "300m,nr_inodes=0")
	j := open(t, filepath.Join(dir, "journal"), time.Now)
	defer j.Close()
	if err := <-queueAppend(j, "ann", 0, "a"); err != nil {
		t.Fatal(err)
	}
	if room := j.Stats(); room.Inodes != 0 || room.FreeBytes == 0 || room.ReserveInodes != ReserveFiles {
		t.Errorf("%+v", room)
	}
}

// Trading goes on by itself once connections leave, and nothing is written before.
func TestAJournalWithoutDescriptorsRefusesAndRecovers(t *testing.T) {
	j := newJournal(t.TempDir(), smallOptions(), zerolog.Nop(), time.Now)
	reading := descriptors.Reading{Open: 100, Limit: 1000}
	readings := make(chan descriptors.Reading, 1)
	readings <- reading
	j.disk.descriptors = func() descriptors.Reading {
		r := <-readings
		readings <- r
		return r
	}
	if err := j.reopen(); err != nil {
		t.Fatal(err)
	}
	j.start()
	defer j.Close()
	for head, open := range []int{100, 1000 - ReserveFiles} {
		<-readings
		readings <- descriptors.Reading{Open: open, Limit: 1000}
		if err := <-queueAppend(j, "ann", uint64(head), strconv.Itoa(head)); err != nil {
			t.Fatal(err)
		}
	}
	<-readings
	readings <- descriptors.Reading{Open: 1001 - ReserveFiles, Limit: 1000}
	for _, err := range []error{j.Available(), <-queueAppend(j, "ann", 2, "c")} {
		if !errors.Is(err, persistence.ErrUnavailable) || !strings.Contains(err.Error(), "745 of 1000 descriptors") {
			t.Errorf("without descriptors: %v", err)
		}
	}
	<-readings
	readings <- reading
	if err := <-queueAppend(j, "ann", 2, "c"); err != nil {
		t.Fatal(err)
	}
}

// A journal whose tables alone need more descriptors than there are is not opened,
// and not called damaged.
func TestAJournalOfTooManyTablesIsNotOpened(t *testing.T) {
	dir := written(t)
	tables := len(tablesIn(dir))
	j := newJournal(dir, smallOptions(), zerolog.Nop(), time.Now)
	j.disk.descriptors = func() descriptors.Reading {
		return descriptors.Reading{Open: 10, Limit: 9 + openFiles + tables + ReserveFiles}
	}
	err := j.reopen()
	want := fmt.Sprintf("10 of %d descriptors of this process are open and the journal needs %d more", 9+openFiles+tables+ReserveFiles, openFiles+tables+ReserveFiles)
	if !errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrCorrupt) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	if !isResource(fmt.Errorf("open: %w", syscall.EMFILE)) {
		t.Error("a process without descriptors is taken for a damaged journal")
	}
}
