package validation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seenAs is a report of a server that does as it should, changed.
func seenAs(change func(r *Report)) *Report {
	r := &Report{URL: "http://stand.in", Passed: true, Health: &Health{Status: "healthy", ErrorRate: 0.001, WebSocket: &WebSocketHealth{Connections: 7}, Latency: LatencyHealth{P95: 40}}}
	for _, name := range Names() {
		r.Results = append(r.Results, Result{Check: name, Outcome: Good, Found: "as it should be"})
	}
	if change != nil {
		change(r)
	}
	return r
}

// fails makes checks of a report fail.
func fails(names ...string) func(*Report) {
	return func(r *Report) {
		for _, name := range names {
			result := r.of(name)
			result.Outcome, result.Found = Failed, "broken"
			if name == checkHealth {
				r.Health = nil
			}
		}
	}
}

func TestLooksAreJudgedByTheThresholds(t *testing.T) {
	rates := func(errors, p95 float64) func(*Report) {
		return func(r *Report) { r.Health.ErrorRate, r.Health.Latency.P95 = errors, p95 }
	}
	for name, test := range map[string]struct {
		change  func(*Report)
		state   State
		reasons []string
	}{
		"all well":                 {nil, Normal, []string{}},
		"just under":               {rates(0.0099, 199.9), Normal, []string{}},
		"1 % of errors":            {rates(0.01, 0), Warned, []string{"1.0 % of requests failed, not under 1 %"}},
		"5 % of errors":            {rates(0.05, 0), Warned, []string{"5.0 % of requests failed, not under 1 %"}},
		"over 5 %":                 {rates(0.051, 0), Critical, []string{"5.1 % of requests failed, over 5 %"}},
		"over 5 %, by its alert":   {func(r *Report) { r.Health.Alert = "critical"; r.Health.ErrorRate = 0.06 }, Critical, []string{"6.0 % of requests failed, over 5 %"}},
		"one of ten, in a night":   {func(r *Report) { r.Health.Alert = "normal"; r.Health.ErrorRate = 0.1 }, Warned, []string{"10.0 % of requests failed, too few for the server's own alert"}},
		"200 ms":                   {rates(0, 200), Warned, []string{"freshness is 200 ms at P95, not under 200 ms"}},
		"over 500 ms":              {rates(0, 501), Warned, []string{"freshness is 501 ms at P95, over 500 ms"}},
		"slow and failing":         {rates(0.2, 900), Critical, []string{"20.0 % of requests failed, over 5 %", "freshness is 900 ms at P95, over 500 ms"}},
		"health fails":             {fails("health"), Critical, []string{"health: broken"}},
		"no WebSocket":             {fails("websocket"), Warned, []string{"websocket: broken"}},
		"no polling":               {fails("polling"), Warned, []string{"polling: broken"}},
		"no connection at all":     {fails("websocket", "polling"), Critical, []string{"nobody can connect: broken"}},
		"gone, which is told once": {func(r *Report) { fails(Names()...)(r) }, Critical, []string{"health: broken", "nobody can connect: broken"}},
		"no headers, no dashboard": {fails("headers", "dashboard"), Warned, []string{"dashboard: broken", "headers: broken"}},
		"an old certificate":       {func(r *Report) { r.of("tls").Outcome = Warning }, Warned, []string{"tls: as it should be"}},
		"a server that worries":    {func(r *Report) { r.of("health").Outcome = Warning }, Warned, []string{"health: as it should be"}},
		"a token that ended": {func(r *Report) {
			fails("websocket", "polling")(r)
			r.of("websocket").Refused, r.of("polling").Refused = true, true
		}, Warned, []string{"websocket: broken", "polling: broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(Assessment{test.state, test.reasons}, assess(seenAs(test.change))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// script is what a watch sees, look by look, and then well.
type script struct {
	changes []func(*Report)
	looks   int
}

func (s *script) look(context.Context) (*Report, error) {
	s.looks++
	if s.looks <= len(s.changes) {
		return seenAs(s.changes[s.looks-1]), nil
	}
	return seenAs(nil), nil
}

func aDay() WatchOptions {
	return WatchOptions{Options: Options{URL: "http://stand.in", Patience: 10 * time.Second}, For: 24 * time.Hour, Every: 30 * time.Second}
}

func TestWatchOfAGoodDayEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		began := time.Now()
		s, err := watch(t.Context(), aDay(), &out, (&script{changes: []func(*Report){fails("health"), fails("tls")}}).look)
		if err != nil || s.Err() != nil || s.Interrupted || time.Since(began) != 24*time.Hour {
			t.Fatalf("%+v, %v after %v", s, err, time.Since(began))
		}
		if n := s.Looks[Normal]; n < 2878 || n > 2879 || s.Looks[Warned] != 1 || s.Looks[Critical] != 1 { // the look at its end may be one
			t.Errorf("looks %v", s.Looks)
		}
		if err := s.Write(&out, false); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		for i, want := range []string{
			"2000-01-01T00:00:00Z  critical  health: broken",
			"2000-01-01T00:00:30Z  warning   errors 0.1 %  P95 40.0 ms  7 connections  tls: broken",
			"2000-01-01T00:01:00Z  normal    errors 0.1 %  P95 40.0 ms  7 connections",
		} {
			if lines[i] != want {
				t.Errorf("line %d is %q, want %q", i, lines[i], want)
			}
		}
		for _, want := range []string{"watched for 24h0m0s: 287", "1 warning, 1 critical", "at most 0.1 % errors and 40.0 ms", "keep it: the rule for a rollback did not hold"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in the summary", want)
			}
		}
	})
}

