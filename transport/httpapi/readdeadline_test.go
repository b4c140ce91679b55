package httpapi

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/feed"
	"outcry/actors/market"
	"outcry/transport/auth"
)

// deadlineRecorder is an answer whose connection keeps the deadline it was given last.
type deadlineRecorder struct {
	*httptest.ResponseRecorder

	mu       sync.Mutex // guards the next block
	deadline time.Time
}

func (r *deadlineRecorder) EnableFullDuplex() error { return nil }

func (r *deadlineRecorder) SetReadDeadline(deadline time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deadline = deadline
	return nil
}

func (r *deadlineRecorder) last() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deadline
}

// stoppingSink stops the engine with the first tick, and fails.
type stoppingSink struct{ stop context.CancelFunc }

func (s stoppingSink) Publish(context.Context, *feed.Source, market.Tick) error {
	s.stop()
	return errors.New("the engine is gone")
}

// TestEngineThatStopsLeavesTimeToReadTheAnswer repeats an instant that is hard
// to hit: the engine stops while a feed is being answered for another cause.
func TestEngineThatStopsLeavesTimeToReadTheAnswer(t *testing.T) {
	verifier, err := auth.NewVerifier(auth.Options{Secrets: []string{secret}, SessionLifetime: time.Hour, CookieName: "session"}, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + token(t, auth.Feed)
	start := time.Now()
	var answers []*deadlineRecorder
	for range 500 {
		stopping, stop := context.WithCancel(t.Context())
		ticks := NewTicks(NewLiveOptions(DefaultOptions()), TicksDeps{
			Sink: stoppingSink{stop}, Registry: feed.NewRegistry(time.Now), Verifier: verifier,
			Stopping: stopping, Log: zerolog.Nop(), Now: time.Now,
		})
		request := httptest.NewRequest("POST", "/api/ticks", strings.NewReader(good))
		request.Header.Set("Authorization", bearer)
		answer := &deadlineRecorder{ResponseRecorder: httptest.NewRecorder()}
		ticks.ServeHTTP(answer, request)
		answers = append(answers, answer)
	}
	for _, answer := range answers { // one that was cut when ServeHTTP had returned shows too
		if last := answer.last(); last.Before(start) {
			t.Fatalf("the connection is read until %s, behind an answer after %s", last, start)
		}
	}
}
