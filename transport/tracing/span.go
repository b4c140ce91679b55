package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"outcry/actors/portfolio"
)

// span is one part of a trace. portfolio.Span.
type span struct {
	// immutable after construction
	tracer trace.Tracer
	ctx    context.Context //nolint:containedctx // it is how OpenTelemetry names the parent
	span   trace.Span
}

// Begin begins a part within this one, which may outlive it. portfolio.Span.
func (s *span) Begin(part string) portfolio.Span {
	ctx, child := s.tracer.Start(s.ctx, part)
	return &span{tracer: s.tracer, ctx: ctx, span: child}
}

// Note says something of this part. portfolio.Span.
func (s *span) Note(key, value string) { s.span.SetAttributes(attribute.String(key, value)) }

// End ends this part. portfolio.Span.
func (s *span) End(err error) {
	if err != nil {
		s.span.SetStatus(codes.Error, err.Error())
	}
	s.span.End()
}
