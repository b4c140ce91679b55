// Package tracing follows trades and orders on their way: from the request over the
// account and the journal to the notice of each browser, as OpenTelemetry traces.
//
// It owns the Tracer, which the gateway and the HTTP API begin traces with, and the
// exporter behind it, one goroutine that sends finished spans over OTLP. The actors
// carry a portfolio.Trace and know nothing of it. Without an endpoint there is no
// Tracer, and nothing is paid for it.
//
// It is the only room that knows OpenTelemetry. It keeps nothing of who somebody is:
// spans say which trade and symbol, never which user.
package tracing
