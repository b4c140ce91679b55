package actortest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/govalues/decimal"
	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/feed"
	"outcry/actors/mailbox"
	"outcry/actors/market"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/actors/symbol"
	"outcry/actors/watchlist"
	"outcry/persistence/memjournal"
)

// Options of the parts of an Engine. The zero value of Now is time.Now.
type Options struct {
	Mailbox   mailbox.Options
	Symbol    symbol.Options
	Session   session.Options
	Portfolio portfolio.Options
	Paper     paper.Options
	Now       func() time.Time
	// After is the timer of sessions, nil for that of the real clock.
	After func(d time.Duration, f func()) (stop func() bool)
	// Journal is used, and left open, instead of one in memory of the engine's
	// own, so that a test can start a second engine on it.
	Journal *memjournal.Journal
	// Log is where portfolios log.
	Log zerolog.Logger
}

// DefaultOptions are the defaults of the parts, on the real clock, and so in a market
// that is always open.
func DefaultOptions() Options {
	symbols := symbol.DefaultOptions()
	symbols.Hours = market.Always
	return Options{
		Mailbox: mailbox.DefaultOptions(), Symbol: symbols, Session: session.DefaultOptions(),
		Portfolio: portfolio.DefaultOptions(), Paper: paper.DefaultOptions(), Now: time.Now, Log: zerolog.Nop(),
	}
}

// Engine is symbols, portfolios and sessions without a transport.
type Engine struct {
	System     *actors.System
	Dispatcher *mailbox.Dispatcher
	Symbols    *symbol.Directory
	Journal    *memjournal.Journal
	Broker     *paper.Broker
	Portfolios *portfolio.Portfolios
	Watchlists *watchlist.Lists
	Sessions   *session.Sessions
	Source     *feed.Source

	t       testing.TB
	keep    bool // the journal is somebody else's
	next    atomic.Int64
	stopped sync.Once
}

// NewEngine starts an engine that ends with the test.
func NewEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	return NewEngineWith(t, o, Encoder{})
}

