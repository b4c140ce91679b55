package badgerjournal

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"outcry/persistence/backup"
)

func TestABackupHasItsNameOnlyWhenItIsWhole(t *testing.T) {
	whole := backupOf(t, written(t))
	broken := errors.New("the line broke")
	random := rand.New(rand.NewPCG(7, 8))
	cut := func(n int, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, writeErr := w.Write(whole[:n])
			return errors.Join(writeErr, err)
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "outcry.backup")
	for range 50 {
		n := random.IntN(len(whole))
		if _, err := SaveBackup(path, cut(n, nil)); !errors.Is(err, backup.ErrCut) && !errors.Is(err, backup.ErrNotBackup) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	if _, err := SaveBackup(path, cut(len(whole), broken)); !errors.Is(err, broken) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Fatalf("%v is left, %v", left, err)
	}
	if err := os.WriteFile(path+partialSuffix, make([]byte, 2*len(whole)), 0o600); err != nil { // of one that was killed
		t.Fatal(err)
	}
	report, err := SaveBackup(path, cut(len(whole), nil))
	if err != nil || report.Events != 6 {
		t.Fatalf("%+v %v", report, err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("%d bytes of %d, %v", len(got), len(whole), err)
	}
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm()&0o077 != 0) {
		t.Errorf("others may read it: %v %v", info, err)
	}
	if _, err := SaveBackup(path, cut(len(whole), nil)); err == nil || !strings.Contains(err.Error(), "a backup replaces none") {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}
