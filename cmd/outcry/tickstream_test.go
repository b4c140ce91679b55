package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestReplayWithoutAnEngineSaysSo(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + ln.Addr().String()
	_ = ln.Close()
	r, _ := newReplay(nobody, ReplayCmd{File: writeRecording(t, "1381239000000,A,1,1\n"), Speed: 1, Loop: true})
	err = within(t, "a replay to nobody", func() error {
		playErr := r.play(t.Context())
		_, err := r.stream.finish()
		return errors.Join(playErr, err)
	})
	if err == nil || !strings.Contains(err.Error(), nobody) || !strings.Contains(err.Error(), "refused") {
		t.Fatal(err)
	}
}

func TestReplayGoesOnWhereTheEngineWentAway(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	const n = 400
	for i := range n {
		fmt.Fprintf(&rows, "%d,S%d,1,1\n", 1381239000000+5*i, i)
	}
	// The first request ends early, as with an engine that restarts, and the
	// engine is away for a while.
	away := make(chan struct{})
	s := newFeedServer(t, func(request, line int) bool {
		if request == 1 && line == 20 {
			close(away)
			return true
		}
		return false
	})
	inner := s.Config.Handler
	back := time.Time{}
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-away:
			s.mu.Lock()
			if back.IsZero() {
				back = time.Now().Add(700 * time.Millisecond)
			}
			down := time.Now().Before(back)
			s.mu.Unlock()
			if down {
				http.Error(w, "away", http.StatusBadGateway)
				return
			}
		default:
		}
		inner.ServeHTTP(w, r)
	})
	r, notes := newReplay(s.URL, ReplayCmd{File: writeRecording(t, rows.String()), Speed: 1})
	start := time.Now()
	if err := within(t, "the replay", func() error { return r.play(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	if _, err := r.stream.finish(); err != nil {
		t.Fatal(err)
	}
	ticks, _ := s.ticks(t)
	if lost := n - len(ticks); lost < 0 || lost > 20 {
		t.Errorf("%d of %d ticks were lost: the replay did not wait for the engine", lost, n)
	}
	if last := ticks[len(ticks)-1].Symbol; last != fmt.Sprintf("S%d", n-1) {
		t.Errorf("the last tick is of %s", last)
	}
	if took := time.Since(start); took < 2500*time.Millisecond {
		t.Errorf("2 s of recording and 0.7 s without an engine took %s", took)
	}
	if text := notes.String(); !strings.Contains(text, "trying again") || strings.Contains(text, "<nil>") {
		t.Errorf("notes %q", text)
	}
}

func TestInterruptedReplayEndsWhileItIsHeldBack(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = r.Body.Read(make([]byte, 1)) // and nothing more
		<-release
	}))
	defer server.Close()
	defer close(release)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	file := writeRecording(t, strings.Repeat("1381239000000,A,1,1\n", 1000))
	r, _ := newReplay(server.URL, ReplayCmd{File: file, Speed: 0, Loop: true})
	time.AfterFunc(500*time.Millisecond, interrupt)
	_ = within(t, "an interrupted replay", func() error {
		err := r.play(ctx)
		_, _ = r.stream.finish()
		return err
	})
}
