package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"outcry/config"
)

// ServeCmd runs the engine: `outcry serve`.
type ServeCmd struct {
	Config string `type:"path" placeholder:"FILE" help:"Settings, YAML."`
	Dev    bool   `help:"Development mode: no secret needed, demo users, simulated feed."`
	Listen string `placeholder:"ADDR" help:"Address to serve on (default :8080)."`
	Data   string `type:"path" placeholder:"DIR" help:"Directory for what must survive a restart (default data)."`
}

// Run serves until a signal.
func (c *ServeCmd) Run(ctx context.Context) error {
	flags := map[string]string{}
	if c.Listen != "" {
		flags["server.listen"] = c.Listen
	}
	if c.Data != "" {
		flags["server.data"] = c.Data
	}
	loaded, err := config.Load(config.Source{File: c.Config, Environ: os.Environ(), Flags: flags, Dev: c.Dev})
	if err != nil {
		return err
	}
	if err := setLevel(loaded.Settings.Log); err != nil {
		return err
	}
	log := newLogger(loaded.Settings.Log, os.Stderr, term.IsTerminal(int(os.Stderr.Fd())))
	if loaded.MadeUpSecret {
		log.Warn().Msg("development mode: tokens are signed with a secret made up for this run")
	}
	collectEarly()
	engine, err := NewEngine(loaded, log)
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
	return engine.Run(ctx)
}
