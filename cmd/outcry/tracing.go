package main

import (
	"context"
	"time"

	"outcry/transport/tracing"
)

// buildTracer starts what follows trades and orders, if anything does.
func (e *Engine) buildTracer() (err error) {
	if !e.settings.Trace.Enabled() {
		return nil
	}
	if e.tracer, err = tracing.New(e.settings.Trace, version(), e.log.With().Str("room", "tracing").Logger()); err != nil {
		return err
	}
	e.gateway.Follow(e.tracer)
	return nil
}

// tracesTimeout is how long the last traces may take to be sent.
const tracesTimeout = 2 * time.Second

// closeTracer sends the last traces, once nothing is left that could end one.
func (e *Engine) closeTracer() {
	if e.tracer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), tracesTimeout)
	defer cancel()
	if err := e.tracer.Close(ctx); err != nil {
		e.log.Warn().Err(err).Msg("tracing not closed cleanly")
	}
}
