package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"outcry/bench/validation"
)

// ValidateCmd looks at a server that was deployed: `outcry validate URL`.
type ValidateCmd struct {
	URL      string        `arg:"" optional:"" help:"Where it is, http or https. Without it, the engine on this machine, at PORT or 8080."`
	Token    string        `env:"VALIDATE_TOKEN" placeholder:"JWT" help:"Sign the connections in, and measure a round trip."`
	Only     []string      `placeholder:"CHECK" help:"Make these checks alone: health, dashboard, api, websocket, polling, headers, tls. Repeatable."`
	CA       string        `name:"ca" type:"existingfile" placeholder:"FILE" help:"Certificates, PEM, of an authority that signed the server's, beside those of the system."`
	Patience time.Duration `default:"10s" help:"For each check; all are made at the same time."`
	JSON     bool          `help:"Print JSON; with --watch, a line for each look."`

	Watch bool          `help:"Look again and again, and fail as soon as the deployment is to be rolled back."`
	For   time.Duration `default:"24h" help:"How long a watch goes on."`
	Every time.Duration `default:"30s" help:"From one look of a watch to the next."`
}

// Help is shown below the flags.
func (*ValidateCmd) Help() string {
	return "A watch is critical over 5 % of failed requests, when health fails, or when nobody can connect; " +
		"normal is under 1 % and a freshness under 200 ms at P95. It is to be rolled back when it is " + validation.RollbackRule + "."
}

// Validate is called by kong, whose usage errors exit with 2.
func (c *ValidateCmd) Validate() error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if !c.Watch {
		return o.Options.Validate()
	}
	return o.Validate()
}

func (c *ValidateCmd) options() (o validation.WatchOptions, err error) {
	o = validation.WatchOptions{For: c.For, Every: c.Every, JSON: c.JSON, Options: validation.Options{
		URL: cmp.Or(c.URL, "http://127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "8080")), Token: c.Token, Only: c.Only, Patience: c.Patience,
	}}
	if c.CA == "" {
		return o, nil
	}
	text, err := os.ReadFile(c.CA)
	if err != nil {
		return o, fmt.Errorf("--ca: %w", err)
	}
	if o.Trusted, err = x509.SystemCertPool(); err != nil {
		return o, fmt.Errorf("--ca: certificates of the system: %w", err)
	}
	if !o.Trusted.AppendCertsFromPEM(text) {
		return o, fmt.Errorf("--ca: no certificate in %s: it must be PEM, -----BEGIN CERTIFICATE-----", c.CA)
	}
	return o, nil
}

// Run prints what it finds, and fails when a check does or a rollback is due.
func (c *ValidateCmd) Run(ctx context.Context) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if c.Watch {
		return c.watch(ctx, o)
	}
	report, err := validation.Run(ctx, o.Options)
	if err != nil {
		return err
	}
	write := report.WriteTable
	if c.JSON {
		write = report.WriteJSON
	}
	return errors.Join(write(os.Stdout), report.Err())
}

// exitUndecided is the exit code of a watch that ended without a decision, which must not
// roll back what fails for another reason.
const exitUndecided = 3

// watch makes a watch, and fails when a rollback is due or it could not decide.
func (c *ValidateCmd) watch(ctx context.Context, o validation.WatchOptions) error {
	summary, err := validation.Watch(ctx, o, os.Stdout)
	if summary != nil {
		err = errors.Join(err, summary.Write(os.Stdout, c.JSON), summary.Err())
	}
	if err != nil && !errors.Is(err, validation.ErrRollback) {
		return &exitError{exitUndecided, err}
	}
	return err
}
