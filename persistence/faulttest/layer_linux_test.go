package faulttest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// programVariable names the program that a test process is, instead of the tests.
const programVariable = "OUTCRY_TEST_PROGRAM"

func TestMain(m *testing.M) {
	EnterIfAsked()
	if name := os.Getenv(programVariable); name != "" {
		programs[name](os.Args[1])
		return
	}
	goleak.VerifyTestMain(m)
}

// programs work in a directory and print what came of it.
var programs = map[string]func(dir string){
	"make": func(dir string) { // a hundred files, by several threads at once
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				for n := range 25 {
					file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d-%d.sst", worker, n)))
					fmt.Println("made", err)
					if err == nil {
						file.Close()
					}
				}
			})
		}
		group.Wait()
	},
	"write": func(dir string) {
		file, err := os.OpenFile(filepath.Join(dir, "MANIFEST"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			panic(err)
		}
		for range 3 {
			n, err := unix.Write(int(file.Fd()), []byte("0123456789"))
			fmt.Println("wrote", n, err)
		}
		n, err := unix.Pwrite(int(file.Fd()), []byte("at the end"), 0)
		fmt.Println("wrote", n, err)
	},
	"sync": func(dir string) {
		file, err := os.Create(filepath.Join(dir, "1.mem"))
		if err != nil {
			panic(err)
		}
		if err := file.Truncate(1 << 16); err != nil {
			panic(err)
		}
		data, err := unix.Mmap(int(file.Fd()), 0, 1<<16, unix.PROT_WRITE|unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			panic(err)
		}
		os.Remove(file.Name())
		start := time.Now()
		for range 10 {
			fmt.Println("msync", unix.Msync(data[4096:], unix.MS_SYNC))
		}
		fmt.Println("fsync", file.Sync(), time.Since(start) > 300*time.Millisecond)
	},
	"start": func(dir string) { // another program, within the same layer
		command := exec.Command(os.Args[0], dir)
		command.Env = append(os.Environ(), programVariable+"=make", "GORACE=atexit_sleep_ms=0")
		command.Stdout = os.Stdout
		if err := command.Run(); err != nil {
			panic(err)
		}
	},
}

func layer(t *testing.T) *Layer {
	t.Helper()
	dir, err := os.MkdirTemp("", "faults") // the name of a test may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen(filepath.Join(dir, "layer"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return l
}

func inject(t *testing.T, l *Layer, f Fault) *Injected {
	t.Helper()
	i, err := l.Inject(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func command(l *Layer, name, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0], dir)
	c.Env = append(os.Environ(), programVariable+"="+name, "GORACE=atexit_sleep_ms=0")
	l.Attach(c)
	return c
}

// lines runs a program to its end and counts the lines that it printed.
func lines(t *testing.T, l *Layer, name, dir string) map[string]int {
	t.Helper()
	c := command(l, name, dir)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, &stderr)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(out)) {
		counts[strings.ReplaceAll(strings.TrimSpace(line), dir, "")]++
	}
	return counts
}

func TestCallsAreCountedOverAllThreads(t *testing.T) {
	for _, program := range []string{"make", "start"} {
		t.Run(program, func(t *testing.T) {
			l, dir := layer(t), t.TempDir()
			var hit string
			third, err := l.Inject(Fault{Call: "create", Path: "*.sst", Nth: 3, Times: 1, Error: "EMFILE"}, func(path string) { hit = path })
			if err != nil {
				t.Fatal(err)
			}
			others := inject(t, l, Fault{Call: "openat", Path: "3-*.sst", Nth: 21, Every: 2, Error: "ENOSPC"})
			elsewhere := inject(t, l, Fault{Call: "create", Path: "*.mem", Error: "EIO"})
			l2 := inject(t, l, Fault{Call: "unlinkat", Error: "EIO"})
			l2.Remove()
			made := lines(t, l, program, dir)
			failed := 0
			for line, n := range made {
				if strings.HasSuffix(line, "too many open files") {
					failed += n
				}
			}
			if failed != 1 || third.Hits() != 1 || third.Seen() != 100 || filepath.Ext(hit) != ".sst" {
				t.Errorf("%d of 100 files were not made: %v; %d of %d calls were hit, last %q", failed, made, third.Hits(), third.Seen(), hit)
			}
			select {
			case <-third.Over():
			default:
				t.Error("a fault of one time is not over")
			}
			if others.Hits() != 3 || others.Seen() != 25 || elsewhere.Seen() != 0 {
				t.Errorf("%d of %d and %d of others", others.Hits(), others.Seen(), elsewhere.Seen())
			}
			if files, _ := os.ReadDir(dir); len(files) < 96 || len(files) > 97 { // the two faults may hit the same one
				t.Errorf("%d files are there", len(files))
			}
		})
	}
}

func TestAWriteIsShort(t *testing.T) {
	l, dir := layer(t), t.TempDir()
	inject(t, l, Fault{Call: "write", Path: "MANIFEST", Nth: 2, Times: 1, Short: 4})
	inject(t, l, Fault{Call: "pwrite64", Path: "MANIFEST", Short: 2})
	got := lines(t, l, "write", dir)
	if got["wrote 10 <nil>"] != 2 || got["wrote 4 <nil>"] != 1 || got["wrote 2 <nil>"] != 1 {
		t.Errorf("it printed %v", got)
	}
	data, err := os.ReadFile(filepath.Join(dir, "MANIFEST"))
	if want := "012345678901230123456789at"; string(data) != want || err != nil { // appended, whatever pwrite64 says
		t.Errorf("the file has %q, want %q; %v", data, want, err)
	}
}

func TestSyncsFailAndTakeLong(t *testing.T) {
	l := layer(t)
	failing := inject(t, l, Fault{Call: "msync", Path: "*.mem", Every: 4, Error: "EIO"})
	inject(t, l, Fault{Call: "fsync", Delay: 350 * time.Millisecond})
	got := lines(t, l, "sync", t.TempDir())
	if got["msync input/output error"] != 3 || got["msync <nil>"] != 7 || got["fsync <nil> true"] != 1 || failing.Seen() != 10 {
		t.Errorf("it printed %v, of %d calls", got, failing.Seen())
	}
}

// A program that is killed while a call waits frees the layer of it.
func TestAKillEndsADelay(t *testing.T) {
	l, dir := layer(t), t.TempDir()
	i := inject(t, l, Fault{Call: "fsync", Delay: time.Hour, Times: 1})
	c := command(l, "sync", dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-i.Over()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var ended *exec.ExitError
	if err := c.Wait(); !errors.As(err, &ended) {
		t.Errorf("it ended with %v", err)
	}
}

func TestFaultsAreCheckedForWithoutAny(t *testing.T) {
	if err := Check(); err != nil {
		t.Fatal(err)
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	for _, f := range []Fault{
		{Call: "open", Error: "EIO"}, {Call: "fsync"}, {Call: "fsync", Error: "ELOST"}, {Call: "fsync", Short: 1},
		{Call: "write", Short: 1, Error: "EIO"}, {Call: "fsync", Error: "EIO", Path: "["}, {Call: "fsync", Error: "EIO", Nth: -1},
	} {
		if err := f.Validate(); err == nil || !strings.HasPrefix(err.Error(), "fault: ") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
