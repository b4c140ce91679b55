package badgerjournal

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// A test process started with one of these variables does something again and
// again, with the backup in the directory that it names, until it is killed.
const (
	restorerVariable = "OUTCRY_TEST_RESTORER"
	saverVariable    = "OUTCRY_TEST_SAVER"
)

// endlessRestores restores the backup in dir, each time into a directory of its own.
func endlessRestores(dir string) {
	endlessly(func(i int) error {
		file, err := os.Open(filepath.Join(dir, "file"))
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = Restore(file, filepath.Join(dir, fmt.Sprint(i), "journal"), smallOptions(), false, zerolog.Nop())
		return err
	})
}

// endlessSaves copies the backup in dir, each time into a file of its own.
func endlessSaves(dir string) {
	endlessly(func(i int) error {
		whole, err := os.ReadFile(filepath.Join(dir, "file"))
		if err != nil {
			return err
		}
		_, err = SaveBackup(filepath.Join(dir, fmt.Sprint(i, ".backup")), func(w io.Writer) error {
			for part := range bytes.SplitAfterSeq(whole, []byte("n")) { // many small writes, between which it is killed
				if _, err := w.Write(part); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	})
}

func endlessly(do func(i int) error) {
	for i := 0; ; i++ {
		if err := do(i); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("done")
	}
}

// killed starts a process on a new directory that has the backup, and kills it some
// time after it has done what it does once.
func killed(t *testing.T, variable string, file []byte, after time.Duration) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	command := child(t, variable, dir)
	stdout, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(stdout)
	first, readErr := said.ReadString('\n')
	time.Sleep(after) // any moment is as good
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(said) // to the end that the kill makes
	_ = command.Wait()          // killed
	if readErr != nil || strings.Contains(first+string(rest), "error") {
		t.Fatalf("%s%s %v", first, rest, readErr)
	}
	return dir
}

// filled is a backup of a journal of three streams, and how many events each has.
func filled(t *testing.T) ([]byte, map[string]uint64) {
	t.Helper()
	j := open(t, t.TempDir(), time.Now)
	heads := fill(t, j, 30, 5)
	file, _ := backUp(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return file, heads
}

// TestARestoreThatIsKilledLeavesNoHalfJournal: at whatever moment, there is all of
// the journal or none, and the next restore does not mind what was left.
func TestARestoreThatIsKilledLeavesNoHalfJournal(t *testing.T) {
	file, want := filled(t)
	random := rand.New(rand.NewPCG(5, 6))
	whole, none := 0, 0
	for range 10 {
		dir := killed(t, restorerVariable, file, time.Duration(random.IntN(400))*time.Millisecond)
		begun, err := filepath.Glob(filepath.Join(dir, "*", "journal*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range begun {
			target := strings.TrimSuffix(path, ".restore")
			if target != path {
				none++
				if err := tryRestore(file, target); err != nil && !strings.Contains(err.Error(), "there is a journal in") {
					t.Fatalf("after the kill: %v", err)
				}
			} else {
				whole++
			}
			if got, err := reread(t, target); err != nil || !maps.Equal(got, want) {
				t.Fatalf("%v %v, want %v", got, err, want)
			}
		}
	}
	if whole == 0 || none == 0 {
		t.Errorf("%d restores were whole and %d under way: the test would show little", whole, none)
	}
}

// TestABackupThatIsKilledHasNotItsName: at whatever moment, what has the name of a
// backup is one.
func TestABackupThatIsKilledHasNotItsName(t *testing.T) {
	file, _ := filled(t)
	random := rand.New(rand.NewPCG(7, 9))
	whole, partial := 0, 0
	for range 10 {
		dir := killed(t, saverVariable, file, time.Duration(random.IntN(100))*time.Millisecond)
		left, err := filepath.Glob(filepath.Join(dir, "*.backup*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range left {
			if strings.HasSuffix(path, partialSuffix) {
				partial++
				continue
			}
			whole++
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, file) {
				t.Fatalf("%s has %d bytes of %d, %v", filepath.Base(path), len(got), len(file), err)
			}
		}
	}
	if whole == 0 || partial == 0 {
		t.Errorf("%d backups were whole and %d under way: the test would show little", whole, partial)
	}
}
