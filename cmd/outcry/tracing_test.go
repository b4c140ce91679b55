package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"outcry/actors/actortest"
	"outcry/transport/auth"
)

// collector stands in for an OpenTelemetry collector.
type collector struct {
	*httptest.Server

	mu    sync.Mutex // guards spans
	spans []*trace.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collect.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, &request) != nil {
			t.Errorf("%s: not an export: %v", r.URL, err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				c.spans = append(c.spans, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// paths are the spans of a trace, each with those it is a part of, in order. The
// trace is that of the first span of a name.
func (c *collector) paths(root string) (paths []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	byID := map[string]*trace.Span{}
	for _, s := range c.spans {
		byID[string(s.GetSpanId())] = s
	}
	of := slices.IndexFunc(c.spans, func(s *trace.Span) bool { return s.GetName() == root })
	if of < 0 {
		return nil
	}
	for _, s := range c.spans {
		if string(s.GetTraceId()) != string(c.spans[of].GetTraceId()) {
			continue
		}
		path := s.GetName()
		if s.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR {
			path += " (" + s.GetStatus().GetMessage() + ")"
		}
		for up := byID[string(s.GetParentSpanId())]; up != nil; up = byID[string(up.GetParentSpanId())] {
			path = up.GetName() + " > " + path
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

func serveFollowed(t *testing.T, ratio float64) (e *Engine, stop func(), c *collector) {
	t.Helper()
	c = newCollector(t)
	loaded := load(t, t.TempDir(), "")
	loaded.Settings.Trace.Endpoint, loaded.Settings.Trace.SampleRatio = c.URL, ratio
	loaded.Settings.Server.DrainTime = 0
	e, stop = serveUntil(t, loaded, zerolog.Nop())
	return e, stop, c
}

// recordFollowed posts a trade of ann that its executor follows.
func recordFollowed(t *testing.T, e *Engine, id, traceparent string) {
	t.Helper()
	body := fmt.Sprintf(`{"id":%q,"userId":"ann","symbol":"AAPL","side":"buy","quantity":1,"price":100,"status":"executed"}`, id)
	got := talk(t, e, fmt.Sprintf("POST /api/trades HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nContent-Type: application/json\r\n"+
		"Authorization: Bearer %s\r\ntraceparent: %s\r\nContent-Length: %d\r\n\r\n%s", tokenOf(t, "desk", auth.Executor), traceparent, len(body), body))[0]
	if got.StatusCode != http.StatusOK {
		t.Fatal(got.StatusCode, got.body)
	}
}

func TestTradeIsFollowedFromItsExecutorToEachBrowser(t *testing.T) {
	e, stop, c := serveFollowed(t, 0) // nothing but what executors follow
	ann, again := enter(t, e, "ann", "AAPL"), enter(t, e, "ann", "AAPL")
	recordFollowed(t, e, "t1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	recordFollowed(t, e, "t2", "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00") // which is not
	for _, b := range []*rawBrowser{ann, again} {
		b.await(`42["trade:executed",{"id":"t2"`)
	}
	stop()
	want := []string{
		"POST /api/trades", "POST /api/trades > portfolio.record_trade", "POST /api/trades > portfolio.record_trade > journal.append",
		"POST /api/trades > portfolio.record_trade > session.notice", "POST /api/trades > portfolio.record_trade > session.notice",
	}
	if got := c.paths("POST /api/trades"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, s := range c.spans {
		if hex.EncodeToString(s.GetTraceId()) != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is of a trace that nobody asked for", s.GetName())
		}
		if strings.Contains(s.String(), "ann") {
			t.Errorf("%s says who somebody is: %s", s.GetName(), s)
		}
		if s.GetEndTimeUnixNano() < s.GetStartTimeUnixNano() || s.GetStartTimeUnixNano() == 0 {
			t.Errorf("%s: from %d to %d", s.GetName(), s.GetStartTimeUnixNano(), s.GetEndTimeUnixNano())
		}
	}
}

func TestOrderIsFollowedToTheFillThatItMakes(t *testing.T) {
	e, stop, c := serveFollowed(t, 1)
	ann := enter(t, e, "ann", "AAPL")
	feedTicks(t, e, "AAPL", 100, 100)
	ann.await(`42["watchlist:quote"`)
	ann.say(`421["order:place",{"clientOrderId":"o1","symbol":"AAPL","side":"buy","quantity":1,"type":"limit","limitPrice":90}]`)
	ann.await(`431[{"success":true,"status":"accepted"`)
	feedTicks(t, e, "AAPL", 80, 80)
	ann.await(`42["trade:executed"`)
	stop()
	want := []string{
		"order:place", "order:place > portfolio.place_order", "order:place > portfolio.place_order > journal.append",
		"order:place > portfolio.place_order > portfolio.execution", "order:place > portfolio.place_order > portfolio.execution > journal.append",
		"order:place > portfolio.place_order > portfolio.execution > session.notice", // an order that was taken is no notice
	}
	got := c.paths("order:place")
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A browser that does not poll keeps its notice waiting, until it is gone.
func TestNoticeThatIsNotTakenEndsWithItsBrowser(t *testing.T) {
	e, stop, c := serveFollowed(t, 0)
	p := openPoller(t, e)
	p.post(`40{"token":"` + tokenOf(t, "ann", auth.Trader) + `"}`)
	if got := p.poll(); !strings.Contains(got.body, `40{"sid":`) {
		t.Fatal(got.body)
	}
	actortest.Eventually(t, "the browser not to read", func() bool { return e.sessions.Stats().Blocked == 1 })
	recordFollowed(t, e, "t1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	stop()
	got := c.paths("POST /api/trades")
	if !slices.ContainsFunc(got, func(path string) bool { return strings.Contains(path, "session.notice") }) {
		t.Errorf("the notice was lost in %q", got)
	}
}
