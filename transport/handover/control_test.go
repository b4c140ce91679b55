package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	playRole()
	goleak.VerifyTestMain(m)
}

// controlled is a control socket whose requests a function answers.
func controlled(t *testing.T, upgrade func() Outcome) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), SocketName)
	c, err := ListenControl(path, upgrade)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return path
}

func TestWhoAsksHearsTheOutcome(t *testing.T) {
	want := Outcome{Upgraded: true, From: "v1", To: "v2", PID: 7, Gap: 300 * time.Millisecond}
	if got, err := Ask(t.Context(), controlled(t, func() Outcome { return want })); err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	want = Outcome{Reason: strings.Repeat("many problems\n", 100), PID: 7}
	if got, err := Ask(t.Context(), controlled(t, func() Outcome { return want })); err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
}

func TestNobodyElseUpgrades(t *testing.T) {
	path := controlled(t, func() Outcome { t.Error("upgraded"); return Outcome{} })
	for _, said := range []string{"", "upgrad", "restart\n", "GET / HTTP/1.1\r\n\r\n"} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, said); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") || len(answer) > 0 {
			t.Errorf("%q is answered %q, %v", said, answer, err)
		}
		conn.Close()
	}
}

func TestWaitingForTheOutcomeEndsWithItsContextAndWithTheEngine(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	path := controlled(t, func() Outcome {
		close(asked)
		<-release
		return Outcome{}
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	impatient := errors.New("no outcome within 1s")
	go func() {
		<-asked
		cancel(impatient)
	}()
	if _, err := Ask(ctx, path); !errors.Is(err, impatient) {
		t.Errorf("%v", err)
	}
	close(release)

	path = filepath.Join(t.TempDir(), SocketName)
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var engine sync.WaitGroup
	engine.Go(func() { // one that dies
		conn, err := ln.Accept()
		if err == nil {
			conn.Close()
		}
	})
	if _, err := Ask(t.Context(), path); err == nil || !strings.Contains(err.Error(), "its log") && !strings.Contains(err.Error(), "ask the engine") {
		t.Errorf("%v", err)
	}
	engine.Wait()
}

func TestASocketThatACrashLeftIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), SocketName)
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close()
	c, err := ListenControl(path, func() Outcome { return Outcome{PID: 1} })
	if err != nil {
		t.Fatal(err)
	}
	if o, err := Ask(t.Context(), path); err != nil || o.PID != 1 {
		t.Errorf("%+v %v", o, err)
	}
	// The next process makes its own before this one closes.
	next, err := ListenControl(path, func() Outcome { return Outcome{PID: 2} })
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	c.Close()
	if o, err := Ask(t.Context(), path); err != nil || o.PID != 2 {
		t.Errorf("%+v %v", o, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// What cannot be had is said with what to do about it.
func TestWhyThereIsNoControlSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no engine is upgraded there")
	}
	dir := t.TempDir()
	refused := func(what, path, want string) {
		t.Helper()
		if c, err := ListenControl(path, nil); err == nil {
			c.Close()
			t.Errorf("%s: there is a socket", what)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	refused("a long path", filepath.Join(dir, strings.Repeat("long", 30), SocketName), "too long for a socket: use a data directory with a shorter one")
	refused("a name that no file can have", filepath.Join(dir, strings.Repeat("long", 70)), "too long for a socket: use a data directory with a shorter one")

	occupied := filepath.Join(dir, SocketName)
	if err := os.MkdirAll(filepath.Join(occupied, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	refused("something else there", occupied, "move away what is there")

	taken := filepath.Join(dir, "taken.sock")
	ln, err := listenAt(taken)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := listenAt(taken); err == nil || !strings.Contains(err.Error(), "let only one engine serve from "+dir) {
		t.Errorf("made by another process at this moment: %v", err)
	}

	if os.Getuid() != 0 { // who may write everywhere
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(dir, 0o700)
		refused("without permission", filepath.Join(dir, "other.sock"), fmt.Sprintf("let user %d write to %s", os.Getuid(), dir))
	}
	for cause, want := range map[error]string{
		syscall.EACCES: fmt.Sprintf("let user %d write to /data", os.Getuid()),
		syscall.EROFS:  "mount the disk of /data writable",
		syscall.ENOSPC: "make room on the disk of /data",
		syscall.EIO:    "see what is wrong with /data",
	} {
		err := controlError("/data/"+SocketName, &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", cause)})
		if !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "shorter") {
			t.Errorf("%v: %v, want %q", cause, err, want)
		}
	}
}
