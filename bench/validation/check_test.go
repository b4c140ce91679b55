package validation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func look(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGoodServerPassesEveryCheck(t *testing.T) {
	plain := newStandIn(t).serve(t)
	secure := newStandIn(t).serveTLS(t, certificateFor(t, "localhost", time.Now().Add(90*day)))
	for name, s := range map[string]*standIn{"plain": plain, "TLS": secure} {
		for _, token := range []string{"", goodToken} {
			o := s.options()
			o.Token = token
			r := look(t, o)
			if !r.Passed || r.Err() != nil || len(r.Results) != len(checks) {
				t.Errorf("%s, token %q: %+v", name, token, r)
			}
			for i, result := range r.Results {
				if result.Outcome != Good || result.Check != checks[i].name || result.Do != "" || result.Why != "" {
					t.Errorf("%s, token %q: %+v", name, token, result)
				}
			}
			if r.Health == nil || r.Health.WebSocket.Connections != 12 || r.Health.Latency.P95 != 41.25 {
				t.Errorf("%s: health %+v", name, r.Health)
			}
			if (r.RoundTripMs != nil) != (token != "") || token != "" && *r.RoundTripMs <= 0 {
				t.Errorf("%s, token %q: round trip %v", name, token, r.RoundTripMs)
			}
			for _, check := range []string{checkWebSocket, checkPolling} {
				if found := r.of(check).Found; strings.Contains(found, "ms at the median") == (token == "") {
					t.Errorf("%s, token %q, %s: %s", name, token, check, found)
				}
			}
		}
	}
}

func TestServerUnderAPathIsAskedThere(t *testing.T) {
	s := newStandIn(t)
	outer := newStandIn(t)
	for _, path := range []string{"/", "/health", "/api", "/socket.io/"} {
		outer.replaced["/below"+path] = outer.stripped("/below", s)
	}
	outer.replaced["/assets/app.js"] = s.ServeHTTP
	s.URL = outer.serve(t).URL // its pages are those of the outer's address
	o := outer.options()
	o.URL += "/below/"
	o.Token = goodToken
	if r := look(t, o); !r.Passed {
		t.Errorf("%+v", r.Results)
	}
	if s.asked["websocket"] != 1 || s.asked["polling"] != 1 || len(outer.asked) != 0 {
		t.Errorf("connects below %v, above %v", s.asked, outer.asked)
	}
}

func TestOriginIsThatOfABrowser(t *testing.T) {
	for address, want := range map[string]string{
		"https://dashboard.example":         "https://dashboard.example",
		"https://dashboard.example:443/app": "https://dashboard.example",
		"http://dashboard.example:443":      "http://dashboard.example:443",
		"http://[::1]:80/":                  "http://[::1]",
		"http://localhost:8080":             "http://localhost:8080",
	} {
		v, err := newVisit(Options{URL: address})
		if err != nil {
			t.Fatal(err)
		}
		if got := v.origin(); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestOnlyWhatIsAskedForIsLookedAt(t *testing.T) {
	s := newStandIn(t).serve(t)
	o := s.options()
	o.Only = []string{"tls", "health"}
	r := look(t, o)
	if len(r.Results) != 2 || r.Results[0].Check != "health" || r.Results[1].Check != "tls" || len(s.asked) != 0 {
		t.Errorf("%+v, connects %v", r.Results, s.asked)
	}
}

func TestAnonymousLookIsNoRefusal(t *testing.T) {
	s := newStandIn(t).serve(t)
	o := s.options()
	o.Anonymous = true
	if r := look(t, o); !r.Passed || len(s.asked) != 0 {
		t.Errorf("%+v, connects %v", r.Results, s.asked)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	right := Options{URL: "http://localhost:8080/below", Patience: time.Second, Only: Names()}
	if err := right.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Options){
		"must be like http://localhost:8080": func(o *Options) { o.URL = "localhost:8080" },
		`URL "ftp://host" is not allowed`:    func(o *Options) { o.URL = "ftp://host" },
		`URL "" is not allowed`:              func(o *Options) { o.URL = "" },
		"is not allowed: must be like":       func(o *Options) { o.URL = "http://" + strings.Repeat("a", 3000) },
		"leave out everything but scheme":    func(o *Options) { o.URL = "http://host/?a=b" },
		"http://ann:xxxxx@host":              func(o *Options) { o.URL = "http://ann:secret@host" },
		`no check is called "helth"`:         func(o *Options) { o.Only = []string{"helth"} },
		"patience: 0s is not allowed":        func(o *Options) { o.Patience = 0 },
		"token: it has blanks":               func(o *Options) { o.Token = "TOKEN=a.b.c d" },
	} {
		o := right
		change(&o)
		if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestInterruptedLookIsNoReport(t *testing.T) {
	s := newStandIn(t)
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("somebody pressed Ctrl-C")
	s.replaced["/health"] = hang(func() { stop(why) })
	s.serve(t)
	if r, err := Run(ctx, s.options()); r != nil || !errors.Is(err, why) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestReportIsWrittenForPeopleAndPrograms(t *testing.T) {
	s := newStandIn(t)
	delete(s.header, "X-Frame-Options")
	s.health["status"] = "degraded"
	s.serve(t)
	r := look(t, s.options())
	var table, text bytes.Buffer
	if err := errors.Join(r.WriteTable(&table), r.WriteJSON(&text)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"headers    failed   X-Frame-Options is missing\n",
		"what to do: set them where answers leave last",
		"why it matters: without them a page of others can frame",
		": 5 good, 1 to look at, 1 failed\n",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, &table)
		}
	}
	if err := r.Err(); err == nil || err.Error() != "1 of 7 checks failed: headers" {
		t.Error(err)
	}
	table.Reset()
	gone := &Report{Results: []Result{{Check: "a", Outcome: Failed, Found: "gone", Why: "w", Do: "d"}, {Check: "b", Outcome: Failed, Found: "gone", Why: "v", Do: "d"}, {Check: "c", Outcome: Failed, Found: "else", Why: "u", Do: "d"}}}
	if err := gone.WriteTable(&table); err != nil || strings.Count(table.String(), "what to do") != 2 {
		t.Errorf("what is the same is not told once:\n%s%v", &table, err)
	}
	var back Report
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, &back); diff != "" {
		t.Errorf("what a program reads differs (-want +got):\n%s", diff)
	}
	if back.Passed || slices.ContainsFunc(back.Results, func(one Result) bool { return (one.Outcome == Good) != (one.Do == "" && one.Why == "") }) {
		t.Errorf("%s", &text)
	}
}
