package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestBadUsageIsExplained(t *testing.T) {
	addr := start(t)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--addr", "nonsense"}, 1, `cannot listen on "nonsense"`},
		{[]string{"--addr", "127.0.0.1:99999"}, 1, "invalid port"},
		{[]string{"--addr", addr}, 1, "with a port that is free"},
		{[]string{"here"}, 2, "there are only --addr and --mode"},
		{[]string{"--port", "1"}, 2, "not defined"},
		{[]string{"--mode", "fast"}, 2, `mode: "fast" is not allowed: must be`},
		{[]string{"-h"}, 0, "host:port"},
	} {
		var out, problems strings.Builder
		if code := run(context.Background(), test.args, &out, &problems); code != test.code || !strings.Contains(problems.String(), test.want) {
			t.Errorf("%q: exit code %d, it said %q, want %d and %q", test.args, code, problems.String(), test.code, test.want)
		}
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	e := endpoint{t: t, addr: start(t), uri: "/other"}
	e.expect("GET", "", "", 404, "not found: there are /engine.io/ and /socket.io/\n")
	e.expectRefused("")
}

func TestSignalsStopTheServerCleanly(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			server := exec.Command(os.Args[0], "--addr", "127.0.0.1:0")
			server.Env = append(os.Environ(), "CONFORMANCE_SERVER=1")
			out, err := server.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			e := endpoint{t: t, addr: address(t, out), uri: enginePath}
			s := e.open()
			e.poll()
			if err := server.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			s.expectClose()
			if err := server.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
