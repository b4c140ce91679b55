package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"outcry/bench"
)

// BenchCmd measures a server with thousands of simulated dashboards and a paced
// feed: `outcry bench`.
type BenchCmd struct {
	To          string   `placeholder:"URL" help:"Server to measure, http://host:port. Without it, one is started, measured and stopped."`
	AllowRemote bool     `help:"Allow a server that is not on this machine."`
	ServerPID   int      `name:"server-pid" placeholder:"PID" help:"Process to observe; found by its port where it runs here."`
	Config      string   `type:"existingfile" placeholder:"FILE" help:"Settings of the server that is started."`
	ServeFlag   []string `sep:"none" placeholder:"FLAG" help:"Further flag of the server that is started, like --serve-flag=--session.workers=2. Repeatable."`

	TokenSecret string `env:"JWT_SECRET" placeholder:"SECRET" help:"Signs the tokens of dashboards and feed."`
	Token       string `placeholder:"JWT" help:"Token of every dashboard, where the secret is not known."`
	FeedToken   string `placeholder:"JWT" help:"Token of the feed (role feed), if it differs from --token."`

	Dashboards          int           `default:"1000" help:"Dashboards to connect."`
	Symbols             int           `default:"200" help:"Symbols that tick."`
	SymbolsPerDashboard int           `default:"20" help:"Symbols that each dashboard watches, chosen at random."`
	Batch               bool          `help:"Subscribe with {batch: true}: one packet a flush."`
	Seed                uint64        `default:"1" help:"Seed of the choice of symbols."`
	Rates               []float64     `default:"1,5,10" help:"Ticks a second of each symbol, a load step each."`
	Duration            time.Duration `default:"15s" help:"Measured time of a step."`
	Warmup              time.Duration `default:"3s" help:"Time before, fed and not measured."`
	Drain               time.Duration `default:"3s" help:"How long a step waits for its last ticks."`
	Settle              time.Duration `default:"5s" help:"Rest before the memory of the idle server is read."`
	ConnectConcurrency  int           `default:"512" help:"Handshakes in flight; 0 is all at once."`
	ConnectTimeout      time.Duration `default:"30s" help:"Patience for a CONNECT reply, and again for the snapshot."`
	Loops               int           `default:"0" help:"Event loops of the client; 0 is one for two cores."`

	MaxP95 time.Duration `name:"max-p95" placeholder:"DURATION" help:"Fail when the P95 of any step is over this."`
	JSON   bool          `help:"Print the report as JSON."`
}

// Run measures, prints the report on stdout and fails when the run was not good.
func (c *BenchCmd) Run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := bench.Run(ctx, c.scenario(), os.Stderr)
	if report == nil {
		return err
	}
	write := report.WriteTable
	if c.JSON {
		write = report.WriteJSON
	}
	return errors.Join(write(os.Stdout), report.Err(), err)
}

func (c *BenchCmd) scenario() bench.Scenario {
	s := bench.Scenario{
		To:                  c.To,
		AllowRemote:         c.AllowRemote,
		ServerPID:           c.ServerPID,
		ServeArgs:           c.ServeFlag,
		TokenSecret:         c.TokenSecret,
		Token:               c.Token,
		FeedToken:           c.FeedToken,
		Dashboards:          c.Dashboards,
		Symbols:             c.Symbols,
		SymbolsPerDashboard: c.SymbolsPerDashboard,
		Batch:               c.Batch,
		Seed:                c.Seed,
		Rates:               c.Rates,
		Duration:            c.Duration,
		Warmup:              c.Warmup,
		Drain:               c.Drain,
		Settle:              c.Settle,
		ConnectConcurrency:  c.ConnectConcurrency,
		ConnectTimeout:      c.ConnectTimeout,
		Loops:               c.Loops,
		MaxP95:              c.MaxP95,
	}
	if c.Config != "" {
		s.ServeArgs = append([]string{"--config", c.Config}, s.ServeArgs...)
	}
	return s
}
