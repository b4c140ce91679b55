package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"outcry/bench"
)

// BenchCmd measures a server: `outcry bench` quotes, `outcry bench trades` trades.
type BenchCmd struct {
	Quotes BenchQuotesCmd `cmd:"" default:"withargs" help:"How fresh quotes are at thousands of dashboards (the default)."`
	Trades BenchTradesCmd `cmd:"" help:"How fast trades become durable, and browsers hear of them."`
}

// benchServer is which server is measured, and how.
type benchServer struct {
	To          string   `placeholder:"URL" help:"Server to measure, http://host:port. Without it, one is started, measured and stopped."`
	AllowRemote bool     `help:"Allow a server that is not on this machine."`
	ServerPID   int      `name:"server-pid" placeholder:"PID" help:"Process to observe; found by its port where it runs here."`
	Config      string   `type:"existingfile" placeholder:"FILE" help:"Settings of the server that is started."`
	ServeFlag   []string `sep:"none" placeholder:"FLAG" help:"Further flag of the server that is started, like --serve-flag=--session.workers=2. Repeatable."`
	DataIn      string   `type:"existingdir" placeholder:"DIR" help:"Where the folder of the server that is started is made, and removed at the end; on a disk."`
	TokenSecret string   `env:"JWT_SECRET" placeholder:"SECRET" help:"Signs the tokens of everybody who takes part."`
	JSON        bool     `help:"Print the report as JSON."`
}

// benchDashboards are the dashboards of a run and what they do.
type benchDashboards struct {
	Dashboards          int           `default:"1000" help:"Dashboards to connect."`
	Symbols             int           `default:"200" help:"Symbols that tick."`
	SymbolsPerDashboard int           `default:"20" help:"Symbols that each dashboard watches, chosen at random."`
	Batch               bool          `help:"Subscribe with {batch: true}: one packet a flush."`
	Seed                uint64        `default:"1" help:"Seed of the choice of symbols."`
	Drain               time.Duration `default:"3s" help:"How long a step waits for its last ticks."`
	Settle              time.Duration `default:"5s" help:"Rest before the memory of the idle server is read."`
	ConnectConcurrency  int           `default:"512" help:"Handshakes in flight; 0 is all at once."`
	ConnectTimeout      time.Duration `default:"30s" help:"Patience for a CONNECT reply, and again for the snapshot."`
	Loops               int           `default:"0" help:"Event loops of the client; 0 is one for two cores."`
}

// scenario is what both kinds of run have in common.
func (s *benchServer) scenario(d *benchDashboards) bench.Scenario {
	scenario := bench.Scenario{
		To:                  s.To,
		AllowRemote:         s.AllowRemote,
		ServerPID:           s.ServerPID,
		ServeArgs:           s.ServeFlag,
		DataIn:              s.DataIn,
		TokenSecret:         s.TokenSecret,
		Dashboards:          d.Dashboards,
		Symbols:             d.Symbols,
		SymbolsPerDashboard: d.SymbolsPerDashboard,
		Batch:               d.Batch,
		Seed:                d.Seed,
		Drain:               d.Drain,
		Settle:              d.Settle,
		ConnectConcurrency:  d.ConnectConcurrency,
		ConnectTimeout:      d.ConnectTimeout,
		Loops:               d.Loops,
	}
	if s.Config != "" {
		scenario.ServeArgs = append([]string{"--config", s.Config}, s.ServeFlag...)
	}
	return scenario
}

// benchReport is what either kind of run found.
type benchReport interface {
	WriteTable(w io.Writer) error
	WriteJSON(w io.Writer) error
	Err() error
}

// print prints a report on stdout. The error is also that the run was not good.
func (s *benchServer) print(r benchReport) error {
	write := r.WriteTable
	if s.JSON {
		write = r.WriteJSON
	}
	return errors.Join(write(os.Stdout), r.Err())
}

// BenchQuotesCmd measures a server with thousands of simulated dashboards and a
// paced feed: `outcry bench`.
type BenchQuotesCmd struct {
	benchServer
	Token     string `placeholder:"JWT" help:"Token of every dashboard, where the secret is not known."`
	FeedToken string `placeholder:"JWT" help:"Token of the feed (role feed), if it differs from --token."`

	benchDashboards
	Rates    []float64     `default:"1,5,10" help:"Ticks a second of each symbol, a load step each."`
	Duration time.Duration `default:"15s" help:"Measured time of a step."`
	Warmup   time.Duration `default:"3s" help:"Time before, fed and not measured."`

	Stalled       int           `default:"0" help:"Further dashboards that connect and stop reading, in every other step."`
	StalledRounds int           `default:"3" help:"How often each rate is fed without and then with them."`
	Storms        int           `default:"0" help:"How often all dashboards lose their connections at once and come back."`
	StormPause    time.Duration `default:"2s" help:"How long they stay away in two further storms, which are compared; 0 leaves those out."`
	StormTicks    int           `default:"100" help:"How often each symbol ticks meanwhile in the second of these."`

	MaxP95          time.Duration `name:"max-p95" placeholder:"DURATION" help:"Fail when the P95 of any step is over this."`
	MinConnects     float64       `placeholder:"RATE" help:"Fail when fewer connections a second are made, at first or in a storm."`
	MaxHandshakeP99 time.Duration `name:"max-handshake-p99" placeholder:"DURATION" help:"Fail when the P99 of handshakes is over this, at first or in a storm."`
	MaxStalledKB    float64       `name:"max-stalled-kb" placeholder:"KB" help:"Fail when a stalled dashboard costs more memory, that of the server and that of the kernel for its socket together."`
	MaxStalledShift float64       `placeholder:"PERCENT" help:"Fail when the stalled raise the P99 of the others by more."`
	MaxStormGrowth  float64       `placeholder:"RATIO" help:"Fail when the server's memory after the last storm is over so many times that after the first."`
}

