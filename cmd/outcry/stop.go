package main

import (
	"context"
	"errors"
	"net"
	"os/signal"
	"syscall"
	"time"
)

// close ends the traffic: no new clients, browsers told and closed a few at a
// time, with quotes to the last, then feeds answered. A second signal ends what
// still waits.
func (e *Engine) close() error {
	hurry, cancel := hurried()
	defer cancel()
	s := e.running.Settings().Server
	e.log.Info().Int("sessions", e.sessions.Stats().Live).Stringer("drainTime", s.DrainTime).Msg("stopping")
	p := pace{drain: s.DrainTime, spread: s.ReconnectSpread, patience: s.ShutdownTimeout}
	e.draining.Store(true)
	e.drain(hurry, p)
	return e.endTraffic(hurry, p)
}

// pace is how fast an engine stops.
type pace struct {
	drain    time.Duration // over which browsers are closed
	earliest time.Duration // before which they are told not to come back
	spread   time.Duration // behind that, within which they are
	patience time.Duration // before what is left is cut off
}

// hurried ends at a signal to stop, which is the second one in a stop.
func hurried() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
}

// drain lets no new browsers in, and tells and closes those that are there.
func (e *Engine) drain(hurry context.Context, p pace) {
	e.server.Drain()
	ctx, cancel := context.WithTimeout(hurry, p.drain+p.patience)
	defer cancel()
	if err := e.sessions.Drain(ctx, p.drain, p.earliest, p.spread); err != nil {
		e.log.Warn().Err(err).Int("sessions", e.sessions.Stats().Live).Msg("not all browsers have left: they are cut off")
	}
}

// endTraffic answers feeds and requests, and ends all connections.
func (e *Engine) endTraffic(hurry context.Context, p pace) error {
	e.stop()
	e.watching.Wait()
	ctx, cancel := context.WithTimeout(hurry, p.patience)
	defer cancel()
	err := e.server.Shutdown(ctx)
	if closeErr := e.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	e.server = nil
	return err
}

// shutdown releases what was built, in the reverse order; parts may be missing.
func (e *Engine) shutdown() {
	e.stop()
	if e.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := e.server.Shutdown(ctx); err != nil {
			e.log.Warn().Err(err).Msg("transport not stopped cleanly")
		}
	}
	if e.listener != nil {
		_ = e.listener.Close() // close and makeRoom say what is wrong with it
	}
	if e.gateway != nil {
		e.gateway.Close()
	}
	if e.verifier != nil {
		e.verifier.Close()
	}
	e.closeAccounts()
	if e.quotes != nil {
		e.quotes.Close()
	}
	if e.symbols != nil {
		e.symbols.Close()
	}
	if e.dispatcher != nil {
		e.dispatcher.Stop()
	}
	if e.system != nil {
		e.system.Shutdown()
	}
	if !e.handsOver {
		e.closeTracer()
	}
	if e.journal != nil {
		if err := e.journal.Close(); err != nil {
			e.log.Error().Err(err).Msg("journal not closed cleanly: run `outcry journal verify` before the next start")
		}
	}
	e.log.Info().Msg("stopped")
}

// closeAccounts ends what writes to the journal, the broker first: what it did
// is still saved.
func (e *Engine) closeAccounts() {
	if e.sessions != nil {
		e.sessions.Close()
	}
	if e.watchlists != nil {
		e.watchlists.Close()
	}
	if e.broker != nil {
		e.broker.Close()
	}
	if e.portfolios != nil {
		ctx, cancel := context.WithTimeout(context.Background(), accountsTimeout)
		defer cancel()
		if err := e.portfolios.Close(ctx); err != nil {
			e.log.Warn().Err(err).Msg("accounts not closed cleanly")
		}
	}
}

// accountsTimeout is how long accounts may take to save what is under way.
const accountsTimeout = 5 * time.Second
