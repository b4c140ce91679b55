package tracing

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kept returns a tracer and what keeps its spans.
func kept(t *testing.T, ratio float64) (*Tracer, *tracetest.InMemoryExporter) {
	t.Helper()
	o := DefaultOptions()
	o.SampleRatio = ratio
	spans := tracetest.NewInMemoryExporter()
	return newTracer(o, "v1", sdk.NewSimpleSpanProcessor(spans)), spans
}

const (
	parent   = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	unwanted = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
)

func TestPartsAreChildrenOfTheirRequest(t *testing.T) {
	tracer, spans := kept(t, 1)
	request := tracer.Begin("POST /api/trades", http.Header{"Traceparent": {parent}})
	command := request.Begin("portfolio.record_trade")
	command.Note("outcry.trade.id", "t1")
	appended := command.Begin("journal.append")
	appended.End(errors.New("the disk is full"))
	command.End(nil)
	request.End(nil)
	notice := command.Begin("session.notice") // behind its end
	notice.End(nil)
	got := spans.GetSpans()
	if len(got) != 4 {
		t.Fatalf("%d spans", len(got))
	}
	names := map[string]tracetest.SpanStub{}
	for _, s := range got {
		names[s.Name] = s
		if s.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || s.Resource.String() != "service.name=outcry,service.version=v1" {
			t.Errorf("%s: %s of %s", s.Name, s.SpanContext.TraceID(), s.Resource)
		}
	}
	for child, of := range map[string]string{"portfolio.record_trade": "POST /api/trades", "journal.append": "portfolio.record_trade", "session.notice": "portfolio.record_trade"} {
		if names[child].Parent.SpanID() != names[of].SpanContext.SpanID() {
			t.Errorf("%s is no part of %s", child, of)
		}
	}
	if names["POST /api/trades"].Parent.SpanID().String() != "b7ad6b7169203331" || names["journal.append"].Status.Code != codes.Error || names["portfolio.record_trade"].Attributes[0].Value.AsString() != "t1" {
		t.Errorf("%+v", got)
	}
}

func TestWhoIsFollowed(t *testing.T) {
	for name, test := range map[string]struct {
		ratio   float64
		header  http.Header
		follows bool
	}{
		"all":                             {1, nil, true},
		"none":                            {0, nil, false},
		"an executor that wants it":       {0, http.Header{"Traceparent": {parent}}, true},
		"an executor that does not":       {1, http.Header{"Traceparent": {unwanted}}, false},
		"an executor that says nonsense":  {1, http.Header{"Traceparent": {"00-" + strings.Repeat("z", 1000)}}, true},
		"an executor that says zero":      {0, http.Header{"Traceparent": {"00-00000000000000000000000000000000-0000000000000000-01"}}, false},
		"an executor that says nothing":   {0, http.Header{}, false},
		"an executor that says it twice":  {0, http.Header{"Traceparent": {"nonsense", parent}}, false},
		"an executor of another standard": {1, http.Header{"X-B3-Traceid": {"1"}}, true},
	} {
		tracer, spans := kept(t, test.ratio)
		trace := tracer.Begin("request", test.header)
		if trace.Follows() != test.follows {
			t.Errorf("%s: followed %v", name, trace.Follows())
		}
		trace.Begin("part").End(nil)
		trace.End(nil)
		if got := len(spans.GetSpans()); got != 2 && test.follows || got != 0 && !test.follows {
			t.Errorf("%s: %d spans", name, got)
		}
	}
}

func FuzzTraceparent(f *testing.F) {
	for _, seed := range []string{parent, unwanted, "", "00-", strings.Repeat("0", 55)} {
		f.Add(seed, "vendor=1")
	}
	o := DefaultOptions()
	o.SampleRatio = 1
	tracer := newTracer(o, "v1", sdk.NewSimpleSpanProcessor(tracetest.NewNoopExporter()))
	f.Fuzz(func(_ *testing.T, traceparent, tracestate string) {
		tracer.Begin("request", http.Header{"Traceparent": {traceparent}, "Tracestate": {tracestate}}).End(nil)
	})
}

// A collector that is down costs its spans and one line of the log, and nobody waits.
func TestCollectorThatFailsIsLoggedOnce(t *testing.T) {
	var asked atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/v1/traces" || r.Header.Get("X-Customer") != "us" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer collector.Close()
	var log strings.Builder
	tracer, err := New(Options{Endpoint: collector.URL, Headers: []string{"X-Customer=us"}, SampleRatio: 1, Service: "outcry"}, "v1", zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		tracer.Begin("request", nil).End(nil)
		if err := tracer.provider.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != 3 || strings.Count(log.String(), "traces not sent") != 1 || !strings.Contains(log.String(), "trace.endpoint") {
		t.Errorf("asked %d times: %s", asked.Load(), log.String())
	}
}

func TestOptionsSayWhatIsAllowed(t *testing.T) {
	for key, o := range map[string]Options{
		"":             {Endpoint: "https://collector.example/otlp", SampleRatio: 1, Service: "outcry", Headers: []string{"a=b"}},
		"endpoint":     {Endpoint: "collector:4318", Service: "outcry"},
		"headers":      {Headers: []string{"secret"}, Service: "outcry"},
		"sample_ratio": {SampleRatio: 1.5, Service: "outcry"},
		"service":      {},
	} {
		err := o.Validate()
		if (err == nil) != (key == "") || err != nil && (!strings.HasPrefix(err.Error(), key+":") || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v", key, err)
		}
	}
	for endpoint, want := range map[string]string{
		"http://localhost:4318": "http://localhost:4318/v1/traces", "http://localhost:4318/": "http://localhost:4318/v1/traces", "https://h/otlp": "https://h/otlp",
	} {
		if got := (Options{Endpoint: endpoint}).url(); got != want {
			t.Errorf("%s: %s", endpoint, got)
		}
	}
}