// Run measures, prints the report on stdout and fails when the run was not good.
func (c *BenchQuotesCmd) Run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := c.scenario(&c.benchDashboards)
	s.Token, s.FeedToken = c.Token, c.FeedToken
	s.Rates, s.Duration, s.Warmup = c.Rates, c.Duration, c.Warmup
	s.Stalled, s.StalledRounds = c.Stalled, c.StalledRounds
	s.Storms, s.StormPause, s.StormTicks = c.Storms, c.StormPause, c.StormTicks
	s.Bounds = bench.Bounds{
		MaxP95:          c.MaxP95,
		MinConnects:     c.MinConnects,
		MaxHandshakeP99: c.MaxHandshakeP99,
		MaxStalledKB:    c.MaxStalledKB,
		MaxStalledShift: c.MaxStalledShift,
		MaxStormGrowth:  c.MaxStormGrowth,
	}
	report, err := bench.Run(ctx, s, os.Stderr)
	if report == nil {
		return err
	}
	return errors.Join(c.print(report), err)
}

// BenchTradesCmd measures a server with trade executors: `outcry bench trades`.
type BenchTradesCmd struct {
	benchServer

	Phases            []string      `default:"ndjson,single,alone,notice" enum:"ndjson,single,alone,notice" help:"What to measure: many trades a request, one a request in many requests at a time, one after the other, and from trade to notice under quotes."`
	Accounts          int           `default:"1000" help:"Accounts that trade."`
	Positions         int           `default:"10" help:"Symbols that each account trades."`
	Duration          time.Duration `default:"10s" help:"Measured time of a phase."`
	Warmup            time.Duration `default:"2s" help:"Time before, under load and not measured."`
	NDJSONTrades      int           `name:"ndjson-trades" default:"2000" help:"Trades of an NDJSON request."`
	NDJSONConnections int           `name:"ndjson-connections" default:"4" help:"NDJSON requests in flight."`
	InFlight          int           `default:"256" help:"Requests in flight in phase single."`
	NoticeRate        float64       `default:"100" help:"Trades a second in phase notice."`
	Patience          time.Duration `default:"15s" help:"For an answer."`
	OpenTrades        int           `default:"0" help:"Also open a journal of at least so many trades, after a stop and after a kill; 1000000 takes a minute."`
	Portfolios        int           `default:"0" help:"Also measure the memory of so many loaded portfolios; 100000 takes two minutes."`

	benchDashboards
	Rate float64 `default:"10" help:"Ticks a second of each symbol in phase notice."`

	MinNDJSON      float64       `name:"min-ndjson" placeholder:"RATE" help:"Fail when phase ndjson has fewer trades a second."`
	MinSingle      float64       `placeholder:"RATE" help:"Fail when phase single has fewer trades a second."`
	MaxSingleP99   time.Duration `name:"max-single-p99" placeholder:"DURATION" help:"Fail when its P99 is over this."`
	MaxAloneP95    time.Duration `name:"max-alone-p95" placeholder:"DURATION" help:"Fail when the P95 of phase alone is over this."`
	MaxNoticeP95   time.Duration `name:"max-notice-p95" placeholder:"DURATION" help:"Fail when the P95 of phase notice is over this."`
	MaxOpen        time.Duration `placeholder:"DURATION" help:"Fail when opening takes longer."`
	MaxPortfolioMB float64       `name:"max-portfolio-mb" placeholder:"MB" help:"Fail when the portfolios take more memory."`
}

// Run measures, prints the report on stdout and fails when the run was not good.
func (c *BenchTradesCmd) Run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := bench.RunTrades(ctx, c.trades(), os.Stderr)
	if report == nil {
		return err
	}
	return errors.Join(c.print(report), err)
}

func (c *BenchTradesCmd) trades() bench.TradeScenario {
	s := bench.TradeScenario{
		Scenario:        c.scenario(&c.benchDashboards),
		Accounts:        c.Accounts,
		Positions:       c.Positions,
		BulkTrades:      c.NDJSONTrades,
		BulkConnections: c.NDJSONConnections,
		InFlight:        c.InFlight,
		NoticeRate:      c.NoticeRate,
		Patience:        c.Patience,
		OpenTrades:      c.OpenTrades,
		Portfolios:      c.Portfolios,
		Limits: bench.Limits{
			MinBulk:        c.MinNDJSON,
			MinSingle:      c.MinSingle,
			MaxSingleP99:   c.MaxSingleP99,
			MaxAloneP95:    c.MaxAloneP95,
			MaxNoticeP95:   c.MaxNoticeP95,
			MaxOpen:        c.MaxOpen,
			MaxPortfolioMB: c.MaxPortfolioMB,
		},
	}
	for _, phase := range c.Phases {
		s.Phases = append(s.Phases, bench.Phase(phase))
	}
	s.Rates, s.Duration, s.Warmup = []float64{c.Rate}, c.Duration, c.Warmup
	return s
}