// NewEngineWith starts an engine whose symbols encode with encoder.
func NewEngineWith(t testing.TB, o Options, encoder symbol.Encoder) *Engine {
	t.Helper()
	log := zerolog.Nop()
	e := &Engine{t: t, System: actors.NewSystem(slog.DiscardHandler), Source: feed.NewSource("test", o.Now())}
	var err error
	if e.Dispatcher, err = mailbox.NewDispatcher(o.Mailbox, e.System.ActorSystem, log, o.Now); err != nil {
		t.Fatal(err)
	}
	e.Symbols, err = symbol.NewDirectory(o.Symbol, symbol.Deps{System: e.System, Dispatcher: e.Dispatcher, Supervisor: actors.RestartOnFailure("symbol", log), Encoder: encoder, Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	e.Journal, e.keep = o.Journal, o.Journal != nil
	if !e.keep {
		e.Journal = memjournal.New(o.Now)
	}
	e.startAccounts(o)
	e.Watchlists = watchlist.New(e.Journal)
	e.Sessions, err = session.NewSessions(o.Session, session.Deps{
		System: e.System, Dispatcher: e.Dispatcher, Supervisor: actors.StopOnFailure("session", log), Symbols: e.Symbols,
		Accounts: e.Portfolios, Watchlists: e.Watchlists, Store: e.Journal, Encoder: Encoder{}, Now: o.Now, After: o.After,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	return e
}

// startAccounts starts the paper broker and the portfolios.
func (e *Engine) startAccounts(o Options) {
	e.t.Helper()
	log := zerolog.Nop()
	var err error
	e.Broker, err = paper.New(o.Paper, paper.Deps{System: e.System, Supervisor: actors.RestartOnFailure("paper", log), Symbols: e.Symbols, Now: o.Now})
	if err != nil {
		e.t.Fatal(err)
	}
	e.Portfolios, err = portfolio.New(o.Portfolio, portfolio.Deps{
		System: e.System, Dispatcher: e.Dispatcher, Supervisor: actors.RestartOnFailure("portfolio", o.Log),
		Journal: e.Journal, Store: e.Journal,
		Symbols: e.Symbols, Broker: e.Broker, Encoder: Encoder{}, Calendar: e.Symbols.Markets(), Log: o.Log, Now: o.Now,
		NewID: func() string { return fmt.Sprintf("o%d", e.next.Add(1)) },
	})
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.Broker.Start(e.Portfolios); err != nil {
		e.t.Fatal(err)
	}
	e.Portfolios.Start()
}

// NewJournal returns a journal that outlives the engines of a test.
func NewJournal(t testing.TB) *memjournal.Journal {
	t.Helper()
	j := memjournal.New(time.Now)
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// Stop ends sessions, portfolios, symbols and workers, in that order. The test's end calls
// it, too.
func (e *Engine) Stop() { e.stopped.Do(e.stop) }

func (e *Engine) stop() {
	select {
	case <-e.Sessions.CloseAll(session.ShuttingDown):
	case <-time.After(patience):
		e.t.Errorf("sessions did not end: %+v", e.Sessions.Stats())
	}
	e.Sessions.Close()
	e.Watchlists.Close()
	e.Broker.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.Portfolios.Close(ctx); err != nil {
		e.t.Error(err)
	}
	e.Symbols.Close()
	e.Dispatcher.Stop()
	e.System.Shutdown()
	if !e.keep {
		if err := e.Journal.Close(); err != nil {
			e.t.Error(err)
		}
	}
}

// Connect opens a session of user over a recording connection and waits for its welcome.
func (e *Engine) Connect(t testing.TB, user string) (*Connection, *actor.PID) {
	t.Helper()
	return e.ConnectAs(t, session.Attach{UserID: user, SocketID: fmt.Sprintf("s%d", e.next.Add(1))})
}

// ConnectAs is Connect with a say in everything but the connection.
func (e *Engine) ConnectAs(t testing.TB, a session.Attach) (*Connection, *actor.PID) {
	t.Helper()
	return e.connect(t, a, NewConnection())
}

// ConnectSlowly is ConnectAs of a browser that reads one write at a time: what was
// written last when the session is sent Writable.
func (e *Engine) ConnectSlowly(t testing.TB, a session.Attach) (*Connection, *actor.PID) {
	t.Helper()
	c := NewConnection()
	c.SetBlocked(true)
	return e.connect(t, a, c)
}

func (e *Engine) connect(t testing.TB, a session.Attach, c *Connection) (*Connection, *actor.PID) {
	t.Helper()
	a.Connection = c
	var pid atomic.Pointer[actor.PID]
	c.onClose = func() { e.Send(pid.Load(), &session.Detached{Reason: "closed by the session"}) }
	opened, err := e.Sessions.Open(&a)
	if err != nil {
		t.Fatal(err)
	}
	pid.Store(opened)
	c.AwaitLine(t, "welcome "+a.UserID)
	return c, opened
}

// Send posts a message to a session.
func (e *Engine) Send(pid *actor.PID, message any) { e.System.Root.Send(pid, message) }

// Tick feeds one trade of size 1 and fails the test if it is refused.
func (e *Engine) Tick(t testing.TB, symbol, price string) {
	t.Helper()
	tick := market.Tick{Symbol: symbol, Price: decimal.MustParse(price), Size: decimal.One}
	if err := e.Symbols.Publish(context.Background(), e.Source, tick); err != nil {
		t.Fatal(err)
	}
}

// Subscribe posts a watchlist request.
func (e *Engine) Subscribe(pid *actor.PID, symbols ...string) {
	e.Send(pid, &session.Subscribe{Kind: session.Watchlist, Symbols: symbols, AckID: session.NoAck})
}

// Eventually waits until done holds.
func Eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
		time.Sleep(time.Millisecond)
	}
}
