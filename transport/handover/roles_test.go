package handover

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// role says in the environment what a successor of a test does.
const role = "TEST_ROLE"

// playRole makes this process a successor, if the environment says so.
func playRole() {
	what := os.Getenv(role)
	if what == "" {
		return
	}
	before, err := Inherit()
	if err != nil {
		os.Exit(9)
	}
	if before == nil {
		os.Exit(5)
	}
	ctx := context.Background()
	var hello, estate string
	if err := before.Hello(ctx, &hello); err != nil || hello != "it is me" {
		os.Exit(8)
	}
	if what == "deaf" {
		signal.Ignore(syscall.SIGTERM)
		_ = before.Prepared(ctx, os.Getpid(), &estate)
		select {}
	}
	if what == "unprepared" {
		before.Failed(errors.New("no room"))
		os.Exit(1)
	}
	if err := before.Prepared(ctx, "and me", &estate); err != nil {
		os.Exit(7)
	}
	ln, err := before.Listener()
	if err != nil || estate != "all of it" {
		os.Exit(6)
	}
	if before.Serving(ctx, ln.Addr().String()) != nil {
		os.Exit(4)
	}
	conn, err := ln.Accept()
	if err != nil {
		os.Exit(3)
	}
	_, inherited := os.LookupEnv(variable)
	_, _ = io.WriteString(conn, map[bool]string{false: "served", true: "served, but it passes on that it is a successor"}[inherited])
	_ = conn.Close()
	os.Exit(0)
}
