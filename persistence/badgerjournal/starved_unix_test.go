//go:build unix

package badgerjournal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"outcry/persistence"
)

// A test process started with this variable opens the journal in the directory that it
// names with ever more descriptors, from none that are free on.
const starvedVariable = "OUTCRY_TEST_STARVED"

func init() {
	if dir := os.Getenv(starvedVariable); dir != "" {
		starved(dir)
		os.Exit(0)
	}
}

// starved opens the journal with no free descriptor, with one, and so on. It prints
// "open" once that works, and any error before that which is not "unavailable".
func starved(dir string) {
	const most = 700
	limit := unix.Rlimit{Cur: most, Max: most}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		fmt.Println(err)
		return
	}
	var held []*os.File
	for {
		file, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, file)
	}
	for range held {
		j, err := Open(dir, smallOptions(), zerolog.Nop(), time.Now)
		if err == nil {
			err = j.Available()
		}
		switch {
		case err == nil && len(held) < most-ReserveFiles:
			fmt.Println("open")
			return
		case err != nil && (!errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrCorrupt)):
			fmt.Println(err)
			return
		}
		if j != nil {
			_ = j.Close()
		}
		held[0].Close()
		held = held[1:]
	}
}

func TestTooManyOpenFilesAreNoDamage(t *testing.T) {
	all, _ := crashed(t, 30, 5)
	for name, change := range map[string]func(dir string) error{
		"after a kill": func(string) error { return nil },
		"new":          func(dir string) error { return os.RemoveAll(dir) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, all)
			if err := change(dir); err != nil {
				t.Fatal(err)
			}
			out, err := child(t, starvedVariable, dir).CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != "open" {
				t.Errorf("%v: %.3000s", err, out)
			}
		})
	}
}
