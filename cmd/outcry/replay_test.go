package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/actors/feed"
	"outcry/actors/market"
)

const (
	realRecording = "../../actors/feed/testdata/us-equities-20131008-open.csv.gz"
	replayLimit   = 20 * time.Second
)

// feedServer reads ticks like an engine and keeps them.
type feedServer struct {
	*httptest.Server

	mu    sync.Mutex // guards lines
	lines []string   // heartbeats are ""
}

// newFeedServer serves each request with take, which gets its lines one by one
// and says when to answer before the end.
func newFeedServer(t *testing.T, take func(request, line int) (enough bool)) *feedServer {
	t.Helper()
	s := &feedServer{}
	requests := 0
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		requests++
		request := requests
		s.mu.Unlock()
		lines := bufio.NewScanner(r.Body)
		for n := 1; lines.Scan(); n++ {
			s.mu.Lock()
			s.lines = append(s.lines, lines.Text())
			s.mu.Unlock()
			if take(request, n) {
				w.Header().Set("Connection", "close")
				break
			}
		}
		_, _ = w.Write([]byte(`{"accepted":0,"rejected":0,"errors":[]}`))
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

func readAll(int, int) bool { return false }

// ticks returns what was sent so far, and how many heartbeats were.
func (s *feedServer) ticks(t *testing.T) (ticks []market.Tick, heartbeats int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	parser := feed.NewParser()
	for _, line := range s.lines {
		if line == "" {
			heartbeats++
			continue
		}
		tick, err := parser.ParseTick([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		ticks = append(ticks, tick)
	}
	return ticks, heartbeats
}

// newReplay returns a replay that prints its notes into a buffer.
func newReplay(url string, c ReplayCmd) (*replayer, *bytes.Buffer) {
	var notes bytes.Buffer
	return &replayer{cmd: &c, stream: &tickStream{url: url, token: "t", notify: &notes}, sleep: sleepUntil, now: time.Now}, &notes
}

// within fails the test where f takes longer than anybody would wait.
func within(t *testing.T, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(replayLimit):
		t.Fatalf("%s does not end", what)
		return nil
	}
}

func TestReplayOfTheRealRecordingIsTakenWhole(t *testing.T) {
	e := serve(t, nil)
	answer, _, err := replayInto(t, e.URL(), ReplayCmd{File: realRecording, Speed: 0})
	if err != nil || answer.Accepted != 65_578 || answer.Rejected != 0 {
		t.Fatalf("%+v %v", answer, err)
	}
	if h := health(t, e); h.Feed.Symbols != 4 || h.Feed.Accepted != 65_578 {
		t.Errorf("%+v", h.Feed)
	}
}

func TestReplayStampsThePresentUnlessToldToKeepTheTime(t *testing.T) {
	file := writeRecording(t, "1381239000000,AAA,10.5000,100\n1381239000010,BBB,20,\n")
	for _, keep := range []bool{false, true} {
		s := newFeedServer(t, readAll)
		r, _ := newReplay(s.URL, ReplayCmd{File: file, Speed: 0, KeepTime: keep})
		started := time.Now().Truncate(time.Millisecond)
		if err := r.play(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.stream.finish(); err != nil {
			t.Fatal(err)
		}
		ticks, _ := s.ticks(t)
		if len(ticks) != 2 || ticks[0].Symbol != "AAA" || ticks[0].Price.String() != "10.5000" || !ticks[1].Size.IsZero() {
			t.Fatalf("%+v", ticks)
		}
		if kept := ticks[1].Time.Equal(time.UnixMilli(1381239000010)); kept != keep {
			t.Errorf("keep-time %v: %s", keep, ticks[1].Time)
		}
		if !keep && ticks[0].Time.Before(started) {
			t.Errorf("stamped %s, replayed at %s", ticks[0].Time, started)
		}
	}
}

// clockedReplay lets a replay wait on a clock that jumps to where it waits for.
func clockedReplay(url string, c ReplayCmd) (r *replayer, clock *actortest.Clock) {
	r, _ = newReplay(url, c)
	clock = actortest.NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC))
	r.now = clock.Now
	r.sleep = func(ctx context.Context, until time.Time) error {
		clock.Advance(until.Sub(clock.Now()))
		return ctx.Err()
	}
	return r, clock
}

func TestReplayKeepsRecordedDistancesTimesTheSpeed(t *testing.T) {
	s := newFeedServer(t, readAll)
	file := writeRecording(t, "1381239000000,A,1,1\n1381239004000,B,1,1\n1381239002000,C,1,1\n1381239010000,D,1,1\n")
	r, clock := clockedReplay(s.URL, ReplayCmd{File: file, Speed: 2})
	start := clock.Now()
	if err := r.play(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.stream.finish(); err != nil {
		t.Fatal(err)
	}
	ticks, _ := s.ticks(t)
	for i, want := range []time.Duration{0, 2 * time.Second, 2 * time.Second, 5 * time.Second} {
		if got := ticks[i].Time.Sub(start); got != want {
			t.Errorf("tick %d at %s, want %s", i, got, want)
		}
	}
}

func TestReplaySaysInWhichUnitTheTimesAreAndKeepsTheirPace(t *testing.T) {
	for unit, zeros := range map[string]string{"seconds": "", "milliseconds": "000", "microseconds": "000000", "nanoseconds": "000000000"} {
		s := newFeedServer(t, readAll)
		file := writeRecording(t, "1381239000"+zeros+",A,1,1\n1381239004"+zeros+",B,1,1\n")
		r, clock := clockedReplay(s.URL, ReplayCmd{File: file, Speed: 1})
		var notes bytes.Buffer
		r.stream.notify = &notes
		start := clock.Now()
		if err := r.play(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.stream.finish(); err != nil {
			t.Fatal(err)
		}
		ticks, _ := s.ticks(t)
		if len(ticks) != 2 || ticks[1].Time.Sub(start) != 4*time.Second {
			t.Errorf("%s: %+v", unit, ticks)
		}
		if want := "the times of " + file + " are read as " + unit + "\n"; notes.String() != want {
			t.Errorf("%q, want %q", notes.String(), want)
		}
	}
}

func TestQuietRecordingIsNoDeadFeed(t *testing.T) {
	s := newFeedServer(t, readAll)
	file := writeRecording(t, "1381239000000,A,1,1\n1381239600000,A,2,1\n") // ten minutes
	r, clock := clockedReplay(s.URL, ReplayCmd{File: file, Speed: 1})
	start := clock.Now()
	if err := r.play(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.stream.finish(); err != nil {
		t.Fatal(err)
	}
	ticks, heartbeats := s.ticks(t)
	if len(ticks) != 2 || ticks[1].Time.Sub(start) != 10*time.Minute || heartbeats < 50 || heartbeats > 70 {
		t.Fatalf("%d heartbeats, %+v", heartbeats, ticks)
	}
}

func TestInterruptedReplayEnds(t *testing.T) {
	file := writeRecording(t, strings.Repeat("1381239000000,A,1,1\n", 1000))
	for name, c := range map[string]ReplayCmd{
		"as fast as can be": {File: file, Speed: 0, Loop: true},
		"while it waits":    {File: writeRecording(t, "1381239000000,A,1,1\n1381242600000,A,1,1\n"), Speed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			s := newFeedServer(t, func(int, int) bool { interrupt(); return false })
			r, _ := newReplay(s.URL, c)
			if err := within(t, "an interrupted replay", func() error { return r.play(ctx) }); !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
			if _, err := r.stream.finish(); err != nil {
				t.Errorf("no final answer: %v", err)
			}
		})
	}
}

func TestRecordingWithoutTicksIsAnErrorEvenInALoop(t *testing.T) {
	for _, rows := range []string{"", "not,a,row\n"} {
		r, _ := newReplay("http://127.0.0.1:1", ReplayCmd{File: writeRecording(t, rows), Loop: true})
		err := within(t, "a replay of nothing", func() error { return r.play(t.Context()) })
		if err == nil || !strings.Contains(err.Error(), "no ticks") {
			t.Errorf("%q: %v", rows, err)
		}
	}
}

func TestSpeedThatIsNoneIsRefused(t *testing.T) {
	for _, speed := range []float64{-1, math.NaN(), math.Inf(1)} {
		c := ReplayCmd{To: "http://127.0.0.1:1", Speed: speed}
		if _, err := c.target(); err == nil || !strings.Contains(err.Error(), "--speed") {
			t.Errorf("%v: %v", speed, err)
		}
	}
}

func TestLoopStartsAgain(t *testing.T) {
	file := writeRecording(t, "1381239000000,A,1,1\n1381239000010,B,1,1\n")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	s := newFeedServer(t, func(_, line int) bool {
		if line == 6 {
			interrupt()
		}
		return false
	})
	r, _ := newReplay(s.URL, ReplayCmd{File: file, Speed: 1, Loop: true})
	if err := within(t, "a loop", func() error { return r.play(ctx) }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := r.stream.finish(); err != nil {
		t.Fatal(err)
	}
	ticks, _ := s.ticks(t)
	if len(ticks) < 6 || ticks[2].Symbol != "A" || ticks[3].Symbol != "B" {
		t.Fatalf("%+v", ticks)
	}
}
