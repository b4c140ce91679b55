package driver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"outcry/bench/freshness"
	"outcry/bench/symbols"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testNames = symbols.New("BTEST", 4)

// timed notes when each line was written.
type timed struct {
	clock *freshness.Clock
	lines []string
	at    []int64
	stall func(written int) time.Duration
}

func (w *timed) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		w.lines, w.at = append(w.lines, line), append(w.at, w.clock.Now())
	}
	if w.stall != nil {
		time.Sleep(w.stall(len(w.lines)))
	}
	return len(p), nil
}

func TestTicksAreSpreadEvenlyOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := freshness.NewClock()
		out, tape, late := &timed{clock: clock}, freshness.NewTape(4, 0, 10, 10), freshness.NewHistogram()
		start := clock.Now()
		pace := NewPace(start, 4, 10) // 40 ticks/s in all: one every 25 ms
		for _, end := range []int{tape.WarmTicks(), tape.Ticks()} {
			if err := New(out, testNames, clock).Feed(t.Context(), tape, end, pace, late); err != nil {
				t.Fatal(err)
			}
		}
		if len(out.lines) != 80 {
			t.Fatalf("%d lines, want 80", len(out.lines))
		}
		for k, at := range out.at {
			if ahead := pace.Due(k) - at; ahead > 0 || ahead < -int64(batchEvery) {
				t.Errorf("tick %d was written at %v, due at %v", k, time.Duration(at-start), time.Duration(pace.Due(k)-start))
			}
		}
		if got := late.Percentiles(); got.Count != 80 || got.Max > 2*batchEvery {
			t.Errorf("late by %+v, want less than a batch", got)
		}
	})
}

func TestLinesCarryTheSequenceInCents(t *testing.T) {
	for seq, want := range map[freshness.Sequence]string{
		1: "0.01", 10: "0.10", 99: "0.99", 100: "1.00", 12345: "123.45",
	} {
		line := appendTick(nil, []byte(`{"symbol":"BTEST.0001","price":`), seq)
		var got struct {
			Symbol string
			Price  json.Number
			Size   int
		}
		if err := json.Unmarshal(line, &got); err != nil || got.Price.String() != want || got.Size != 1 || line[len(line)-1] != '\n' {
			t.Errorf("sequence %d became %q, %v, want price %s", seq, line, err, want)
		}
	}
}

func TestLateDriverCatchesUpAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := freshness.NewClock()
		stalled := false
		out := &timed{clock: clock, stall: func(written int) time.Duration {
			if written < 100 || stalled {
				return 0
			}
			stalled = true
			return 100 * time.Millisecond
		}}
		tape, late := freshness.NewTape(4, 0, 0, 1000), freshness.NewHistogram()
		pace := NewPace(clock.Now(), 4, 1000) // one every 250 µs: four a batch
		if err := New(out, testNames, clock).Feed(t.Context(), tape, tape.Ticks(), pace, late); err != nil {
			t.Fatal(err)
		}
		if got := out.at[len(out.at)-1] - pace.Due(tape.Ticks()-1); got > int64(2*batchEvery) {
			t.Errorf("the last tick is %v late, want the driver to have caught up", time.Duration(got))
		}
		if got := late.Percentiles(); got.Max < 99*time.Millisecond || got.P50 > 2*batchEvery {
			t.Errorf("late by %+v, want a maximum of 100ms and a small median", got)
		}
	})
}

