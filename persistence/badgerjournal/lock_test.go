package badgerjournal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
)

// occupy locks a directory as another process does whose file says something.
func occupy(t *testing.T, dir, says string) (free func()) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFile(file); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(0), os.WriteFile(file.Name(), []byte(says), 0o600)); err != nil {
		t.Fatal(err)
	}
	free = func() { file.Close() }
	t.Cleanup(free)
	return free
}

func TestTheMessageOfTheLockNamesTheProcess(t *testing.T) {
	dir := t.TempDir()
	p := startVictim(t, dir)
	p.until(t, "open", map[string]uint64{})
	defer p.end(t, map[string]uint64{})
	_, err := Open(dir, smallOptions(), zerolog.Nop(), time.Now)
	want := fmt.Sprintf("another process has the journal open, process %d", p.command.Process.Pid)
	if runtime.GOOS == "linux" {
		want += " (badgerjournal.t): stop it, or give this one another directory"
	}
	if runtime.GOOS == "windows" {
		want = "stop the other outcry"
	}
	if !errors.Is(err, persistence.ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}

// The file may name a process that crashed, whose id another one has now, or be
// anything.
func TestNoProcessIsNamedThatDoesNotHaveTheLock(t *testing.T) {
	for _, says := range []string{"", "\n", "0\n", "-1\n", "1.5\n", "12 34\n", "4194305\n", "99999999999999999999\n", "../1\n", strings.Repeat("1", 1000)} {
		dir := t.TempDir()
		occupy(t, dir, says)
		if h := holderOf(dir); h != (holder{}) {
			t.Errorf("%q: %v", says, h)
		}
		if err := (&lock{}).acquire(dir); !errors.Is(err, persistence.ErrLocked) || !strings.Contains(err.Error(), "stop the other outcry") {
			t.Errorf("%q: %v", says, err)
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	dir := t.TempDir()
	occupy(t, dir, strconv.Itoa(os.Getppid())+"\n") // which lives
	if h := holderOf(dir); h != (holder{}) {
		t.Errorf("a process that does not have it: %v", h)
	}
}

func TestAFreeLockNamesNoProcess(t *testing.T) {
	dir := t.TempDir()
	l := &lock{}
	if err := l.acquire(dir); err != nil {
		t.Fatal(err)
	}
	held, heldErr := os.ReadFile(filepath.Join(dir, lockName))
	l.release()
	free, err := os.ReadFile(filepath.Join(dir, lockName))
	if err != nil || len(free) > 0 {
		t.Errorf("once it is free it says %q, %v", free, err)
	}
	if want := strconv.Itoa(os.Getpid()) + "\n"; runtime.GOOS != "windows" && (heldErr != nil || string(held) != want) {
		t.Errorf("while it is held it says %q, %v, want %q", held, heldErr, want)
	}
}

// The lock is one of a descriptor, which a process that is started meanwhile does not have.
func TestAProcessThatIsStartedDoesNotKeepTheLock(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	j := open(t, t.TempDir(), time.Now)
	child := exec.Command(sleep, "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	next := open(t, j.dir, time.Now)
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

// awaitLock waits for the lock of a directory in the time of a bubble, and returns for
// how long and what was logged.
func awaitLock(ctx context.Context, t *testing.T, dir string, patience time.Duration) (took time.Duration, logged string, err error) {
	t.Helper()
	var log bytes.Buffer
	j, err := Prepare(dir, smallOptions(), zerolog.New(&log), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	err = j.AwaitLock(ctx, patience)
	took = time.Since(began)
	j.lock.release()
	return took, log.String(), err
}

func TestALockIsWaitedForWithPatience(t *testing.T) {
	const patience = 5 * time.Second
	gone := t.TempDir() + "/none"
	free, held, own := t.TempDir(), t.TempDir(), t.TempDir()
	release := occupy(t, held, "")
	defer open(t, own, time.Now).Close()
	synctest.Test(t, func(t *testing.T) {
		for _, dir := range []string{gone, free} {
			if took, logged, err := awaitLock(t.Context(), t, dir, patience); err != nil || took > 0 || logged != "" {
				t.Errorf("%s: %v after %s, logged %q", dir, err, took, logged)
			}
		}
		took, logged, err := awaitLock(t.Context(), t, held, patience)
		if !errors.Is(err, persistence.ErrLocked) || took != patience {
			t.Errorf("one that is held on: %v after %s", err, took)
		}
		if strings.Count(logged, "\n") != 1 || !strings.Contains(logged, "waiting for the lock of the journal") {
			t.Errorf("logged %q", logged)
		}
		stop, why := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { why(errors.New("told to stop")) })
		if took, _, err := awaitLock(stop, t, held, patience); err == nil || !strings.Contains(err.Error(), "told to stop") || took != time.Second {
			t.Errorf("when it is told to stop: %v after %s", err, took)
		}
		time.AfterFunc(3*time.Second, release)
		if took, _, err := awaitLock(t.Context(), t, held, patience); err != nil || took < 3*time.Second || took > 3*time.Second+lockInterval {
			t.Errorf("one that is let go after 3s: %v after %s", err, took)
		}
		if took, _, err := awaitLock(t.Context(), t, own, patience); runtime.GOOS == "linux" && (!errors.Is(err, persistence.ErrLocked) || took > 0) {
			t.Errorf("one of this process, which waits in vain: %v after %s", err, took)
		}
	})
}

// What was waited for is kept until the journal is closed.
func TestAJournalBeginsWithTheLockThatItWaitedFor(t *testing.T) {
	j := prepare(t, t.TempDir())
	if err := errors.Join(j.AwaitLock(t.Context(), 0), j.Begin()); err != nil {
		t.Fatal(err)
	}
	other := prepare(t, j.dir)
	if err := other.AwaitLock(t.Context(), 0); !errors.Is(err, persistence.ErrLocked) {
		t.Errorf("beside it: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.AwaitLock(t.Context(), 0), other.Begin()); err != nil {
		t.Error(err)
	}
}
