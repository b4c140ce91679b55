package tracing

import (
	"context"
	"time"

	"github.com/rs/zerolog"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// exporter says in the log that a collector does not take spans. OpenTelemetry's own
// way is a handler for the whole process.
type exporter struct {
	sdk.SpanExporter
	log zerolog.Logger
}

func logged(e sdk.SpanExporter, log zerolog.Logger) sdk.SpanExporter {
	// a collector that is away fails every few seconds
	return &exporter{SpanExporter: e, log: log.Sample(&zerolog.BurstSampler{Burst: 1, Period: time.Minute})}
}

// ExportSpans sends spans. sdk.SpanExporter.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.Warn().Err(err).Int("spans", len(spans)).Msg("traces not sent: they are lost; is trace.endpoint right, and does the collector run?")
	}
	return nil
}
