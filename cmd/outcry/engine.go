package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/feed"
	"outcry/actors/mailbox"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/actors/symbol"
	"outcry/actors/watchlist"
	"outcry/config"
	"outcry/config/audit"
	"outcry/dashboard"
	"outcry/persistence"
	"outcry/persistence/descriptors"
	"outcry/persistence/storage"
	"outcry/transport"
	"outcry/transport/auth"
	"outcry/transport/certificate"
	"outcry/transport/httpapi"
	"outcry/transport/limit"
	"outcry/transport/metrics"
	"outcry/transport/operator"
	"outcry/transport/signin"
	"outcry/transport/site"
	"outcry/transport/tracing"
	"outcry/transport/wire"
)

// Engine is a whole Outcry: this file is the only place where the rooms meet.
type Engine struct {
	// immutable after construction
	loaded   *config.Loaded
	settings config.Settings // of loaded: what a room is built with
	log      zerolog.Logger
	started  time.Time

	running *config.Running // the settings in force
	audit   *audit.Log

	descriptors *descriptors.Gauge // of this process
	journal     storage.Storage
	backups     *persistence.BackupOutcomes
	system      *actors.System
	dispatcher  *mailbox.Dispatcher
	symbols     *symbol.Directory
	quotes      *symbol.Keeper // nil before the journal is open
	broker      *paper.Broker
	portfolios  *portfolio.Portfolios
	watchlists  *watchlist.Lists
	sessions    *session.Sessions
	feeds       *feed.Registry
	simulator   *feed.Simulator // nil where it is off
	verifier    *auth.Verifier
	httpOptions *httpapi.LiveOptions
	proxies     *limit.Proxies
	gateway     *transport.Gateway
	server      *transport.Server
	certs       *certificate.Keeper // nil without TLS
	tracer      *tracing.Tracer     // nil while nothing is followed
	bodies      httpapi.RefusedBodies
	socket      net.Listener // as the kernel has it
	listener    net.Listener // socket, with TLS where that is on

	supervisors []*actors.Supervisor
	requests    transport.Requests
	collector   *operator.Collector
	watching    sync.WaitGroup // what looks at the rooms: ends before they do

	// atomic: set when the engine begins to stop
	draining atomic.Bool

	// owned by Run, and valid behind one that ended for the next process
	handsOver bool   // traces are still to be sent
	left      estate // what the next process goes on with

	stopping context.Context //nolint:containedctx // the engine's own life
	stop     context.CancelFunc
}

// NewEngine builds an engine that listens already and serves once Run is
// called. Run must be called: it releases everything. The end of ctx ends the wait
// for a journal that another process still has.
func NewEngine(ctx context.Context, loaded *config.Loaded, log zerolog.Logger) (*Engine, error) {
	e, err := buildEngine(loaded, log, func(e *Engine) error { return e.openJournal(ctx) })
	if err != nil {
		return nil, err
	}
	if err := e.goOn(&estate{}); err != nil {
		return nil, err
	}
	if err := e.listen(); err != nil {
		e.shutdown()
		return nil, err
	}
	return e, nil
}

// prepareEngine builds an engine as far as it can be while another one has the
// journal. What follows is begin, or shutdown.
func prepareEngine(loaded *config.Loaded, log zerolog.Logger) (*Engine, error) {
	return buildEngine(loaded, log, (*Engine).prepareJournal)
}

func buildEngine(loaded *config.Loaded, log zerolog.Logger, buildJournal func(*Engine) error) (*Engine, error) {
	e := &Engine{loaded: loaded, settings: loaded.Settings, log: log, started: time.Now()}
	e.stopping, e.stop = context.WithCancel(context.Background())
	for _, build := range []func() error{
		e.countDescriptors, func() error { return buildJournal(e) },
		e.buildMarket, e.buildAccounts, e.buildSessions, e.buildTransport, e.buildCertificate,
	} {
		if err := build(); err != nil {
			e.shutdown()
			return nil, err
		}
	}
	e.running = config.NewRunning(e.loaded, config.Hooks{Apply: e.apply, Changed: e.settingsChanged})
	return e, nil
}

