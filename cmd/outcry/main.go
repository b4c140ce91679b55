// Command outcry is the realtime engine for trading dashboards and the tools
// around it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line; each command has a file of its own.
type cli struct {
	Serve    ServeCmd    `cmd:"" help:"Run the engine."`
	Upgrade  UpgradeCmd  `cmd:"" help:"Have a running engine replaced by the program that is at its path now."`
	Replay   ReplayCmd   `cmd:"" help:"Feed recorded trades to an engine."`
	Token    TokenCmd    `cmd:"" help:"Make a token."`
	Journal  JournalCmd  `cmd:"" help:"Verify, export, compact, back up or restore the journal."`
	Validate ValidateCmd `cmd:"" help:"Look from outside whether a deployed engine serves as it should."`
	Bench    BenchCmd    `cmd:"" help:"Measure an engine with thousands of dashboards."`
	Version  VersionCmd  `cmd:"" help:"Print the version."`
}

func main() { os.Exit(run(os.Args[1:])) }

// exitError is a failure with an exit code of its own.
type exitError struct {
	code int
	error
}

func (e *exitError) Unwrap() error { return e.error }

// run returns the exit code: 0 for success, 1 for a failure, 2 for bad usage, or that of
// an exitError.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	parser, err := kong.New(&cli{},
		kong.Name("outcry"),
		kong.Description("Realtime engine for trading dashboards."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return fail(1, err)
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fail(2, err)
	}
	err = command.Run()
	var exit *exitError
	switch {
	case errors.As(err, &exit):
		return fail(exit.code, err)
	case err != nil:
		return fail(1, err)
	}
	return 0
}

// fail prints each problem on a line of its own.
func fail(code int, err error) int {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(os.Stderr, "outcry:", line)
	}
	return code
}
