//go:build unix

package descriptors

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A test process started with this variable prints its limit.
const printLimit = "OUTCRY_TEST_PRINT_LIMIT"

func TestMain(m *testing.M) {
	if os.Getenv(printLimit) != "" {
		_, limit, _ := count()
		_, _ = os.Stdout.WriteString(strconv.Itoa(limit))
		return
	}
	os.Exit(m.Run())
}

func TestAGaugeCountsWhatIsOpened(t *testing.T) {
	gauge := &Gauge{}
	before := gauge.Read(0)
	if before.Limit == 0 || before.Open < 3 || before.Left() != before.Limit-before.Open {
		t.Fatalf("%+v with %d left", before, before.Left())
	}
	const opened = 50
	for range opened {
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	if kept := gauge.Read(time.Hour); kept != before {
		t.Errorf("a count that may be old: %+v, want %+v", kept, before)
	}
	if after := uncached(); after.Open != before.Open+opened {
		t.Errorf("%d descriptors are open after %d more than %d", after.Open, opened, before.Open)
	}
}

func uncached() Reading { return (&Gauge{}).Read(0) }

// What an old kernel makes us do counts the same.
func TestListingCountsTheSame(t *testing.T) {
	dir := "/dev/fd"
	if _, err := os.Stat("/proc/self/fd"); err == nil {
		dir = "/proc/self/fd"
	}
	listed, err := list(dir)
	if err != nil {
		t.Fatal(err)
	}
	if open := uncached().Open; open != listed {
		t.Errorf("%d are open and %d are listed", open, listed)
	}
}

// The soft limit of a shell is no limit to us: the runtime raises it.
func TestTheLimitIsTheHardOne(t *testing.T) {
	child := exec.Command("sh", "-c", `ulimit -Sn 64 && ulimit -Hn 300 && exec "$0"`, os.Args[0])
	child.Env = append(os.Environ(), printLimit+"=1")
	out, err := child.Output()
	if err != nil {
		t.Fatal(err)
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || limit < 299 || limit > 300 {
		t.Errorf("the limit is %q, want 299 or 300", out)
	}
}
