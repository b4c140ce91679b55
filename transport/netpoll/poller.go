package netpoll

import (
	"errors"
	"net"

	"github.com/rs/zerolog"
)

// Poller serves connections.
type Poller struct{}

// New starts the loops.
func New(o Options, log zerolog.Logger) (*Poller, error) {
	return nil, errors.ErrUnsupported
}

// Serve accepts connections from ln until ln or the Poller is closed.
func (p *Poller) Serve(ln net.Listener, accept func(c Conn) Handler) error {
	return errors.ErrUnsupported
}

// Adopt makes a connection that was accepted elsewhere join a loop.
func (p *Poller) Adopt(nc net.Conn, unread []byte, h Handler) (Conn, error) {
	return nil, errors.ErrUnsupported
}

// Close closes all connections and stops the loops.
func (p *Poller) Close() error {
	return errors.ErrUnsupported
}