// goOn makes an engine whose journal is open ready to serve. After an error nothing
// is left of it.
func (e *Engine) goOn(left *estate) error {
	e.openAudit()
	e.openBackups()
	if err := e.inherit(left); err != nil {
		e.shutdown()
		return err
	}
	e.quotes = symbol.NewKeeper(e.symbols, e.journal, e.log.With().Str("room", "market").Logger())
	e.quotes.Load() // what the process before this one left is newer, and stays
	e.quotes.Start()
	e.portfolios.Start() // behind the quotes, by which orders that rest are looked at
	return nil
}

func (e *Engine) prepareJournal() (err error) {
	log := e.log.With().Str("room", "journal").Logger()
	e.journal, err = storage.Prepare(e.settings.Server.Data, e.settings.Journal, log, time.Now)
	return err
}

// openJournal comes first, before the other rooms: the memory that an open journal
// reserves is then fresh from the system, which makes it real when it is written to.
// Opened after the other rooms it was memory of theirs, cleared as a whole: 17 MB.
func (e *Engine) openJournal(ctx context.Context) error {
	if err := e.prepareJournal(); err != nil {
		return err
	}
	return e.beginJournal(ctx, startPatience)
}

// buildMarket starts what keeps quotes.
func (e *Engine) buildMarket() (err error) {
	s := e.settings
	e.system = actors.NewSystem(newSlogHandler(e.log.With().Str("room", "actors").Logger()))
	e.feeds = feed.NewRegistry(time.Now)
	if e.dispatcher, err = mailbox.NewDispatcher(s.Mailbox, e.system.ActorSystem, e.log, time.Now); err != nil {
		return err
	}
	e.symbols, err = symbol.NewDirectory(s.Market, symbol.Deps{
		System: e.system, Dispatcher: e.dispatcher, Encoder: wire.Encoder{}, Now: time.Now,
		Supervisor: e.supervise(actors.RestartOnFailure("symbol", e.log)),
		AlwaysOpen: s.Simulator.Enabled,
	})
	if err == nil && s.Simulator.Enabled {
		e.simulator, err = feed.NewSimulator(s.Simulator, e.feeds, time.Now)
	}
	return err
}

// buildAccounts starts what keeps money.
func (e *Engine) buildAccounts() (err error) {
	s := e.settings
	e.broker, err = paper.New(s.Paper, paper.Deps{
		System: e.system, Symbols: e.symbols, Now: time.Now,
		Supervisor: e.supervise(actors.RestartOnFailure("paper", e.log)),
		Props:      e.dispatcher.OrdinaryProps(),
	})
	if err != nil {
		return err
	}
	e.portfolios, err = portfolio.New(s.Portfolio, portfolio.Deps{
		System: e.system, Dispatcher: e.dispatcher, Journal: e.journal, Store: e.journal, Symbols: e.symbols, Broker: e.broker,
		Supervisor: e.supervise(actors.RestartOnFailure("portfolio", e.log)),
		Encoder:    wire.Encoder{}, Calendar: e.symbols.Markets(), Log: e.log, Now: time.Now, NewID: rand.Text,
	})
	if err != nil {
		return err
	}
	return e.broker.Start(e.portfolios)
}

// buildSessions starts what serves browsers, but for the wire.
func (e *Engine) buildSessions() (err error) {
	e.watchlists = watchlist.New(e.journal)
	e.sessions, err = session.NewSessions(e.settings.Session, session.Deps{
		System: e.system, Dispatcher: e.dispatcher, Symbols: e.symbols, Accounts: e.portfolios, Watchlists: e.watchlists,
		Store: e.journal, Encoder: wire.Encoder{}, Now: time.Now,
		Supervisor: e.supervise(actors.StopOnFailure("session", e.log)),
	})
	if err == nil {
		e.lookAtMarket()
	}
	return err
}

