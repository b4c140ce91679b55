package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
)

// listen opens the socket that the engine serves on, or takes the one of systemd.
func (e *Engine) listen() error {
	ln, err := activated()
	if err != nil {
		return err
	}
	if ln == nil {
		ln, err = net.Listen("tcp", e.settings.Server.Listen)
	}
	if err != nil {
		return listenError(err)
	}
	e.serveOn(ln)
	return nil
}

// listenError says what to do when the address cannot be had.
func listenError(err error) error {
	advice := "give a free address of this machine with --listen or server.listen"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		advice = "stop who serves there, or give another address with --listen; `outcry upgrade` replaces an engine that runs"
	case errors.Is(err, fs.ErrPermission):
		advice = "ports below 1024 need a privilege: give it to the process, or another port with --listen and a proxy before it"
	}
	return fmt.Errorf("server.listen: %w: %s", err, advice)
}

// serveOn makes ln, which is open, the engine's.
func (e *Engine) serveOn(ln net.Listener) {
	e.socket, e.listener = ln, ln
	if e.certs != nil {
		e.listener = e.certs.Listen(ln)
	}
}
