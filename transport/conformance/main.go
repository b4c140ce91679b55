// Command conformance is the server that the official test suites of Engine.IO v4
// and Socket.IO v5 expect, made of the rooms that the engine is made of:
//
//	go run ./transport/conformance [--addr 127.0.0.1:3000] [--mode auto|epoll|goroutine]
//
// At /engine.io/ it echoes every message. At /socket.io/ it has the namespaces "/"
// and "/custom", tells each client the payload of its CONNECT as the event auth,
// answers message with message-back, and acknowledges message-with-ack. It lets
// everybody in and is for tests alone. The suites are in
// https://github.com/socketio/socket.io/tree/main/docs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"outcry/transport/netpoll"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx ends. It returns the exit code: 0 for success, 1 for a
// failure, 2 for bad usage.
func run(ctx context.Context, args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(problems)
	addr := flags.String("addr", "127.0.0.1:3000", "where to listen, as host:port; port 0 is any that is free")
	sockets := netpoll.DefaultOptions()
	flags.StringVar(&sockets.Mode, "mode", sockets.Mode, "how sockets are served: auto, epoll or goroutine")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2 // flags has said why
	case flags.NArg() > 0:
		return fail(problems, 2, fmt.Errorf("%q is not understood: there are only --addr and --mode", flags.Arg(0)))
	}
	if err := sockets.Validate(); err != nil {
		return fail(problems, 2, err)
	}
	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		return fail(problems, 1, fmt.Errorf("cannot listen on %q: %w; give --addr as host:port with a port that is free", *addr, err))
	}
	s, err := newServer(sockets)
	if err != nil {
		return fail(problems, 1, errors.Join(err, ln.Close()))
	}
	_, _ = fmt.Fprintf(out, "listening on http://%s\n", ln.Addr()) // who does not read it does not need it
	if err := s.serve(ctx, ln); err != nil {
		return fail(problems, 1, err)
	}
	return 0
}

func fail(problems io.Writer, code int, err error) int {
	_, _ = fmt.Fprintln(problems, "conformance:", err) // nobody is left to tell
	return code
}
