package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/feed"
	"outcry/actors/mailbox"
	"outcry/actors/session"
	"outcry/actors/symbol"
	"outcry/config"
	"outcry/transport"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
	"outcry/transport/wire"
)

// Engine is a whole Outcry: this file is the only place where the rooms meet.
type Engine struct {
	// immutable after construction
	loaded   *config.Loaded
	settings config.Settings // of loaded
	log      zerolog.Logger
	started  time.Time

	system     *actors.System
	dispatcher *mailbox.Dispatcher
	symbols    *symbol.Directory
	sessions   *session.Sessions
	feeds      *feed.Registry
	simulator  *feed.Simulator // nil where it is off
	server     *transport.Server
	listener   net.Listener

	stopping context.Context //nolint:containedctx // the engine's own life
	stop     context.CancelFunc
}

// NewEngine builds an engine that listens already and serves once Run is
// called. Run must be called: it releases everything.
func NewEngine(loaded *config.Loaded, log zerolog.Logger) (*Engine, error) {
	e := &Engine{loaded: loaded, settings: loaded.Settings, log: log, started: time.Now()}
	e.stopping, e.stop = context.WithCancel(context.Background())
	for _, build := range []func() error{e.buildActors, e.buildTransport, e.listen} {
		if err := build(); err != nil {
			e.shutdown()
			return nil, err
		}
	}
	return e, nil
}

// buildActors starts everything that does not know the wire.
func (e *Engine) buildActors() (err error) {
	s := e.settings
	e.system = actors.NewSystem(newSlogHandler(e.log.With().Str("room", "actors").Logger()))
	e.feeds = feed.NewRegistry(time.Now)
	if e.dispatcher, err = mailbox.NewDispatcher(s.Mailbox, e.system.ActorSystem, e.log, time.Now); err != nil {
		return err
	}
	e.symbols, err = symbol.NewDirectory(s.Market, symbol.Deps{
		System: e.system, Dispatcher: e.dispatcher, Encoder: wire.Encoder{}, Now: time.Now,
		Supervisor: actors.RestartOnFailure("symbol", e.log),
	})
	if err != nil {
		return err
	}
	e.sessions, err = session.NewSessions(s.Session, session.Deps{
		System: e.system, Dispatcher: e.dispatcher, Symbols: e.symbols, Encoder: wire.Encoder{}, Now: time.Now,
		Supervisor: actors.StopOnFailure("session", e.log),
	})
	if err != nil || !s.Simulator.Enabled {
		return err
	}
	e.simulator, err = feed.NewSimulator(s.Simulator, e.feeds, time.Now)
	return err
}

// buildTransport starts what browsers and feeds talk to.
func (e *Engine) buildTransport() error {
	s := e.settings
	verifier, err := auth.NewVerifier(s.Auth, time.Now)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.Handle("/api/ticks", httpapi.NewTicks(s.HTTP, httpapi.TicksDeps{
		Sink: e.symbols, Registry: e.feeds, Verifier: verifier, Stopping: e.stopping, Log: e.log, Now: time.Now,
	}))
	routes.Handle("GET /health", httpapi.NewHealth(e.health))
	routes.Handle("GET /api/operator/settings", httpapi.NewSettings(verifier, func() any { return e.loaded.Describe() }))
	routes.HandleFunc("GET /{$}", httpapi.Index)
	routes.HandleFunc("/", httpapi.NotFound)
	e.server, err = transport.NewServer(transport.Options{
		Netpoll: s.Netpoll, WebSocket: s.WebSocket, EngineIO: s.EngineIO, SocketIO: s.SocketIO,
		Origins: auth.NewOrigins(e.loaded.Dev, s.Server.DashboardURL, s.Server.FrontendURL),
	}, transport.NewGateway(e.system, e.sessions, verifier, e.log), routes, e.log, time.Now)
	return err
}

func (e *Engine) listen() (err error) {
	if e.listener, err = net.Listen("tcp", e.settings.Server.Listen); err != nil {
		return fmt.Errorf("server.listen: %w: is another process serving there?", err)
	}
	return nil
}

// URL is where the engine serves, as a client on this machine reaches it.
func (e *Engine) URL() string {
	host, port, err := net.SplitHostPort(e.listener.Addr().String())
	if err != nil {
		return "http://" + e.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Run serves until ctx ends, then stops cleanly. nil means a clean stop.
func (e *Engine) Run(ctx context.Context) error {
	defer e.shutdown()
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	running.Go(func() {
		if err := e.server.Serve(e.listener); err != nil && ctx.Err() == nil {
			cancel(fmt.Errorf("serve: %w", err))
		}
	})
	if e.simulator != nil {
		running.Go(func() {
			if err := e.simulator.Run(e.stopping, e.symbols); err != nil {
				e.log.Error().Err(err).Msg("simulated feed ended")
			}
		})
	}
	if addr := e.settings.Server.Profile; addr != "" {
		stop, err := serveProfile(addr)
		if err != nil {
			cancel(err)
		} else {
			defer stop()
		}
	}
	e.log.Info().Str("url", e.URL()).Str("version", version()).Int("workers", e.dispatcher.Workers()).
		Stringer("budget", e.settings.Mailbox.Budget).Bool("simulator", e.simulator != nil).Msg("serving")
	<-ctx.Done()
	err := e.close()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// close ends the traffic: no new clients, feeds answered, browsers told.
func (e *Engine) close() error {
	e.log.Info().Msg("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), e.settings.Server.ShutdownTimeout)
	defer cancel()
	e.server.Drain()
	e.stop()
	select {
	case <-e.sessions.CloseAll(session.ShuttingDown):
	case <-ctx.Done():
	}
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
	if e.symbols != nil {
		e.symbols.Close()
	}
	if e.dispatcher != nil {
		e.dispatcher.Stop()
	}
	if e.system != nil {
		e.system.Shutdown()
	}
	e.log.Info().Msg("stopped")
}
