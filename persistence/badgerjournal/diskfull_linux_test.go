package badgerjournal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"outcry/persistence"
)

// mount makes a file system in memory, of a size as tmpfs writes it.
func mount(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("mounting a small disk is not permitted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillDisk writes a file until less than some bytes are left, so many at a tick,
// and returns it. Without ticks it is as fast as it can.
func fillDisk(t *testing.T, dir string, leave int64, ticks <-chan time.Time, step int64) string {
	t.Helper()
	path := filepath.Join(dir, "another file")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	chunk := make([]byte, step)
	for {
		left := freeOn(t, dir) - leave
		if left <= 0 {
			return path
		}
		if _, err := file.Write(chunk[:min(step, left)]); errors.Is(err, unix.ENOSPC) {
			return path
		} else if err != nil {
			t.Fatal(err)
		}
		if ticks != nil {
			<-ticks
		}
	}
}

func freeOn(t *testing.T, dir string) int64 {
	t.Helper()
	state, err := statDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	return state.free
}

func fillAtOnce(t *testing.T, dir string, leave int64) string {
	t.Helper()
	return fillDisk(t, dir, leave, nil, 1<<20)
}

// Somebody else fills the disk to the last byte, the reserve in a few seconds.
func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	dir := mount(t, "96m")
	journal := filepath.Join(dir, "journal")
	acknowledged := map[string]uint64{}
	p := startVictim(t, journal)
	fill := func() string {
		reserve := tinyOptions().ReserveBytes
		fillAtOnce(t, dir, reserve)
		if line := p.until(t, "error", acknowledged); !strings.Contains(line, "make room") {
			t.Errorf("an append to a full disk: %s", line)
		}
		p.until(t, "quiet", acknowledged) // what was begun is written out, however slow the machine is
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		return fillDisk(t, dir, 0, ticker.C, reserve/100)
	}
	for range 500 {
		p.until(t, "stream", acknowledged)
	}
	other := fill()
	for range 50 {
		p.until(t, "error", acknowledged)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		p.until(t, "stream", acknowledged)
	}
	other = fill()
	p.end(t, acknowledged) // without SIGBUS, though nothing can be written out
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	checkAcknowledged(t, journal, acknowledged)
}

// Somebody else fills the disk to the last byte at once. Tables that Badger is
// writing at that moment may kill the process, since their pages find no room;
// nothing is lost by that, and it starts again as soon as there is room.
func TestADiskThatIsFullAtOnceLosesNothing(t *testing.T) {
	dir := mount(t, "96m")
	journal := filepath.Join(dir, "journal")
	acknowledged := map[string]uint64{}
	survived := 0
	for range 2 {
		p := startVictim(t, journal)
		for range 250 {
			p.until(t, "stream", acknowledged)
		}
		other := fillAtOnce(t, dir, 0)
		for line := range p.lines { // until it is refused, or ends
			note(line, acknowledged)
			if strings.HasPrefix(line, "error") {
				break
			}
		}
		p.stdin.Close()
		for line := range p.lines {
			note(line, acknowledged)
		}
		if err := <-p.ended; err == nil {
			survived++
		} else if !strings.Contains(err.Error(), "SIGBUS") {
			t.Fatalf("the victim: %v", err)
		}
		j := openUnavailable(t, journal, "make room")
		if err := os.Remove(other); err != nil {
			t.Fatal(err)
		}
		waitUntilAvailable(t, j)
		j.Close()
		checkAcknowledged(t, journal, acknowledged)
	}
	t.Logf("%d of 2 processes survived", survived)
}

func waitUntilAvailable(t *testing.T, j *Journal) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for j.Available() != nil {
		if time.Now().After(deadline) {
			t.Fatalf("still %v", j.Available())
		}
		time.Sleep(10 * time.Millisecond) // nothing says when, the loop asks
	}
}

// Appends alone fill the disk until they are refused; what Badger writes by
// itself after that has room.
func TestTheReserveHoldsWhatIsWrittenBehindIt(t *testing.T) {
	dir := mount(t, "80m")
	acknowledged := map[string]uint64{}
	p := startVictim(t, filepath.Join(dir, "journal"))
	least := int64(1 << 60)
	for refused := 0; refused < 200; { // a few seconds behind the first
		line, more := <-p.lines
		if !more {
			t.Fatalf("the victim ended: %v", <-p.ended)
		}
		note(line, acknowledged)
		if strings.HasPrefix(line, "error") {
			refused++
		}
		least = min(least, freeOn(t, dir))
	}
	p.end(t, acknowledged)
	reserve := tinyOptions().ReserveBytes
	t.Logf("%d of %d MiB in reserve were never used", least>>20, reserve>>20)
	if least < reserve/4 {
		t.Errorf("%d MiB of %d MiB in reserve were left: too little", least>>20, reserve>>20)
	}
}

// openUnavailable opens a journal on a disk that cannot be written.
func openUnavailable(t *testing.T, dir, sentence string) *Journal {
	t.Helper()
	j, err := openTiny(dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	for _, err := range []error{j.Available(), <-queueAppend(j, "ann", 0, "a")} {
		if !errors.Is(err, persistence.ErrUnavailable) || !strings.Contains(err.Error(), sentence) {
			t.Errorf("%v, want ErrUnavailable that says %q", err, sentence)
		}
	}
	return j
}

func TestAJournalOnAFullDiskOpensByItself(t *testing.T) {
	dir := mount(t, "300m")
	other := fillAtOnce(t, dir, 0)
	j := openUnavailable(t, filepath.Join(dir, "journal"), "")
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := eventually(t, j, "ann", 0, "a"); err != nil {
		t.Fatal(err)
	}
}

func TestAJournalOnAReadOnlyDiskOpensByItself(t *testing.T) {
	for _, exists := range []bool{false, true} {
		dir := mount(t, "300m")
		journal := filepath.Join(dir, "journal")
		head := uint64(0)
		if exists {
			j := open(t, journal, time.Now)
			if err := <-queueAppend(j, "ann", 0, "before"); err != nil {
				t.Fatal(err)
			}
			j.Close()
			head = 1
		}
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Skipf("mounting again is not permitted here: %v", err)
		}
		j := openUnavailable(t, journal, "read-only")
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT, "size=300m"); err != nil {
			t.Fatal(err)
		}
		if err := eventually(t, j, "ann", head, "a"); err != nil {
			t.Fatal(err)
		}
	}
}

// Reading goes on while nothing can be written.
func TestAFullDiskCanBeRead(t *testing.T) {
	dir := mount(t, "300m")
	j := open(t, filepath.Join(dir, "journal"), time.Now)
	defer j.Close()
	if err := <-queueAppend(j, "ann", 0, "a"); err != nil {
		t.Fatal(err)
	}
	other := fillAtOnce(t, dir, 10<<20)
	if err := <-queueAppend(j, "ann", 1, "b"); !errors.Is(err, persistence.ErrUnavailable) {
		t.Fatalf("an append to a full disk: %v", err)
	}
	if err := j.Available(); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("Available says %v", err)
	}
	if got := versions(t, j, "ann"); got != 1 {
		t.Errorf("ann is at %d, want 1", got)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := <-queueAppend(j, "ann", 1, "b"); err != nil {
		t.Fatal(err)
	}
}