// buildTransport starts what browsers and feeds talk to.
func (e *Engine) buildTransport() error {
	s := e.settings
	verifier, err := auth.NewVerifier(s.Auth, e.log, time.Now)
	if err != nil {
		return err
	}
	e.verifier = verifier
	origins, hosts := e.admitted()
	logins := auth.NewLogins(e.journal, s.Auth.SessionLifetime, time.Now)
	verifier.WithLogins(logins, origins, !e.loaded.Dev || s.Server.TLS.Enabled())
	e.gateway = transport.NewGateway(e.system, e.sessions, verifier, s.Limit, e.log, time.Now)
	e.proxies = limit.NewProxies(s.Limit.TrustedProxies)
	if err := e.buildTracer(); err != nil {
		return err
	}
	e.httpOptions = httpapi.NewLiveOptions(s.HTTP)
	routes, probes := http.NewServeMux(), http.NewServeMux()
	routes.Handle("/api/ticks", httpapi.NewTicks(e.httpOptions, httpapi.TicksDeps{
		Sink: e.symbols, Registry: e.feeds, Verifier: verifier, Stopping: e.stopping, Log: e.log, Now: time.Now,
	}))
	logins.OnEnded(e.gateway.SignedOut)
	e.routeSignIn(routes, logins)
	e.routeAccounts(routes, verifier)
	probes.Handle("GET /health", httpapi.NewHealth(e.health))
	probes.HandleFunc("GET /live", httpapi.Live)
	probes.Handle("GET /ready", httpapi.NewReady(e.notReady))
	probes.Handle("/metrics", metrics.NewHandler(s.Metrics, e.reading, e.log))
	probes.Handle("/", e.requests.Count(routes)) // an answer that says that something is wrong is no failure
	e.routeSettings(routes)
	routes.Handle("/api", httpapi.Methods{http.MethodGet: httpapi.NewAbout(httpapi.AboutOptions{Version: version(), SocketPath: transport.SocketPath, TLS: s.Server.TLS.Enabled()})})
	pages, err := site.New(dashboard.Site(), serverPaths, http.HandlerFunc(httpapi.NotFound))
	if err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	routes.Handle("/", pages)
	e.server, err = transport.NewServer(transport.Options{
		Netpoll: s.Netpoll, WebSocket: s.WebSocket, EngineIO: s.EngineIO, SocketIO: s.SocketIO,
		Limit:          s.Limit,
		Proxies:        e.proxies,
		Origins:        origins,
		Hosts:          hosts,
		RequestTimeout: s.HTTP.RequestTimeout,
		Descriptors:    e.descriptors, Reserve: storage.ReserveFiles,
	}, e.gateway, probes, e.log, time.Now)
	if err != nil {
		return err
	}
	e.collector = operator.NewCollector(version(), time.Now, e.sample)
	routes.Handle("/api/operator/stats", httpapi.Methods{http.MethodGet: httpapi.NewStats(verifier, e.collector)})
	routes.Handle("/api/operator/history", httpapi.Methods{http.MethodGet: httpapi.NewHistory(verifier, e.collector)})
	return nil
}

// admitted are whose pages may ask, and by which names.
func (e *Engine) admitted() (origins auth.Origins, hosts auth.Hosts) {
	s := e.settings.Server
	origins = auth.NewOrigins(e.loaded.Dev, s.DashboardURL, s.FrontendURL)
	if s.TLS.Enabled() {
		origins = origins.WithHTTPS()
	}
	if e.loaded.Dev {
		hosts = auth.NewHosts(s.Listen, s.DashboardURL, s.FrontendURL)
	}
	return origins, hosts
}

// serverPaths are first parts of paths that are no views of the dashboard.
var serverPaths = []string{"api", "assets", "auth", "health", "live", "metrics", "ready", "socket.io"}

// routeSignIn adds what signs people in and out.
func (e *Engine) routeSignIn(routes *http.ServeMux, logins *auth.Logins) {
	s := e.settings
	deps := signin.Deps{
		Verifier: e.verifier, Logins: logins, DashboardURL: s.Server.DashboardURL,
		Proxies: e.proxies, Log: e.log, Now: time.Now,
	}
	if e.loaded.Dev {
		deps.Demo = func(user string, roles []auth.Role) (string, error) {
			return auth.Mint(s.Auth.Secrets[0], auth.Claims{User: user, Roles: roles, TTL: demoTTL}, time.Now())
		}
	}
	signin.New(s.Discord, deps).Routes(routes)
}

