//go:build unix

package bench

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"outcry/bench/benchtest"
)

// dyingFlag makes that server die in the middle of a step.
const dyingFlag = "--die"

// TestMain also plays the server that a run starts from its own executable.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		serve()
		return
	}
	goleak.VerifyTestMain(m)
}

func serve() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	server := benchtest.New(os.Getenv("JWT_SECRET"), benchtest.Behaviour{Folder: os.Args[slices.Index(os.Args, "--data")+1], Reject: func(seq int) bool {
		if seq == 5 && slices.Contains(os.Args, dyingFlag) {
			os.Exit(9)
		}
		return false
	}})
	log := zerolog.New(os.Stderr)
	log.Info().Strs("arguments", os.Args[1:]).Str("url", server.URL).Msg("serving")
	<-stop
	server.Close()
}

func TestOwnServerIsStartedMeasuredAndStopped(t *testing.T) {
	s := small()
	s.TokenSecret, s.ServeArgs = "", []string{"--dashboards=many"}
	report, err := Run(t.Context(), s, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Passed || !report.Server.Own || report.Server.PID == 0 || report.Server.PID == os.Getpid() {
		t.Errorf("failures %q, server %+v", report.Failures, report.Server)
	}
	if report.Steps[0].ServerRSS == 0 || report.Idle == nil {
		t.Errorf("step %+v, idle %+v", report.Steps[0], report.Idle)
	}
	if err := syscall.Kill(report.Server.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the server is still there: %v", err)
	}
}

func TestOwnServerThatDiesFailsTheRun(t *testing.T) {
	s := small()
	s.TokenSecret, s.Duration, s.ServeArgs = "", time.Hour, []string{dyingFlag}
	report, err := Run(t.Context(), s, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "the server ended by itself: exit status 9") {
		t.Errorf("Run returned %v, want the end of the server", err)
	}
	if report == nil || report.Passed || len(report.Steps) != 0 {
		t.Errorf("report: %+v, want one that says what failed", report)
	}
}
