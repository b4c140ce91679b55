package tracing

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"outcry/actors/portfolio"
)

// Tracer begins traces. Its methods may be called from any goroutine.
type Tracer struct {
	// immutable after construction
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// exportTimeout is how long the collector may take for one batch of spans. What it
// does not take is lost: nothing waits for it.
const exportTimeout = 10 * time.Second

// New starts a tracer by options that are Enabled. Close ends it. A collector that
// is not there is no error: it may come.
func New(o Options, version string, log zerolog.Logger) (*Tracer, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	exporter, err := otlptracehttp.New(context.Background(),
		otlptracehttp.WithEndpointURL(o.url()), otlptracehttp.WithHeaders(o.headers()), otlptracehttp.WithTimeout(exportTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}))
	if err != nil {
		return nil, fmt.Errorf("tracing: endpoint: %w", err)
	}
	return newTracer(o, version, sdk.NewBatchSpanProcessor(logged(exporter, log))), nil
}

func newTracer(o Options, version string, spans sdk.SpanProcessor) *Tracer {
	provider := sdk.NewTracerProvider(
		sdk.WithSpanProcessor(spans),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.SampleRatio))),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", o.Service), attribute.String("service.version", version))),
	)
	return &Tracer{provider: provider, tracer: provider.Tracer("outcry")}
}

// Begin begins a request's trace: as a part of what the header says that it belongs
// to, or of its own where header is nil or says nothing that can be read. One that
// is not to be followed is the zero Trace, which costs nothing from here on.
func (t *Tracer) Begin(name string, header http.Header) portfolio.Trace {
	ctx := context.Background() // spans end when they end, whoever has gone meanwhile
	if header != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	}
	ctx, s := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer))
	if !s.IsRecording() {
		return portfolio.Trace{}
	}
	return portfolio.Follow(&span{tracer: t.tracer, ctx: ctx, span: s})
}

// Close sends what is left and ends the exporter, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}