func TestTicksAreMarkedBeforeTheyAreWritten(t *testing.T) {
	clock, tape := freshness.NewClock(), freshness.NewTape(4, 0, 0, 25)
	checked := 0
	out := writerFunc(func(p []byte) (int, error) {
		checked += bytes.Count(p, []byte("\n"))
		if tape.Fed() != checked {
			t.Errorf("%d ticks are marked when %d are written", tape.Fed(), checked)
		}
		return len(p), nil
	})
	if err := New(out, testNames, clock).Feed(t.Context(), tape, tape.Ticks(), NewPace(1, 4, 1e6), freshness.NewHistogram()); err != nil {
		t.Fatal(err)
	}
	if checked != 100 {
		t.Errorf("%d ticks were written, want 100", checked)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestFeedEndsWithItsContext(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	clock, tape := freshness.NewClock(), freshness.NewTape(4, 0, 0, 100)
	out := writerFunc(func(p []byte) (int, error) {
		cancel(cause)
		return len(p), nil
	})
	err := New(out, testNames, clock).Feed(ctx, tape, tape.Ticks(), NewPace(clock.Now(), 4, 1), freshness.NewHistogram())
	if !errors.Is(err, cause) {
		t.Errorf("Feed returned %v, want %v", err, cause)
	}
}

func TestStreamIsOneRequestAndBringsTheAnswer(t *testing.T) {
	lines := make(chan string, 16)
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer a.b.c" || r.Header.Get("Content-Type") != "application/x-ndjson" || len(r.TransferEncoding) == 0 {
			t.Errorf("got a %s with %v, %v", r.Method, r.Header, r.TransferEncoding)
		}
		for body := bufio.NewScanner(r.Body); body.Scan(); {
			lines <- body.Text()
		}
		io.WriteString(w, `{"accepted":2,"rejected":1,"errors":[{"line":3,"message":"bad"}]}`)
	})
	stream := open(t, server)
	for _, line := range []string{"one", "two", "three"} {
		if _, err := io.WriteString(stream, line+"\n"); err != nil {
			t.Fatal(err)
		}
		// It must go out at once, not when more comes.
		if got := <-lines; got != line {
			t.Errorf("the server got %q, want %q", got, line)
		}
	}
	answer, err := stream.Close(20 * time.Second)
	if err != nil || answer.Accepted != 2 || answer.Rejected != 1 || len(answer.Errors) != 1 || answer.Errors[0].Line != 3 {
		t.Errorf("answer %+v, %v", answer, err)
	}
}

func TestRefusedFeedShowsAtTheNextWrite(t *testing.T) {
	server := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no role feed", http.StatusForbidden)
	})
	stream := open(t, server)
	var err error
	for deadline := time.Now().Add(20 * time.Second); err == nil && time.Now().Before(deadline); {
		_, err = io.WriteString(stream, "line\n")
	}
	if err == nil || !strings.Contains(err.Error(), "403 Forbidden: no role feed") {
		t.Errorf("write: %v, want the refusal", err)
	}
	if _, err := stream.Close(20 * time.Second); err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("close: %v, want the refusal", err)
	}
}

func TestStalledFeedCanBeAborted(t *testing.T) {
	release := make(chan struct{})
	server := newServer(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	stream := open(t, server)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, errors.New("too slow"))
	defer cancel()
	defer context.AfterFunc(ctx, func() { stream.Abort(context.Cause(ctx)) })()
	clock, tape := freshness.NewClock(), freshness.NewTape(4, 0, 0, 1_000_000)
	err := New(stream, testNames, clock).Feed(ctx, tape, tape.Ticks(), NewPace(1, 4, 1e9), freshness.NewHistogram())
	if err == nil || !strings.Contains(err.Error(), "too slow") {
		t.Errorf("Feed returned %v, want the cause of the abort", err)
	}
	if _, err := stream.Close(20 * time.Second); err == nil {
		t.Error("an aborted feed has an answer")
	}
}

func TestMissingAnswerIsAnError(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"garbage": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			io.WriteString(w, "thanks")
		},
		"none in time": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			stream := open(t, newServer(t, handler))
			if answer, err := stream.Close(300 * time.Millisecond); err == nil {
				t.Errorf("answer %+v, want an error", answer)
			}
		})
	}
}

func newServer(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func open(t *testing.T, server *httptest.Server) *Stream {
	t.Helper()
	stream, err := Open(t.Context(), server.URL+"/api/ticks", "a.b.c")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close(0) })
	return stream
}
