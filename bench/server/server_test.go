package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// roleVariable makes the test's own executable play a server.
const roleVariable = "BENCH_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		play(role)
		return
	}
	goleak.VerifyTestMain(m)
}

// play is a server that behaves as its role says.
func play(role string) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	fmt.Fprintln(os.Stderr, `not JSON`)
	fmt.Fprintln(os.Stderr, `{"level":"info","message":"starting"}`)
	if role == "broken" {
		fmt.Fprintln(os.Stderr, `{"level":"fatal","message":"listen_address: nonsense is not allowed"}`)
		os.Exit(3)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, `{"level":"info","url":"http://%s","message":"serving"}`+"\n", listener.Addr())
	switch role {
	case "dying":
		fmt.Fprintln(os.Stderr, `panic: out of luck`)
		os.Exit(2)
	case "messy":
		<-stop
		os.Exit(1)
	}
	<-stop
}

func start(t *testing.T, role string) (*Child, error) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Start(t.Context(), Command{Path: executable, Env: []string{roleVariable + "=" + role}})
}

func TestChildServesIsObservedAndStops(t *testing.T) {
	child, err := start(t, "good")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(child.URL(), "http://127.0.0.1:") {
		t.Errorf("URL is %q", child.URL())
	}
	sample, err := child.Process().Sample()
	if err != nil || sample.RSS < 1<<20 || sample.RSS > 1<<30 || sample.CPU < 0 {
		t.Errorf("sample %+v, %v", sample, err)
	}
	if err := child.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if _, err := child.Process().Sample(); err == nil {
		t.Error("a process that has ended is still observed")
	}
}

func TestChildThatDoesNotStartIsExplained(t *testing.T) {
	_, err := start(t, "broken")
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "nonsense is not allowed") {
		t.Errorf("start: %v, want the status and the log", err)
	}
	if _, err := Start(t.Context(), Command{Path: "/nonexistent/outcry"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("start of nothing: %v", err)
	}
}

func TestChildThatDiesIsNoticed(t *testing.T) {
	child, err := start(t, "dying")
	if err != nil {
		t.Fatal(err)
	}
	<-child.Ended()
	if err := child.Stop(); err == nil || !strings.Contains(err.Error(), "exit status 2") || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("stop: %v, want the status and the log", err)
	}
}

func TestChildThatEndsBadlyIsAnError(t *testing.T) {
	child, err := start(t, "messy")
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Stop(); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("stop: %v, want the status", err)
	}
}

func TestCancelledStartLeavesNoChildBehind(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Nanosecond, errors.New("changed my mind"))
	defer cancel()
	// Whether it served before the context ended is a matter of luck; goleak sees
	// to it that it is gone.
	child, err := Start(ctx, Command{Path: executable, Env: []string{roleVariable + "=good"}})
	if err == nil {
		err = child.Stop()
		if err != nil {
			t.Error(err)
		}
		return
	}
	if !strings.Contains(err.Error(), "changed my mind") {
		t.Errorf("start: %v, want the cause", err)
	}
}

func TestListenerIsFoundByItsPort(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("no listener on %s here: %v", address, err)
			continue
		}
		port := uint16(listener.Addr().(*net.TCPAddr).Port)
		process, err := FindListener(port)
		if err != nil || process.PID != os.Getpid() {
			t.Errorf("listener on %s is process %d, %v, want %d", address, process.PID, err, os.Getpid())
		}
		listener.Close()
		if process, err := FindListener(port); err == nil {
			t.Errorf("a closed port belongs to process %d", process.PID)
		}
	}
}

func TestProcFilesAreRead(t *testing.T) {
	stat := "12 (a (b) c) S 1 12 12 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 5 0 100 0 0"
	if cpu, err := parseStat([]byte(stat)); err != nil || cpu != 3*time.Second {
		t.Errorf("parseStat = %v, %v, want 3s", cpu, err)
	}
	if rss, err := parseStatus([]byte("Name:\tx\nVmHWM:\t  99 kB\nVmRSS:\t  12 kB\nThreads:\t1\n")); err != nil || rss != 12<<10 {
		t.Errorf("parseStatus = %d, %v, want 12 KiB", rss, err)
	}
	if busy, err := parseMachineStat("cpu  100 20 3 9999 888 40 50 600 7 7\ncpu0 1 1 1\n"); err != nil || busy != 8130*time.Millisecond {
		t.Errorf("parseMachineStat = %v, %v, want 8.13s", busy, err)
	}
	table := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 x\n" +
		"   1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 x\n" +
		"   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 x\n"
	if got := listenerInodes(table, 8080); len(got) != 1 || got[0] != "4711" {
		t.Errorf("listenerInodes = %v, want 4711", got)
	}
}

func FuzzProcFiles(f *testing.F) {
	f.Add([]byte("12 (x) S 1 12 12 0 -1 4194560 100 0 0 0 250 50 0"))
	f.Add([]byte("VmRSS:\t 12 kB\n"))
	f.Add([]byte("cpu  100 20 3 9999 888 40 50 600 7 7"))
	f.Add([]byte(")"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = parseStat(data)
		_, _ = parseStatus(data)
		_, _ = parseMachineStat(string(data))
		_ = servingURL(data)
		_ = listenerInodes(string(data), 80)
	})
}

func TestKilledChildIsGoneAndThatIsNoError(t *testing.T) {
	child, err := start(t, "good")
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	if err := child.Kill(); err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("kill again: %v", err)
	}
}