// routeAccounts adds what people and executors ask of accounts and of the market.
func (e *Engine) routeAccounts(routes *http.ServeMux, verifier *auth.Verifier) {
	o := e.httpOptions
	deps := httpapi.AccountDeps{Accounts: e.portfolios, Verifier: verifier, Refused: &e.bodies, Log: e.log, Now: time.Now}
	if e.tracer != nil {
		deps.Tracer = e.tracer
	}
	history := httpapi.TradeHistoryDeps{Events: e.journal, StreamOf: portfolio.StreamOf}
	routes.Handle("/api/trades", httpapi.Methods{http.MethodPost: httpapi.NewTrades(o, deps).ServeHTTP, http.MethodGet: httpapi.NewTradeHistory(o, history, deps).ServeHTTP})
	orders := httpapi.NewOrders(o, deps)
	routes.Handle("/api/orders", httpapi.Methods{http.MethodPost: orders.Place, http.MethodGet: orders.List})
	routes.Handle("/api/orders/{id}", httpapi.Methods{http.MethodDelete: orders.Cancel})
	routes.Handle("/api/portfolio", httpapi.Methods{http.MethodGet: httpapi.NewPortfolio(o, deps)})
	routes.Handle("/api/trader/bots", httpapi.Methods{http.MethodGet: httpapi.NewBots(deps)})
	routes.Handle("/api/portfolio/history", httpapi.Methods{http.MethodGet: httpapi.NewEquity(e.portfolios, deps)})
	quotes := httpapi.NewQuotes(httpapi.QuotesDeps{Market: e.symbols, Encoder: wire.Encoder{}, Verifier: verifier, Now: time.Now})
	routes.Handle("/api/quotes", httpapi.Methods{http.MethodGet: quotes.Newest})
	routes.Handle("/api/symbols", httpapi.Methods{http.MethodGet: quotes.Search})
}

func (e *Engine) buildCertificate() (err error) {
	if !e.settings.Server.TLS.Enabled() {
		return nil
	}
	if e.certs, err = certificate.NewKeeper(e.settings.Server.TLS, e.log.With().Str("room", "certificate").Logger(), time.Now); err != nil {
		return fmt.Errorf("server.tls: %w", err)
	}
	return nil
}

// URL is where the engine serves, as a client on this machine reaches it.
func (e *Engine) URL() string {
	scheme := "http://"
	if e.certs != nil {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(e.listener.Addr().String())
	if err != nil {
		return scheme + e.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
}

// Run serves until ctx ends, then stops cleanly: for good, or for the next process
// if errHandOver is the cause. nil means a clean stop. serving is called once it
// serves.
func (e *Engine) Run(ctx context.Context, serving func()) error {
	defer e.shutdown()
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	server := e.server // it is gone once the engine has stopped, which may be at once
	running.Go(func() {
		if err := server.Serve(e.listener); err != nil && ctx.Err() == nil {
			cancel(fmt.Errorf("serve: %w", err))
		}
	})
	running.Go(func() { releaseWhenQuiet(ctx) })
	e.watching.Go(func() { e.collector.Run(e.stopping) })
	e.watching.Go(func() { e.watchMarket(e.stopping) })
	var following sync.WaitGroup // apart, since it must end before the rooms do
	following.Go(func() { e.followSettings(ctx) })
	if e.certs != nil {
		running.Go(func() { e.certs.Watch(e.stopping) })
	}
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
	if ctx.Err() == nil {
		serving()
	}
	e.log.Info().Str("url", e.URL()).Str("version", version()).Int("workers", e.dispatcher.Workers()).
		Stringer("budget", e.settings.Mailbox.Budget).Bool("simulator", e.simulator != nil).Msg("serving")
	<-ctx.Done()
	following.Wait()
	cause := context.Cause(ctx)
	if errors.Is(cause, errHandOver) {
		return e.makeRoom()
	}
	err := e.close()
	if cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}