func TestWatchEndsWhenTheDeploymentIsToBeRolledBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		began := time.Now()
		well := make([]func(*Report), 10)
		bad := []func(*Report){fails("health"), fails("health"), fails("health"), fails("health"), fails("health"), fails("health")}
		s, err := watch(t.Context(), aDay(), &out, (&script{changes: append(well, bad...)}).look)
		if err != nil || time.Since(began) != 7*time.Minute { // from 5:00 to 7:00
			t.Fatalf("%+v, %v after %v", s, err, time.Since(began))
		}
		if err := s.Err(); !errors.Is(err, ErrRollback) || err.Error() != "roll back: critical at each of the last 5 looks, for 2m0s" {
			t.Error(err)
		}
		if err := s.Write(&out, false); err != nil || !strings.HasSuffix(out.String(), "\nroll back: critical at each of the last 5 looks, for 2m0s\n") {
			t.Errorf("%s%v", &out, err)
		}
	})
}

func TestInterruptedWatchIsSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 75*time.Second)
		defer stop()
		var out bytes.Buffer
		o := aDay()
		o.JSON = true
		trip := 1.5
		s, err := watch(ctx, o, &out, (&script{changes: []func(*Report){nil, func(r *Report) { r.RoundTripMs = &trip }, fails("health")}}).look)
		if err != nil || !s.Interrupted || s.Err() != nil || s.Ended.Sub(s.Began) != 75*time.Second {
			t.Fatalf("%+v, %v", s, err)
		}
		if err := s.Write(&out, true); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 4 || lines[1] != `{"time":"2000-01-01T00:00:30Z","state":"normal","reasons":[],"errorRate":0.001,"p95Ms":40,"connections":7,"roundTripMs":1.5}` {
			t.Fatalf("%s", &out)
		}
		var last struct{ Summary Summary }
		if err := json.Unmarshal([]byte(lines[3]), &last); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*s, last.Summary); diff != "" {
			t.Errorf("a program reads (-want +got):\n%s", diff)
		}
		if got := s.verdict(); !strings.HasPrefix(got, "not decided: the last look was critical") {
			t.Error(got)
		}
	})
}

func TestWatchThatEndsCriticalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := aDay()
		o.For = time.Minute
		s, err := watch(t.Context(), o, io.Discard, (&script{changes: []func(*Report){nil, fails("health"), fails("health")}}).look)
		if err != nil || s.Interrupted || s.Rollback != "" || s.Looks[Critical] == 0 {
			t.Fatalf("%+v, %v", s, err)
		}
		if err := s.Err(); err == nil || errors.Is(err, ErrRollback) || !strings.HasPrefix(err.Error(), "not decided") {
			t.Error(err)
		}
	})
}

func TestInterruptedLookDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s, err := watch(ctx, aDay(), io.Discard, func(ctx context.Context) (*Report, error) {
			stop()
			return nil, ctx.Err()
		})
		if err != nil || !s.Interrupted || s.Last != nil || s.verdict() != "nothing was seen" {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestWatchSaysWhenItCannotWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed, _ := io.Pipe()
		closed.Close()
		_, w := io.Pipe()
		w.Close()
		if s, err := watch(t.Context(), aDay(), w, (&script{}).look); s == nil || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// A watch without a token must not fill the server's count of refusals.
func TestWatchOfARealServerIsAnonymous(t *testing.T) {
	s := newStandIn(t).serve(t)
	o := WatchOptions{Options: s.options(), For: time.Second, Every: time.Second}
	var out bytes.Buffer
	summary, err := Watch(t.Context(), o, &out)
	if err != nil || summary.Looks[Normal] == 0 || summary.Looks[Normal] != strings.Count(out.String(), "normal") || len(s.asked) != 0 {
		t.Errorf("%+v, %v, connects %v\n%s", summary, err, s.asked, &out)
	}
}

func TestWatchOptionsAreChecked(t *testing.T) {
	for want, change := range map[string]func(*WatchOptions){
		"every: 10ms is not allowed: must be 1s or more": func(o *WatchOptions) { o.Every = 10 * time.Millisecond },
		"for: 1s is not allowed":                         func(o *WatchOptions) { o.For = time.Second },
		"a watch makes all checks":                       func(o *WatchOptions) { o.Only = []string{"health"} },
		"is not allowed: must be like":                   func(o *WatchOptions) { o.URL = "nonsense" },
	} {
		o := aDay()
		change(&o)
		if s, err := Watch(t.Context(), o, io.Discard); s != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
