package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"outcry/transport/handover"
)

// UpgradeCmd has a running engine replaced by the program that is at its path now:
// `outcry upgrade`.
type UpgradeCmd struct {
	Data    string        `type:"path" default:"data" placeholder:"DIR" help:"Directory of the engine, as in outcry serve."`
	Timeout time.Duration `default:"2m" help:"How long to wait for the outcome."`
}

// Run asks and says what came of it.
func (c *UpgradeCmd) Run(ctx context.Context) error {
	path := filepath.Join(c.Data, handover.SocketName)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("no engine can be reached in %s: name the directory that `outcry serve --data` was started with; "+
			"if one serves from there, its log says why it has no control socket, and SIGUSR2 upgrades it", c.Data)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no outcome within %s", c.Timeout))
	defer cancel()
	outcome, err := handover.Ask(ctx, path)
	if err != nil {
		return err
	}
	if !outcome.Upgraded {
		return errors.New("not upgraded, and process " + fmt.Sprint(outcome.PID) + " serves on: " + outcome.Reason)
	}
	fmt.Printf("upgraded from %s to %s: process %d serves, the gap was %d ms\n", outcome.From, outcome.To, outcome.PID, outcome.Gap.Milliseconds())
	return nil
}
