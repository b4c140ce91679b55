package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"outcry/config"
	"outcry/transport/handover"
)

// ServeCmd runs the engine: `outcry serve`.
type ServeCmd struct {
	Config string `type:"path" placeholder:"FILE" help:"Settings, YAML."`
	Dev    bool   `help:"Development mode: no secret needed, demo users, simulated feed."`
	Listen string `placeholder:"ADDR" help:"Address to serve on (default :8080)."`
	Data   string `type:"path" placeholder:"DIR" help:"Directory for what must survive a restart (default data)."`
}

// Run serves until a signal, or until another process has taken over.
func (c *ServeCmd) Run(ctx context.Context) error {
	before, err := handover.Inherit()
	if err != nil {
		return err
	}
	collectEarly()
	if before != nil {
		return c.takeOver(ctx, before)
	}
	loaded, log, err := c.load("")
	if err != nil {
		return err
	}
	engine, err := NewEngine(ctx, loaded, log)
	if err != nil {
		return err
	}
	if c.Dev {
		text, err := welcome(engine.URL(), loaded.Settings.Auth.Secrets[0], time.Now())
		if err != nil {
			return err
		}
		fmt.Print(text)
	}
	return newProcess(log).run(ctx, engine, func() {})
}

// load reads the settings. secret is what development mode made up before, if it did.
func (c *ServeCmd) load(secret string) (*config.Loaded, zerolog.Logger, error) {
	flags := map[string]string{}
	if c.Listen != "" {
		flags["server.listen"] = c.Listen
	}
	if c.Data != "" {
		flags["server.data"] = c.Data
	}
	loaded, err := config.Load(config.Source{File: c.Config, Environ: os.Environ(), Flags: flags, Dev: c.Dev})
	if err != nil {
		return nil, zerolog.Nop(), err
	}
	loaded.KeepSecret(secret)
	if err := setLevel(loaded.Settings.Log); err != nil {
		return nil, zerolog.Nop(), err
	}
	log := newLogger(loaded.Settings.Log, os.Stderr, term.IsTerminal(int(os.Stderr.Fd())))
	if loaded.MadeUpSecret && secret == "" {
		log.Warn().Msg("development mode: tokens are signed with a secret made up for this run")
	}
	return loaded, log, nil
}

// takeOver serves in the place of the engine that started this process. Until it
// does, that one is told why not.
func (c *ServeCmd) takeOver(ctx context.Context, before *handover.Predecessor) (err error) {
	took := false
	defer func() {
		if err != nil && !took {
			before.Failed(err)
		}
	}()
	var from hello
	if err := before.Hello(ctx, &from); err != nil {
		return err
	}
	loaded, log, err := c.load(from.Secret)
	if err != nil {
		return err
	}
	if err := from.fits(loaded.Settings); err != nil {
		return err
	}
	engine, err := prepareEngine(loaded, log)
	if err != nil {
		return err
	}
	engine.journal.Examine()
	ln, err := before.Listener()
	if err != nil {
		engine.shutdown()
		return err
	}
	engine.serveOn(ln)
	var left estate
	if err := before.Prepared(ctx, introduction{version()}, &left); err != nil {
		engine.shutdown()
		return err
	}
	taken := time.Now()
	if err := engine.begin(ctx, &left, startPatience); err != nil {
		return err
	}
	opened := time.Now()
	return newProcess(log).run(ctx, engine, func() {
		took = true
		now, t := time.Now(), left.Times
		r := report{Gap: now.Sub(t.Stopped), PID: os.Getpid()}
		log.Info().Str("from", left.From).Str("to", version()).Dur("gap", r.Gap).
			Dur("drain", t.Drained.Sub(t.Stopped)).Dur("answers", t.Answered.Sub(t.Drained)).Dur("close", t.Closed.Sub(t.Answered)).
			Dur("transfer", taken.Sub(t.Closed)).Dur("open", opened.Sub(taken)).Dur("start", now.Sub(opened)).
			Int("quotes", len(left.Quotes)).Msg("upgraded")
		if err := before.Serving(ctx, r); err != nil {
			log.Warn().Err(err).Msg("no answer of the engine before this one, which ends by itself")
		}
	})
}
